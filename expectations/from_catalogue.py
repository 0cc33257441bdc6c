"""The catalogue's expectations: what a column's own definition lets one check.

Required, format, length, value domain and range are the quality checks of the migration rules
(S1-3.15.5.3.6); not_future, id_number (GB 11643), phone and icd10 come from the ``rule`` of a
column. Orphans come from a dataset's relations and look at other records, so they are evaluated
over silver.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from expectations.model import WEIGHTS, Dimension, Expectation, Severity
from standards.catalogue import Catalogue, Column, Dataset, Relation, Rule, ValueDomain

SOURCE = "S1-3.15.5.3.6"
"""The six checks that the tender asks of every delivered record."""
PHONE = "^([+]?86-?)?1[3-9][0-9]{9}$|^(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}$"
_MOST_DECIMAL_DIGITS, _MOST_WHOLE_DIGITS = 14, 18
"""Whole digits of silver's decimal(18,4) and bigint."""
_ICD10 = "[A-Z][0-9]{2}([.][0-9x][0-9]{0,2}(x[0-9]{3})?)?"
ICD10 = f"^{_ICD10}[*+†]?([+]{_ICD10}[*]?)?$"
"""National clinical and GB/T 14396 forms: I10, I10.x00, A00.000x001, N61.x01, A01.000x005+J17.0*.
No backslashes: Spark and DuckDB read them differently in a string."""


def catalogue_expectations(catalogue: Catalogue, dataset: Dataset) -> Iterator[Expectation]:
    """Every expectation that ``dataset``'s definition implies, in the columns' order."""
    yield _duplicate(dataset)
    yield _unclaimed(dataset)
    for column in dataset.columns:
        yield from _column(column, catalogue.domain_of(column))
    for relation in dataset.relations:
        yield _orphan(catalogue, dataset, relation)


def _column(column: Column, domain: ValueDomain | None) -> Iterator[Expectation]:
    name, zh = column.name, column.name_zh
    graded: Severity = "blocking" if column.required == "M" else "error"
    if column.required in ("M", "R"):
        yield _make(
            column,
            "required",
            "completeness",
            graded,
            sentence=f"{zh}应当填写",
            message=f"缺少{zh}",
            mend=f"在来源系统补填{zh};若来源本有此项,检查映射取的是不是这一列",
            expression=f"raw_{name} is not null",
        )
    if column.type in _TYPE_NAMES:
        kind, example = _TYPE_NAMES[column.type]
        yield _make(
            column,
            "format",
            "conformity",
            graded,
            sentence=f"{zh}应当是{kind}",
            message=f"{zh}不是有效的{kind}",
            mend=f"改成{kind},例如 {example};若整列如此,在映射里写明格式",
            expression=f"raw_{name} is null or {name} is not null",
        )
        yield from _precision(column)
    elif not (domain and domain.codes and not domain.is_extract) and column.format.max_length:
        limit = column.format.max_length
        yield _make(
            column,
            "length",
            "conformity",
            "warning",
            sentence=f"{zh}不超过 {limit} 个字符",
            message=f"{zh}超过 {limit} 个字符",
            mend=f"检查是否填错了栏;{zh}按标准最长 {limit} 个字符",
            expression=f"raw_{name} is null or char_length(raw_{name}) <= {limit}",
        )
    if domain and domain.codes and not domain.is_extract:
        yield _domain(column, domain, graded if domain.is_closed else "warning")
    for rule in column.rules:
        yield _rule(column, rule, graded)


def _precision(column: Column) -> Iterator[Expectation]:
    """More whole digits than the format has; said only where no ``range`` is as narrow."""
    limit = number_limit(column)
    if limit is None:
        return
    for rule in column.rules:
        if rule.name == "range" and max(abs(Decimal(one)) for one in rule.arguments) <= limit:
            return
    name, zh, digits = column.name, column.name_zh, len(str(limit)) - 1
    yield _make(
        column,
        "precision",
        "conformity",
        "warning",
        sentence=f"{zh}的整数部分不超过 {digits} 位({column.format.text})",
        message=f"{zh}的整数部分超过 {digits} 位",
        mend="核对原始记录;常见原因是单位用错、小数点错位;确有这么大的值时,放宽目录里这一列的格式",
        expression=f"{name} > -{limit} and {name} < {limit}",
    )


def number_limit(column: Column) -> int | None:
    """The smallest whole number that a number's format has no digits for; none where it sets no
    limit, or one beyond what silver's own type holds."""
    longest = column.format.max_length
    if column.type != "N" or longest is None:
        return None
    whole = longest - column.format.decimals
    most = _MOST_DECIMAL_DIGITS if column.format.decimals else _MOST_WHOLE_DIGITS
    return int(10**whole) if 0 <= whole < most else None


def _is_checkable(domain: ValueDomain | None) -> bool:
    """Whether a code outside the list says something; an extract lacks most codes."""
    return domain is not None and bool(domain.codes) and not domain.is_extract


_TYPE_NAMES = {
    "N": ("数字", "12 或 36.5"),
    "D": ("日期", "2024-03-05(1880 年至 2100 年之间)"),
    "DT": ("日期时间", "2024-03-05 08:30:00(1880 年至 2100 年之间)"),
    "L": ("是否标志", "1/0 或 是/否"),
}


def _domain(column: Column, domain: ValueDomain, severity: Severity) -> Expectation:
    raw = f"raw_{column.name}"
    return _make(
        column,
        "domain",
        "conformity",
        severity,
        sentence=f"{column.name_zh}取值在《{domain.name_zh}》({domain.identifier})之内",
        message=f"{column.name_zh}的代码不在《{domain.name_zh}》之内",
        mend="在系统的对照表(lookups)里把这个代码对到标准代码,然后 kanghu replay",
        expression=f"{raw} is null or {in_domain(raw, column, domain)}",
    )


EMPTY_PASSES = frozenset(
    [
        "format",
        "length",
        "precision",
        "domain",
        "range",
        "not_future",
        "id_number",
        "phone",
        "icd10",
    ]
)
"""Checks that an empty cell never fails: where no map fills a column, they need no look."""


def in_domain(value: str, column: Column, domain: ValueDomain) -> str:
    """SQL: whether the text ``value`` is a code of the list, or several where a column repeats."""
    if column.repeats:
        return f"regexp_like({value}, {_literal(domain.list_pattern)})"
    return f"{value} in ({', '.join(_literal(code) for code in domain.codes)})"


def _rule(column: Column, rule: Rule, graded: Severity) -> Expectation:
    name, zh = column.name, column.name_zh
    match rule.name:
        case "range":
            low, high = rule.arguments
            unit = column.unit
            return _make(
                column,
                "range",
                "validity",
                "error",
                sentence=f"{zh}在 {low} 至 {high}{unit} 之间",
                message=f"{zh}超出 {low} 至 {high}{unit}",
                mend="核对原始记录;常见原因是单位用错、小数点错位或填错栏",
                expression=f"{name} between {low} and {high}",
            )
        case "not_future":
            now = "current_date" if column.type == "D" else "current_timestamp"
            return _make(
                column,
                "not_future",
                "validity",
                graded,
                sentence=f"{zh}不晚于今天",
                message=f"{zh}晚于今天",
                mend="核对日期;常见原因是年份写错,或来源服务器的时钟不准",
                expression=f"{name} <= {now}",
            )
        case "id_number":
            return _make(
                column,
                "id_number",
                "validity",
                "error",
                sentence=f"{zh}符合 GB 11643(18 位、出生日期存在、校验位正确)",
                message=f"{zh}不是有效的身份证号",
                mend="请本人出示证件核对;不是身份证的号码,应同时填写证件类别",
                expression=f"valid_{name}",
            )
        case "phone":
            return _make(
                column,
                "phone",
                "validity",
                "warning",
                sentence=f"{zh}是大陆手机号或座机号",
                message=f"{zh}不像电话号码",
                mend="核对后改正;没有电话时留空",
                expression=f"regexp_like({name}, {_literal(PHONE)})",
            )
        case "icd10":
            return _make(
                column,
                "icd10",
                "conformity",
                "error",
                sentence=f"{zh}写成 ICD-10 编码的样子",
                message=f"{zh}不是 ICD-10 编码的写法",
                mend="用国家临床版或 GB/T 14396 的编码,例如 I10.x00",
                expression=f"regexp_like({name}, {_literal(ICD10)})",
            )
    raise ValueError(f"{column.dataset}.{name}: no such rule {rule.name!r}")


def _duplicate(dataset: Dataset) -> Expectation:
    key = "、".join(dataset.column(name).name_zh for name in dataset.key)
    return Expectation(
        id=f"{dataset.name}.key.duplicate",
        dataset=dataset.name,
        column="",
        sentence=f"同一机构的一次交付里,{key}不重复",
        dimension="consistency",
        severity="blocking",
        weight=WEIGHTS["blocking"],
        message="主键重复:同一主键在一次交付里出现多次,这是后来的一条",
        mend="请机构确认哪一条有效,删去或作废另一条后重新上传",
        scope="row",
        expression="not raw_is_repeated",
        source=SOURCE,
    )


def _unclaimed(dataset: Dataset) -> Expectation:
    return Expectation(
        id=f"{dataset.name}.row.unclaimed",
        dataset=dataset.name,
        column="",
        sentence="送达的每一行至少有一个映射要它",
        dimension="conformity",
        severity="blocking",
        weight=WEIGHTS["blocking"],
        message="没有一个映射的条件(where)要这一行",
        mend="在系统文件这张表的 maps 里补上要它的映射,或把这个代码写进某个 where(认不得的代码先补 "
        "lookups),然后 kanghu replay;确实不属于任何数据集的,在这张表写 unclaimed 说明是什么",
        scope="row",
        expression="raw_unclaimed is null",
        source=SOURCE,
    )


def _orphan(catalogue: Catalogue, dataset: Dataset, relation: Relation) -> Expectation:
    parent = catalogue.dataset(relation.parent)
    column = dataset.column(relation.column)
    return _make(
        column,
        "orphan",
        "consistency",
        "error",
        sentence=f"{column.name_zh}在《{parent.name_zh}》里找得到",
        message=f"{column.name_zh}在《{parent.name_zh}》里找不到",
        mend=f"补传这条{parent.name_zh},或改正{column.name_zh};上级记录在隔离区时先处理它",
        expression=f"{relation.parent}.{relation.parent_column}",
        scope="across",
    )


def _make(
    column: Column,
    check: str,
    dimension: Dimension,
    severity: Severity,
    *,
    sentence: str,
    message: str,
    mend: str,
    expression: str,
    scope: str = "row",
) -> Expectation:
    return Expectation(
        id=f"{column.dataset}.{column.name}.{check}",
        dataset=column.dataset,
        column=column.name,
        sentence=sentence,
        dimension=dimension,
        severity=severity,
        weight=WEIGHTS[severity],
        message=message,
        mend=mend,
        scope="across" if scope == "across" else "row",
        expression=expression,
        source=SOURCE,
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
