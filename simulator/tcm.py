"""Chinese medicine in public health: constitutions of the old, guidance for small children.

The 33 questions of the elders' form make nine scores (技术规范 of 2013, S1-2.3.13.1): eight biased
constitutions of four questions each (11 and over is one, 9 and 10 tends to it) and the balanced
one, in which four answers count backwards. Guidance follows the highest score.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.enrolment import calendar
from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

BIASED = {
    "qi_deficient": (2, 3, 4, 14),
    "yang_deficient": (11, 12, 13, 29),
    "yin_deficient": (10, 21, 26, 31),
    "phlegm_damp": (9, 16, 28, 32),
    "damp_heat": (23, 25, 27, 30),
    "blood_stasis": (19, 22, 24, 33),
    "qi_stagnant": (5, 6, 7, 8),
    "special": (15, 17, 18, 20),
}
"""Questions of each biased constitution, in the order of KH.constitution from code 2 on."""

_BACKWARDS = (2, 4, 5, 13)
_DIETS = (
    "饮食有节,粗细搭配", "益气健脾,山药大枣", "温阳,少食生冷", "滋阴,少食辛辣", "化痰祛湿,清淡",
    "清热利湿,忌酒", "活血行气,黑木耳", "疏肝理气,玫瑰花", "益气固表,避开发物",
)  # fmt: skip
_CHILD_MONTHS = (6, 12, 18, 24, 30, 36)
_CHILD_MASSAGE = ("1,2,3,4", "1,2,3,4", "1,2,5,6", "1,2,5,6", "1,2,7", "1,2,7")
"""6 and 12 months: abdomen and spine; 18 and 24: 迎香, 足三里; 30 and 36: 四神聪 (S1-2.3.13.3)."""

_COMES_TO_CONSTITUTION = 0.68
_COMES_WITH_CHILD = 0.72


def handbook_numbers(scene: Scene, person: Array) -> pa.Array:
    """The child's handbook as the town's institution numbers it."""
    return c.keys("ET", scene.people.number[person], 10)


def write_constitutions(scene: Scene, records: Records) -> None:
    """One identification a year of those over 65 who come."""
    people, draw = scene.people, scene.draw
    carried = scene.city.carries("tcm_constitution")[records.institution]
    which = np.flatnonzero(carried & (scene.end - people.birth[records.person] >= 65 * 366))
    turned = people.birth[records.person[which]] + 65 * 366
    begin = np.maximum(records.created[which], turned)
    row, day, _ = calendar(scene, begin, records.until[which], 365, _COMES_TO_CONSTITUTION)
    record = which[row]
    person = records.person[record]
    count = len(row)
    answers, scores, main = _identify(scene, person)
    results = {
        name: np.select([scores[name] >= 11, scores[name] >= 9], [1, 2], 3) for name in BIASED
    }
    highest = np.max([scores[name] for name in BIASED], axis=0)
    balanced = np.select(
        [(scores["balanced"] >= 17) & (highest <= 8), (scores["balanced"] >= 17) & (highest <= 10)],
        [1, 2],
        3,
    )
    luck = draw.random(count)
    scene.add(
        "tcm_constitution",
        records.institution[record],
        person,
        day * c.DAY + 48_000,
        {
            "identification_no": c.keys("TZ", scene.serial("constitution_no", count), 12),
            "record_no": records.numbers.take(pa.array(record)),
            "identified_date": c.dates(day),
            **{f"answer_{n + 1:02d}": c.numbers(answers[n]) for n in range(33)},
            **{f"{name}_score": c.numbers(score) for name, score in scores.items()},
            "balanced_result_code": c.numbers(balanced),
            **{f"{name}_result_code": c.numbers(result) for name, result in results.items()},
            "main_constitution_code": c.numbers(main),
            "tcm_guidance_codes": c.pick(["1,2,3,4", "2,3", "2,3,4,5"], draw.integers(0, 3, count)),
            "diet_guidance": c.pick(_DIETS, main - 1),
            "living_guidance": c.constant("起居有常,避风寒", count),
            "exercise_guidance": c.constant("八段锦、太极拳", count),
            "guidance_effect": c.pick(["有改善", "无明显变化"], (luck > 0.6).astype(int)),
            "satisfaction_code": c.numbers(np.select([luck < 0.8, luck < 0.97], [1, 2], 3)),
            "next_guidance_date": c.dates(day + 365),
            "doctor_name": records.doctor_names(scene, record),
        },
    )  # fmt: skip


def _identify(scene: Scene, person: Array) -> tuple[Array, dict[str, Array], Array]:
    """Answers (33 by person, 1 to 5), the nine scores, and the constitution of each."""
    draw = scene.draw
    count = len(person)
    answers = draw.choice([1, 2, 3], (33, count), p=[0.62, 0.28, 0.1])
    answers[0] = draw.choice([3, 4, 5], count)
    kinds = list(BIASED.values())
    for number, questions in enumerate(kinds):  # three in five lean to one of the eight
        leaning = (person * 7 + 3) % 13 == number
        for question in questions:
            raised = draw.integers(2, 5, count)
            answers[question - 1] = np.where(leaning, raised, answers[question - 1])
    # Yang and yin both wanting is sent back to be asked again: no such form is filed.
    both = _scores(answers)
    both_low = (both["yang_deficient"] >= 11) & (both["yin_deficient"] >= 11)
    for question in BIASED["yin_deficient"]:
        answers[question - 1] = np.where(both_low, 1, answers[question - 1])
    for _ in range(2):
        scores = _scores(answers)
        highest = np.max([scores[name] for name in BIASED], axis=0)
        undecided = (highest <= 8) & (scores["balanced"] < 17)
        answers[0] = np.where(undecided, 4, answers[0])
        for question in _BACKWARDS:
            answers[question - 1] = np.where(undecided, 1, answers[question - 1])
    scores = _scores(answers)
    biased = np.stack([scores[name] for name in BIASED])
    highest = biased.max(axis=0)
    is_balanced = (scores["balanced"] >= 17) & (highest <= 10)
    return answers, scores, np.where(is_balanced, 1, 2 + biased.argmax(axis=0))


def _scores(answers: Array) -> dict[str, Array]:
    def total(questions: tuple[int, ...]) -> Array:
        return np.asarray(answers[[q - 1 for q in questions]].sum(axis=0))

    balanced = answers[0] + 6 * len(_BACKWARDS) - total(_BACKWARDS)
    return {"balanced": balanced, **{name: total(asked) for name, asked in BIASED.items()}}


def write_child_guidance(scene: Scene, records: Records) -> None:
    """Guidance at 6, 12, 18, 24, 30 and 36 months for the children who are brought."""
    people, draw = scene.people, scene.draw
    carried = scene.city.carries("tcm_child_guidance")[records.institution]
    which = np.flatnonzero(carried & (people.birth[records.person] > scene.start - 37 * 31))
    birth = people.birth[records.person[which]]
    months = np.rint(np.array(_CHILD_MONTHS) * 30.44).astype(np.int64)
    day = birth[:, None] + months + draw.integers(0, 21, (len(which), len(months)))
    there = draw.random(day.shape) < _COMES_WITH_CHILD
    there &= (day > np.maximum(records.created[which], scene.start)[:, None]) & (
        day < np.minimum(records.until[which], scene.end - 1)[:, None]
    )
    row, stage = np.nonzero(there)
    record, day = which[row], day[row, stage]
    person = records.person[record]
    count = len(row)
    scene.add(
        "tcm_child_guidance",
        records.institution[record],
        person,
        day * c.DAY + 48_500,
        {
            "guidance_no": c.keys("ZY", scene.serial("child_guidance_no", count), 12),
            "record_no": records.numbers.take(pa.array(record)),
            "child_handbook_no": handbook_numbers(scene, person),
            "guided_date": c.dates(day),
            "tcm_child_age_code": c.pick([str(one) for one in _CHILD_MONTHS], stage),
            "tcm_child_guidance_codes": c.pick(_CHILD_MASSAGE, stage),
            "parent_mastery_code": c.pick(["1", "2"], (draw.random(count) < 0.1).astype(int)),
            "satisfaction_code": c.pick(["1", "2"], (draw.random(count) < 0.15).astype(int)),
            "next_guidance_date": c.dates(day + 183),
            "doctor_name": records.doctor_names(scene, record),
        },
    )
