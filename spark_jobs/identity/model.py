"""What a linkage is told: which column is what, how columns are compared, where pairs are looked
for, and from which probability two rows are one person.

The same form serves the city (``city.yml``) and any file given to ``kanghu link``. Every level's
m and u (Fellegi and Sunter, 1969: the chance to see it on one person's rows, and on two
people's) is stated in ``levels.csv`` or in the YAML: nothing is trained at run time, so the same
rows always give the same answer.
"""

from __future__ import annotations

import csv
import hashlib
import math
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kanghu.errors import KanghuError

ROOM = Path(__file__).resolve().parent

Kind = Literal[
    "chinese_name",
    "birth_date",
    "sex",
    "id_number",
    "phone",
    "address",
    "exact",
    "person_name",
    "text",
    "date",
    "digits",
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Comparison(Strict):
    """One field of the evidence: its kind, the columns it reads, levels' m and u that differ.

    Columns by kind: ``chinese_name`` name and, so that a newborn's name finds the later one,
    mother's name and sex (or neither); ``birth_date`` and ``date`` a date; ``sex`` a code;
    ``id_number`` number, birth date, sex, name (the number must agree with the others to count);
    ``phone`` own and, if any, the contact's; ``address`` from broad to narrow (at most four);
    ``person_name`` and ``text`` one column, compared by similarity; ``exact`` and ``digits`` one.
    """

    kind: Kind
    columns: tuple[str, ...] = Field(min_length=1)
    m: dict[str, float] = {}
    u: dict[str, float] = {}


class LinkModel(Strict):
    """A linkage as its YAML says it."""

    version: int = 1
    comparisons: dict[str, Comparison] = Field(min_length=1)
    blocking: tuple[tuple[str, ...], ...] = Field(min_length=1)
    """Each rule: prepared columns that must all be equal (and present) for a pair to be scored.
    ``column:4`` means the first four letters of it."""
    prior: float = Field(default=4.0e-7, gt=0, lt=1)
    threshold: float = Field(default=0.95, gt=0, lt=1)
    id_column: str | None = None
    """For files: a column that names a row. Default: its number in the file, from 1."""
    header_row: int = Field(default=1, ge=1)
    sheet: int | str = 1
    """For files: the row of the column names, and the sheet of a workbook (name, or from 1)."""
    date_formats: tuple[str, ...] = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日", "%d/%m/%Y")

    @model_validator(mode="after")
    def _numbers_have_their_person(self) -> LinkModel:
        names = {c.columns[0] for c in self.comparisons.values() if c.kind == "chinese_name"}
        for one in self.comparisons.values():
            if one.kind == "chinese_name" and len(one.columns) not in {1, 3}:
                raise ValueError("chinese_name 要一列(姓名)或三列(姓名、母亲姓名、性别)")
        numbers = [c for c in self.comparisons.values() if c.kind == "id_number"]
        if len(numbers) > 1:
            raise ValueError("id_number 只能有一项")
        for number in numbers:
            if len(number.columns) != 4 or number.columns[3] not in names:
                raise ValueError(
                    "id_number 要四列:号码、出生日期、性别、姓名,且姓名另有一项 chinese_name"
                )
        return self

    @property
    def fingerprint(self) -> str:
        """Changes with anything that changes a pair's evidence, so that all rows are compared
        anew when the model does."""
        said = self.model_dump_json() + (ROOM / "levels.csv").read_text(encoding="utf-8")
        for table in ("similar_characters.csv", "birth_names.csv"):
            said += (ROOM / table).read_text(encoding="utf-8")
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def threshold_weight(self) -> float:
        """The threshold in bits: log2 of its odds."""
        return math.log2(self.threshold / (1 - self.threshold))

    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once, in order."""
        named = (column for c in self.comparisons.values() for column in c.columns)
        return tuple(dict.fromkeys(named))

    def first_of(self, kind: Kind) -> str | None:
        """The column of the first comparison of a kind, if there is one."""
        found = (c.columns[0] for c in self.comparisons.values() if c.kind == kind)
        return next(found, None)

    def identifier(self) -> str | None:
        """The comparison whose valid numbers may never meet in one cluster, if there is one."""
        kinds = (name for name, c in self.comparisons.items() if c.kind == "id_number")
        return next(kinds, None)


@cache
def level_parameters() -> dict[tuple[str, str], tuple[float, float]]:
    """``(kind, level) -> (m, u)`` from ``levels.csv``."""
    with (ROOM / "levels.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {(row["kind"], row["level"]): (float(row["m"]), float(row["u"])) for row in rows}


@cache
def level_labels() -> dict[tuple[str, str], str]:
    """``(kind, level) -> label`` for people to read."""
    with (ROOM / "levels.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["kind"], row["level"]): row["label_zh"] for row in csv.DictReader(lines)}


def load_model(path: Path) -> LinkModel:
    """Read a linkage's YAML; raises ``KanghuError`` that names the line of thought that fails."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        return LinkModel.model_validate(said)
    except OSError as error:
        raise KanghuError(
            what=f"关联配置打不开:{error.strerror or error}", where=str(path), mend="检查路径"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise KanghuError(
            what=f"关联配置读不出:{error}", where=str(path), mend="用 UTF-8 编码的 YAML"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise KanghuError(
            what=f"关联配置有误:{first['msg']}",
            where=f"{path}:{'.'.join(str(part) for part in first['loc'])}",
            mend="对照 docs/identity.md 中的例子",
        ) from error


def city_model() -> LinkModel:
    """The linkage of the city's own person datasets."""
    return load_model(ROOM / "city.yml")
