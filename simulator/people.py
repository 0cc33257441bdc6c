"""The people of one chunk: households, ages, names, numbers, health, deaths and moves.

Everything is an array with one place a person; households lie together, in the order of the
villages. Sources: age pyramid and household kinds as in a prefecture of Fujian at the 2020 census;
ID numbers after GB 11643 (blocks of sequence numbers are a catchment's own, as a police station's
are, so that no two people of the city share one).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.names import draw_given, draw_surnames
from simulator.plan import Catchment

Array = np.ndarray[Any, Any]

# Household kinds: share, youngest and oldest head, who lives there beside the head
# (spouse, first child, second child, father, mother).
_KINDS = (
    (0.08, 62, 92, (0, 0, 0, 0, 0)),
    (0.13, 56, 88, (1, 0, 0, 0, 0)),
    (0.16, 40, 66, (1, 0, 0, 0, 0)),
    (0.17, 24, 56, (1, 1, 0, 0, 0)),
    (0.19, 26, 54, (1, 1, 1, 0, 0)),
    (0.06, 28, 54, (1, 1, 1, 1, 1)),
    (0.08, 28, 56, (1, 1, 1, 0, 1)),
    (0.13, 18, 60, (0, 0, 0, 0, 0)),
)
HEAD, SPOUSE, FIRST_CHILD, SECOND_CHILD, FATHER, MOTHER = range(6)
CHILD_ROLES = (FIRST_CHILD, SECOND_CHILD)

_OUTSIDE_COUNTIES = (
    350102, 350111, 350122, 350181, 350203, 350212, 350302, 350322, 350502, 350521, 350582,
    350602, 350623, 350702, 350722, 350783, 350802, 350821, 350902, 350922, 360121, 360302,
    360402, 360502, 360702, 360730, 360802, 361002, 361021, 361102, 411023, 420106, 430102,
    440106, 510104, 522201,
)  # fmt: skip
_OUTSIDE_PER_BLOCK = 6
_BLOCKS = 25
_PERIOD_MOVES = 0.025
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_PHONE_PREFIXES = np.array(
    [130, 131, 135, 136, 137, 138, 139, 150, 151, 152, 157, 158, 159, 177, 180, 186, 187, 188, 189]
)
_PHONE_MODULUS = 99_999_989  # a prime below 10**8: multiplication permutes what is smaller


@dataclass
class People:
    """Arrays by person. Days from 1970-01-01; -1 (or an index of -1) where there is none."""

    number: Array
    """City-wide number."""
    catchment: Array
    """Index into the chunk's catchments."""
    village: Array
    """Index into the chunk's villages, counted through all its catchments."""
    household: Array
    """City-wide number of the household: that of its head."""
    door: Array
    role: Array
    sex: Array
    birth: Array
    surname: Array
    first: Array
    second: Array
    id_digits: Array
    """Seventeen digits as a number."""
    phone: Array
    """The phone that the person gives (11 digits); old people and children give a relative's."""
    own_phone: Array
    """Whether it is their own."""
    death: Array
    moved: Array
    """The day on which the person moved to another institution's catchment."""
    moved_to: Array
    """Index of that catchment in the whole plan."""
    new_phone: Array
    is_twin: Array
    is_stranger: Array
    """Shares name, sex and birth date with somebody unrelated (both of the pair)."""
    mother: Array
    """Place of the mother in this chunk, or -1."""
    spouse: Array
    """Place of the spouse in this chunk, or -1."""

    def __len__(self) -> int:
        return len(self.number)

    def of_villages(self, villages: range) -> People:
        """Those who live in ``villages``: whole households, since a village lies together."""
        first, after = np.searchsorted(self.village, [villages.start, villages.stop])
        part = {field.name: getattr(self, field.name)[first:after] for field in fields(self)}
        for relative in ("mother", "spouse"):
            part[relative] = np.where(part[relative] < 0, -1, part[relative] - first)
        return People(**part)


def make_people(
    draw: np.random.Generator,
    catchments: tuple[Catchment, ...],
    catchment_count: int,
    start: int,
    end: int,
) -> People:
    """People of these catchments, as they are on the day ``end``; the period begins on ``start``.

    ``catchment_count``: of the whole city, for those who move.
    """
    total = sum(one.residents for one in catchments)
    home, role, sex, age, is_twin = _households(draw, total)
    birth = _births(draw, age, home, role, is_twin, end)
    village, catchment = _places(catchments, home)
    number = _numbers(catchments)
    heads = np.flatnonzero(np.r_[True, home[1:] != home[:-1]])
    head_of = np.repeat(heads, np.diff(np.r_[heads, total]))
    is_stranger = _strangers(draw, role, sex, birth, age, head_of)
    surname, first, second = _names(draw, head_of, role, sex, birth, is_twin, is_stranger)
    own = (age >= 14) & (age < 75) & ((age < 64) | (draw.random(total) < 0.6)) | (role == HEAD)
    phone = _phones(number, 7919)
    death = _deaths(draw, birth, start, end)
    adult = (age >= 18) & (age < 62) & (death < 0) & ~is_stranger.astype(bool)
    moved = np.where(
        adult & (draw.random(total) < _PERIOD_MOVES) & (catchment_count > 1),
        draw.integers(start + 30, max(start + 31, end - 30), total),
        -1,
    )
    here = np.array([one.position for one in catchments])[catchment]
    jump = draw.integers(1, max(2, catchment_count), total)
    spouse, mother = _relatives(head_of, role, sex)
    return People(
        number=number,
        catchment=catchment,
        village=village,
        household=number[head_of],
        door=1 + (number[head_of] * 37) % 260,
        role=role,
        sex=sex,
        birth=birth,
        surname=surname,
        first=first,
        second=second,
        id_digits=_id_digits(draw, catchments, catchment, sex, birth),
        phone=np.where(own, phone, phone[head_of]),
        own_phone=own,
        death=death,
        moved=moved,
        moved_to=np.where(moved >= 0, (here + jump) % max(1, catchment_count), -1),
        new_phone=np.where(draw.random(total) < 0.5, _phones(number, 104_729), phone),
        is_twin=is_twin,
        is_stranger=is_stranger >= 1,
        mother=mother,
        spouse=spouse,
    )


def _households(draw: np.random.Generator, total: int) -> tuple[Array, ...]:
    """Household index, role, sex, age (years, with fraction) and twins of ``total`` members."""
    count = total // 2 + 20
    shares = np.array([kind[0] for kind in _KINDS])
    kind = draw.choice(len(_KINDS), count, p=shares / shares.sum())
    youngest = np.array([k[1] for k in _KINDS])[kind]
    oldest = np.array([k[2] for k in _KINDS])[kind]
    age = np.zeros((count, 6))
    age[:, HEAD] = youngest + draw.beta(1.3, 1.5, count) * (oldest - youngest)
    age[:, SPOUSE] = np.clip(age[:, HEAD] + draw.normal(-1.5, 2.6, count), 20, 99)
    age[:, FIRST_CHILD] = age[:, HEAD] - draw.uniform(21, 33, count)
    is_twins = draw.random(count) < 0.035
    gap = np.where(is_twins, 0.0, draw.uniform(1.1, 7.0, count))
    age[:, SECOND_CHILD] = age[:, FIRST_CHILD] - gap
    age[:, FATHER] = np.clip(age[:, HEAD] + draw.uniform(22, 30, count), 0, 99)
    age[:, MOTHER] = np.clip(age[:, HEAD] + draw.uniform(20, 28, count), 0, 99)
    lives = np.concatenate(
        [np.ones((count, 1), bool), np.array([k[3] for k in _KINDS], bool)[kind]], axis=1
    )
    lives &= (age >= 0) & (age <= 97)
    lives[:, FIRST_CHILD:FATHER] &= age[:, FIRST_CHILD:FATHER] < 32
    lives[:, SECOND_CHILD] &= lives[:, FIRST_CHILD]
    sex = np.zeros((count, 6), dtype=np.int64)
    sex[:, HEAD] = np.where(draw.random(count) < 0.78, 1, 2)
    sex[:, SPOUSE] = 3 - sex[:, HEAD]
    sex[:, FIRST_CHILD] = np.where(draw.random(count) < 0.525, 1, 2)
    other = np.where(draw.random(count) < 0.525, 1, 2)
    alike = is_twins & (draw.random(count) < 0.6)
    sex[:, SECOND_CHILD] = np.where(alike, sex[:, FIRST_CHILD], other)
    sex[:, FATHER], sex[:, MOTHER] = 1, 2
    twin = np.zeros((count, 6), bool)
    both = is_twins & lives[:, FIRST_CHILD] & lives[:, SECOND_CHILD]
    twin[:, FIRST_CHILD] = twin[:, SECOND_CHILD] = both
    rows, roles = np.nonzero(lives)
    # A pair of twins is never cut: the last household may be a head alone.
    rows, roles = rows[:total], roles[:total]
    answer_twin = twin[rows, roles]
    if total and answer_twin[-1] and roles[-1] == FIRST_CHILD:
        answer_twin[-1] = False
    return rows, roles, sex[rows, roles], age[rows, roles], answer_twin


def _births(
    draw: np.random.Generator, age: Array, home: Array, role: Array, twin: Array, end: int
) -> Array:
    birth = end - np.ceil(age * 365.2425 + 1).astype(np.int64)
    second = np.flatnonzero(twin & (role == SECOND_CHILD))
    birth[second] = birth[second - 1]
    return birth


def _places(catchments: tuple[Catchment, ...], home: Array) -> tuple[Array, Array]:
    """Village and catchment of each member: a household lives where its first member falls."""
    sizes = [village.residents for one in catchments for village in one.villages]
    by_place = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.flatnonzero(np.r_[True, home[1:] != home[:-1]])
    village = np.repeat(by_place[starts], np.diff(np.r_[starts, len(home)]))
    owner = np.repeat(np.arange(len(catchments)), [len(one.villages) for one in catchments])
    return village, owner[village]


def _numbers(catchments: tuple[Catchment, ...]) -> Array:
    return np.concatenate([np.arange(one.first, one.first + one.residents) for one in catchments])


def _strangers(
    draw: np.random.Generator, role: Array, sex: Array, birth: Array, age: Array, head_of: Array
) -> Array:
    """Make pairs of unrelated people who share sex and birth date; names follow in ``_names``.

    Answers 0 for others, 1 for the one copied, and 2 + the place of the other for the copy (who
    lives alone, so that no family's ages go wrong).
    """
    size = np.bincount(head_of, minlength=len(role))
    alone = np.flatnonzero((size[head_of] == 1) & (age < 60))
    pairs = min(len(alone) // 2, max(1, len(role) // 350)) if len(alone) > 1 else 0
    copies = draw.choice(alone, pairs, replace=False) if pairs else np.zeros(0, np.int64)
    taken = np.isin(np.arange(len(role)), copies)
    models = np.flatnonzero((role <= SPOUSE) & ~taken & (age > 20) & (age < 60))
    pairs = min(pairs, len(models))
    copies, models = copies[:pairs], draw.choice(models, pairs, replace=False)
    answer = np.zeros(len(role), dtype=np.int64)
    answer[models] = 1
    answer[copies] = 2 + models
    sex[copies] = sex[models]
    birth[copies] = birth[models]
    return answer


def _names(
    draw: np.random.Generator,
    head_of: Array,
    role: Array,
    sex: Array,
    birth: Array,
    twin: Array,
    stranger: Array,
) -> tuple[Array, Array, Array]:
    surname = draw_surnames(draw, len(role))
    # The children's surname is the father's: the head's, or his wife's husband's.
    spouse_place = np.minimum(head_of + 1, len(role) - 1)
    has_spouse = (role[spouse_place] == SPOUSE) & (head_of[spouse_place] == head_of)
    father = np.where((sex[head_of] == 2) & has_spouse, spouse_place, head_of)
    child = (role == FIRST_CHILD) | (role == SECOND_CHILD)
    surname = np.where(child, surname[father], surname)
    surname = np.where(role == FATHER, surname[head_of], surname)
    year = 1970 + (birth / 365.2425).astype(np.int64)
    first, second = draw_given(draw, sex, year)
    sibling = np.flatnonzero(role == SECOND_CHILD)
    alike = sibling[(draw.random(len(sibling)) < 0.25) | twin[sibling]]
    alike = alike[second[alike] > 0]
    first[alike] = first[alike - 1]
    same = sibling[
        (first[sibling] == first[sibling - 1]) & (second[sibling] == second[sibling - 1])
    ]
    second[same] = np.where(second[same] == 0, first[same], 0)
    copies = np.flatnonzero(stranger >= 2)
    models = stranger[copies] - 2
    for part in (surname, first, second):
        part[copies] = part[models]
    return surname, first, second


def _relatives(head_of: Array, role: Array, sex: Array) -> tuple[Array, Array]:
    after = np.minimum(head_of + 1, len(role) - 1)
    married = (role[after] == SPOUSE) & (head_of[after] == head_of)
    spouse = np.where((role == HEAD) & married, after, np.where(role == SPOUSE, head_of, -1))
    woman = np.where(sex[head_of] == 2, head_of, np.where(married, after, -1))
    child = (role == FIRST_CHILD) | (role == SECOND_CHILD)
    mother = np.where(child, woman, -1)
    return spouse, mother


def _deaths(draw: np.random.Generator, birth: Array, start: int, end: int) -> Array:
    """Day of death in the period, or -1: a Gompertz hazard, with some infants."""
    age = (end - birth) / 365.2425
    hazard = 0.00003 * np.exp(0.097 * np.clip(age, 0, 100)) + np.where(age < 2, 0.002, 0.0)
    years = (end - start) / 365.2425
    dies = draw.random(len(birth)) < 1 - np.exp(-hazard * years)
    first = np.maximum(start, birth + 1)
    day = first + (draw.random(len(birth)) * np.maximum(1, end - first - 1)).astype(np.int64)
    return np.where(dies & (day < end), day, -1)


def _phones(number: Array, salt: int) -> Array:
    tail = (number * 48_271 + salt * 7_777_777) % _PHONE_MODULUS
    return _PHONE_PREFIXES[(number * salt) % len(_PHONE_PREFIXES)] * 10**8 + tail


def _id_digits(
    draw: np.random.Generator,
    catchments: tuple[Catchment, ...],
    catchment: Array,
    sex: Array,
    birth: Array,
) -> Array:
    """The seventeen digits before the check digit, no two alike in the city.

    A catchment owns a block of sequence numbers in its county, and one in some counties of other
    prefectures for those born there; within a block, equal birth dates and sexes are counted
    through, so that twins get neighbouring numbers.
    """
    position = np.array([one.position for one in catchments])[catchment]
    county = np.array([int(one.county) for one in catchments])[catchment]
    group = position // _BLOCKS * _OUTSIDE_PER_BLOCK
    choice = (group + draw.integers(0, _OUTSIDE_PER_BLOCK, len(sex))) % len(_OUTSIDE_COUNTIES)
    outside = (draw.random(len(sex)) < 0.07) & (birth < c.day_number("2015-01-01"))
    region = np.where(outside, np.array(_OUTSIDE_COUNTIES)[choice], county)
    # Counting through: equal (region, catchment, birth, sex) get 0, 1, 2, ...
    order = np.lexsort((np.arange(len(sex)), sex, birth, catchment, region))
    same = np.ones(len(sex), bool)
    if len(sex):
        same[0] = False
    for part in (region, catchment, birth, sex):
        same[1:] &= part[order][1:] == part[order][:-1]
    run = np.arange(len(sex)) - np.maximum.accumulate(np.where(same, 0, np.arange(len(sex))))
    rank = np.empty(len(sex), dtype=np.int64)
    rank[order] = run
    # 40 numbers a block: odd ones for men, even ones for women.
    sequence = position % _BLOCKS * 40 + 2 * rank + np.where(sex == 1, 1, 2)
    days = birth.astype("datetime64[D]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    return ((region * 10_000 + year) * 100 + month) * 100_000 + day * 1000 + sequence


def id_text(digits: Array, wrong: Array | None = None) -> pa.Array:
    """The eighteen characters; where ``wrong``, with a check digit that does not check."""
    parts = digits[:, None] // 10 ** np.arange(16, -1, -1) % 10
    check = (12 - (parts * _ID_WEIGHTS).sum(axis=1) % 11) % 11
    if wrong is not None:
        check = np.where(wrong, (check + 1 + digits % 9) % 11, check)
    return c.join(c.numbers(digits), c.pick(list("0123456789X"), check))


def old_id_text(digits: Array) -> pa.Array:
    """The fifteen digits that were in use before 1999: without century and check digit."""
    region, rest = np.divmod(digits, 10**11)
    birth, sequence = np.divmod(rest, 1000)
    return c.keys("", (region * 10**6 + birth % 10**6) * 1000 + sequence, 15)
