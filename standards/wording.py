"""The catalogue's marks in Chinese, as people read them in the dictionary, contracts and docs."""

from __future__ import annotations

from standards.model import Column, Coverage, Dataset, DataType, Required, Rule, Sensitivity, Store

REQUIRED: dict[Required, str] = {"M": "必填", "R": "应填", "O": "可选"}

SENSITIVITY: dict[Sensitivity, str] = {
    "direct": "直接标识个人",
    "quasi": "间接标识个人",
    "sensitive": "敏感(健康与生活)",
    "staff": "工作人员",
    "none": "一般",
}

TYPE: dict[DataType, str] = {
    "S1": "文本",
    "S2": "代码(数据元内列举)",
    "S3": "代码(值域表)",
    "L": "是否",
    "N": "数值",
    "D": "日期",
    "DT": "日期时间",
    "T": "时间",
    "BY": "二进制",
}

STORE: dict[Store, str] = {
    "population": "全员人口库",
    "emr": "电子病历库",
    "health_record": "健康档案库",
    "master": "主数据与字典",
    "operations": "业务运营",
    "exchange": "交换",
}

COVERAGE: dict[Coverage, str] = {
    "closed": "封闭:表外代码不合格",
    "open": "开放:表外代码只提示",
    "extract": "摘录:表外代码不判定",
}

FREQUENCY = {"daily": "每日", "monthly": "每月", "yearly": "每年", "on change": "变更时"}
REPORTED_BY = {"all": "全部医疗机构", "hospital": "医院和妇幼保健院", "primary": "基层医疗机构"}

_RULES = {
    "not_future": "不晚于当前时间",
    "id_number": "符合 GB 11643 的身份证号(校验位、出生日期)",
    "phone": "大陆手机号或座机号",
    "icd10": "ICD-10 编码的写法",
}


def rule_text(rule: Rule, unit: str = "") -> str:
    """One rule as a sentence; raises ``KeyError`` for a rule that nobody defined."""
    if rule.name == "range":
        low, high = rule.arguments
        return f"在 {low} 至 {high}{f' {unit}' if unit else ''} 之间"
    return _RULES[rule.name]


def column_text(column: Column) -> str:
    """A column in one line: its names in the standard, its requirement, unit and rules."""
    parts = [
        f"{column.name_zh}({column.element.identifier})",
        REQUIRED[column.required],
        f"{TYPE[column.type]} {column.format.text}",
    ]
    if column.unit:
        parts.append(f"单位 {column.unit}")
    if column.value_domain:
        parts.append(f"值域 {column.value_domain}")
    parts += [rule_text(rule, column.unit) for rule in column.rules]
    return ";".join(parts)


def dataset_text(dataset: Dataset) -> str:
    """A dataset in one line: name, identifier, who reports it, how often."""
    who = REPORTED_BY.get(dataset.reported_by, dataset.reported_by)
    often = FREQUENCY.get(dataset.frequency, dataset.frequency)
    return f"{dataset.name_zh}({dataset.identifier});{who}报送,{often}"
