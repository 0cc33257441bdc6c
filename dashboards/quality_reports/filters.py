"""What a person asked for, as conditions and values of a report's SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb

from dashboards.quality_reports.declared import Filter, Report
from kanghu.errors import KanghuError

IDENTITY = {
    "name": "coalesce(f.name, d.name)",
    "id_no": "coalesce(f.id_no, d.id_no)",
    "phone_no": "coalesce(f.phone_no, d.phone_no)",
    "contact_name": "f.contact_name",
    "contact_phone_no": "f.contact_phone_no",
}
"""Direct identifiers from the two guarded tables: as the form says, else as the person has them."""

TASK_MONTHS = 24
"""The tender wants the tasks of the last two years."""


class Asked:
    """The options of one question; ``values`` are the parameters of its SQL, in their order."""

    def __init__(
        self, marts: duckdb.DuckDBPyConnection, report: Report, options: Mapping[str, str]
    ) -> None:
        for option in options:
            if report.filter(option) is None:
                raise KanghuError(
                    what=f"报表 {report.id}《{report.title}》没有筛选条件 --{option}",
                    where="kanghu quality report",
                    mend=f"可用:{'、'.join(one.told() for one in report.filters)}",
                )
        self.marts, self.report, self.options = marts, report, options
        self.values: list[Any] = []

    def conditions(self) -> list[str]:
        """A condition for each filter of a list that was given."""
        return [
            self._condition(one, self.options[one.option])
            for one in self.report.filters
            if one.option in self.options
        ]

    def areas(self) -> str:
        """The city with its counties, a county with its institutions, or one institution."""
        if "institution" in self.options:
            self.values.append(self._organisation("institution"))
            return "organisation_code = ?"
        if "county" in self.options:
            self.values += [self._organisation("county")] * 2
            return (
                "(organisation_code = ? or organisation_code in (select organisation_code"
                " from dim_institution where county_code = ?))"
            )
        return "kind in ('city', 'county')"

    def months(self) -> tuple[date, date]:
        """First days of the first and last month asked for; by default the last one known.

        Figures count from the new year, so a year is its last month.
        """
        known = [
            row[0]
            for row in self.marts.execute(
                f"select period_month from dim_month order by 1 desc limit {TASK_MONTHS}"
            ).fetchall()
        ][::-1]
        if not known:
            raise KanghuError(what="集市里还没有月份", where="dim_month", mend="先采集有服务的数据")
        first = last = known[-1]
        if (year := self.options.get("year")) is not None:
            months = [one for one in known if str(one.year) == year]
            if not months:
                years = sorted({str(one.year) for one in known})
                raise _wrong(self._of("year"), year, f"可选:{'、'.join(years)}")
            first = last = months[-1]
        if "month" in self.options:
            first = last = self._month("month")
        if "from" in self.options:
            first = self._month("from")
        if "to" in self.options:
            last = self._month("to")
        return first, last

    def days(self, as_of: date) -> tuple[date, date]:
        """The span of days asked for; by default from the new year to ``as_of``."""
        first, last = as_of.replace(month=1, day=1), as_of
        if "from" in self.options:
            first = typed(self._of("from"), self.options["from"])
        if "to" in self.options:
            last = typed(self._of("to"), self.options["to"])
        return first, last

    def _of(self, option: str) -> Filter:
        return next(one for one in self.report.filters if one.option == option)

    def _month(self, option: str) -> date:
        text = self.options[option]
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
            raise _wrong(self._of(option), text, "写作 2026-05")
        return date.fromisoformat(f"{text}-01")

    def _organisation(self, option: str) -> str:
        kinds = "('county')" if option == "county" else "('institution', 'authority')"
        wanted = self.options[option]
        row = self.marts.execute(
            f"select organisation_code from dim_institution where kind in {kinds}"
            " and (organisation_code = $1 or name = $1) order by 1",
            [wanted],
        ).fetchone()
        if row is None:
            raise _wrong(self._of(option), wanted, "写代码或全称(集市的 dim_institution)")
        return str(row[0])

    def _condition(self, one: Filter, value: str) -> str:
        if one.how == "scope":
            self.values.append(self._organisation(one.option))
            return (
                "m.institution_code in (select institution_code from dim_organisation_scope"
                " where organisation_code = ?)"
            )
        sql = with_identity(one.sql)
        if one.how in ("choice", "yes_no"):
            choices = dict(one.choices) or {"是": sql, "否": f"not coalesce({sql}, false)"}
            if value not in choices:
                raise _wrong(one, value, f"可选:{'、'.join(choices)}")
            return f"({with_identity(choices[value])})"
        self.values.append(typed(one, value))
        return {
            "contains": f"contains({sql}, ?)",
            "equals": f"({sql}) = ?",
            "at_least": f"({sql}) >= ?",
            "from": f"({sql}) >= ?",
            "to": f"({sql}) <= ?",
        }[one.how]


def with_identity(sql: str) -> str:
    """``identity.name`` and its like as the guarded tables' columns."""
    return re.sub(r"identity\.(\w+)", lambda match: IDENTITY[match.group(1)], sql)


def typed(one: Filter, value: str) -> Any:
    """A value by its filter's kind: a day, a number, or text."""
    if one.how in ("from", "to"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _wrong(one, value, "日期写作 2026-05-01") from None
    if one.how == "at_least":
        try:
            return Decimal(value)
        except InvalidOperation:
            raise _wrong(one, value, "写一个数字") from None
    return value


def _wrong(one: Filter, value: str, mend: str) -> KanghuError:
    return KanghuError(
        what=f"{one.heading}没有或不能是 {value!r}", where=f"--{one.option}", mend=mend
    )
