"""What single institutions do differently from their vendor's product.

In life no two installations are alike: one renamed a column in its view, another keeps codes of
its own. ``place`` is the institution's place among those that run the system; the source YAML
says the same under ``differs``.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deviation:
    """One institution's own ways.

    ``renamed``: table -> {the product's column: this institution's}. ``codes``: vendor column ->
    (lookup of the system, {the product's code: (this institution's, the standard's)}), wherever
    a table has that column.
    """

    place: int
    renamed: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, tuple[str, dict[str, tuple[str, str]]]] = field(default_factory=dict)

    def differs(self) -> dict[str, object]:
        """As the source YAML says it."""
        said: dict[str, object] = {}
        if self.renamed:
            said["columns"] = {
                table: {own: product for product, own in names.items()}
                for table, names in self.renamed.items()
            }
        lookups: dict[str, dict[str, str]] = {}
        for lookup, codes in self.codes.values():
            lookups.setdefault(lookup, {}).update(dict(codes.values()))
        if lookups:
            said["lookups"] = lookups
        return said


DEVIATIONS: dict[str, tuple[Deviation, ...]] = {
    "jiwei_phis": (
        Deviation(place=1, codes={"xb": ("xb", {"男": ("男性", "1"), "女": ("女性", "2")})}),
        Deviation(place=4, codes={"fylb": ("fylb", {"Z01": ("自费", "7")})}),
    ),
    "qingyun_his": (
        Deviation(
            place=0,
            renamed={
                "patient_info": {"mobile": "phone_number", "id_card_no": "identity_no"},
                "op_visit": {"sbp": "systolic", "dbp": "diastolic"},
            },
        ),
        Deviation(
            place=2,
            codes={"gender": ("sex", {"M": ("1M", "1"), "F": ("2F", "2")})},
        ),
    ),
    "yilian_clinic": (
        Deviation(
            place=1, codes={"病种": ("病种", {"高血压": ("HBP", "1"), "糖尿病": ("DM", "2")})}
        ),
        Deviation(place=2, renamed={"huanzhe": {"电话": "手机号"}}),
    ),
    "baixing_files": (
        Deviation(place=1, renamed={"hzxx": {"证件号码": "身份证号"}, "jktj": {"脉率": "脉搏"}}),
        Deviation(place=2, codes={"付款方式": ("fkfs", {"全自费": ("自费", "7")})}),
    ),
    "fuyou_his": (
        Deviation(place=1, renamed={"clinic_master": {"illness_desc": "chief_complaint"}}),
        Deviation(place=3, codes={"charge_type": ("charge_type", {"自费": ("全自费", "7")})}),
    ),
}


def deviation(system: str, place: int) -> Deviation | None:
    """That institution's deviation, or ``None`` where it keeps to the product."""
    for one in DEVIATIONS.get(system, ()):
        if one.place == place:
            return one
    return None
