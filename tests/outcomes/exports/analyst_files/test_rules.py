"""No cell under ten, nobody told of by their group, over drawn districts; weak rules are found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.outcomes.exports.analyst_files.attack import FOLLOWED, WHO
from tests.outcomes.exports.analyst_files.drawn import Drawn, Said
from tests.outcomes.exports.analyst_files.weak import named_months_only, named_places_only
from tests.support.depth import examples
from wss_cases.outcomes.exports.analyst_files.agreements.rules import receiver_key
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint, numbered
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS, SUPPRESSED, Fact, band_of, one_of, released


def each_column_by_itself(facts: list[Fact]) -> Said:
    """Weak: a value stays where ten incidents have it, whatever stands beside it."""
    often = [Counter(one.values[place] for one in facts) for place in range(len(COLUMNS))]
    return [
        (one.key, tuple(v if often[place][v] >= 10 else SUPPRESSED for place, v in enumerate(one.values)))
        for one in facts
    ]


def whole_groups(facts: list[Fact]) -> Said:
    """Weak: what followed is told as it is wherever a group is large."""
    sound = dict(released(facts, 10))
    start = len(WHO)
    return [(one.key, (*sound[one.key][:start], *one.values[start:])) for one in facts if one.key in sound]


WEAK: dict[str, Callable[[list[Fact]], Said]] = {
    "each column by itself": each_column_by_itself,
    "whole groups": whole_groups,
    "named places only": lambda facts: named_places_only(facts, 10),
    "named months only": lambda facts: named_months_only(facts, 10),
}


def test_it_attacks_by_the_columns_of_the_file() -> None:
    assert (*WHO, *FOLLOWED) == COLUMNS


def test_nothing_is_found_in_drawn_districts_and_weak_rules_are_found_out() -> None:
    weak: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for seed in range(examples(20, 300)):
        drawn = Drawn(seed)
        said = released(drawn.facts, 10)
        assert drawn.found_out(said) == [], seed
        assert len(said) in (0, len(drawn.facts))
        truth = {one.key: one.values for one in drawn.facts}
        for key, values in said:
            assert all(value in (own, SUPPRESSED) for value, own in zip(values, truth[key], strict=True))
            told.update(name for name, value in zip(COLUMNS, values, strict=True) if value != SUPPRESSED)
        for name, weakly in WEAK.items() if seed < 8 else ():
            weak[name] += bool(drawn.found_out(weakly(drawn.facts)))
    assert all(weak[name] > 1 for name in WEAK), weak
    assert all(told[name] for name in COLUMNS), told  # and the file is worth something


def test_a_student_who_is_in_most_incidents_is_in_no_cell_of_their_own() -> None:
    same = ("Network 1", "School 1", "9_12", "black", "2026-09", "bus", "no", "no", "1", "no", "none")
    one = [Fact(key, same, frozenset({key % 25}), frozenset({key % 25})) for key in range(60)]
    assert {values[1] for _key, values in released(one, 10)} == {"School 1"}
    bullied = [Fact(each.key, same, each.acted, each.acted | {99}) for each in one]
    assert released(bullied, 10) == []
    busy = [Fact(key, same, frozenset({min(key, 18)}), frozenset({min(key, 18)})) for key in range(60)]
    assert released(busy, 10) == []


def _incidents(*groups: tuple[int, dict[str, str]]) -> list[Fact]:
    """So many incidents, each of another student, for each of which a few columns are said."""
    usual = {"network": "North", "school": "Ash", "grade_band": "6_8", "race_ethnicity": "black", "month": "2026-09"}
    usual |= {"location": "bus", "police_notified": "no", "removal": "no", "behavior_group": "1"}
    usual |= {"case_opened": "no", "injury": "none"}
    rows = [tuple((usual | said)[name] for name in COLUMNS) for number, said in groups for _ in range(number)]
    return [Fact(key, row, frozenset({key}), frozenset({key})) for key, row in enumerate(rows)]


def _said(name: str, facts: list[Fact], **of: str) -> set[str]:
    """What the file says by a column of the rows for which it says these."""
    rows = [dict(zip(COLUMNS, values, strict=True)) for _key, values in released(facts, 10)]
    return {row[name] for row in rows if of.items() <= row.items()}


@pytest.mark.parametrize(("elsewhere", "places", "told"), [(9, 1, False), (12, 6, True)])
def test_the_schools_that_a_file_does_not_name_have_a_total(elsewhere: int, places: int, told: bool) -> None:
    yes, schools = {"police_notified": "yes"}, ("Beech", "Cedar", "Elm", "Fir", "Gum", "Hazel")
    groups = [(elsewhere, yes), (60, {})]
    groups += [(2, {"school": school, "grade_band": "9_12"} | yes) for school in schools[:places]]
    for school in schools:
        groups += [
            (2, {"school": school} | yes),
            (4, {"school": school}),
            (5, {"school": school, "grade_band": "9_12"}),
        ]
    facts = _incidents(*groups)
    assert _said("school", facts) == {"Ash", SUPPRESSED}
    assert _said("police_notified", facts, school=SUPPRESSED, grade_band="6_8") == (
        {"yes", "no"} if told else {SUPPRESSED}
    )


@pytest.mark.parametrize(("few", "told"), [(2, False), (12, True)])
def test_the_months_that_some_rows_do_not_name_have_a_total(few: int, told: bool) -> None:
    yes = {"police_notified": "yes"}
    facts = _incidents(
        *((12, {"month": "2026-09"} | also) for also in (yes, {})),
        *((6, {"month": month} | also) for month in ("2026-10", "2026-11") for also in (yes, {})),
        *((14, {"grade_band": "9_12", "month": month}) for month in ("2026-09", "2026-10", "2026-11")),
        *((few // 2, {"grade_band": "9_12", "month": month} | yes) for month in ("2026-10", "2026-11")),
    )
    assert _said("month", facts, grade_band="6_8") == {"2026-09", SUPPRESSED}
    assert _said("police_notified", facts, month=SUPPRESSED, grade_band="6_8") == (
        {"yes", "no"} if told else {SUPPRESSED}
    )


@pytest.mark.parametrize(("few", "told"), [(2, False), (12, True)])
def test_so_have_the_months_that_two_kinds_of_rows_leave_open_together(few: int, told: bool) -> None:
    yes = {"police_notified": "yes"}
    groups = [(9, {"grade_band": "prek_2"} | yes), (15, {"grade_band": "prek_2"})]
    for band, named, not_named in (
        ("6_8", "2026-12", ("2026-10", "2026-11")),
        ("3_5", "2026-10", ("2026-11", "2026-12")),
    ):
        groups += [(20, {"grade_band": band, "month": month}) for month in ("2026-09", named)]
        for month in not_named:
            groups += [(10, {"grade_band": band, "month": month} | yes), (9, {"grade_band": band, "month": month})]
    groups += [
        (few, {"grade_band": "9_12", "month": "2026-11"} | yes),
        (18, {"grade_band": "9_12", "month": "2026-12"}),
    ]
    facts = _incidents(*groups)
    assert _said("month", facts, grade_band="6_8") == {"2026-09", "2026-12", SUPPRESSED}
    answers = [_said("police_notified", facts, month=SUPPRESSED, grade_band=band) for band in ("6_8", "3_5")]
    assert (answers == [{"yes", "no"}] * 2) == told, answers


@pytest.mark.parametrize(("other", "told"), [("no", False), ("yes", True)])
def test_what_is_told_of_some_leaves_more_than_one_answer_of_the_others(other: str, told: bool) -> None:
    yes = {"removal": "yes"}
    facts = _incidents(
        (12, yes), (12, {}), (30, {"grade_band": "9_12"}), (12, {"grade_band": "9_12", "removal": other})
    )
    assert _said("removal", facts, grade_band="6_8") == ({"yes", "no"} if told else {SUPPRESSED})


def test_a_month_is_not_withheld_alone() -> None:
    months = [(20, {"month": "2026-09"}), (22, {"month": "2026-10"})]
    others = [(number, {"grade_band": "9_12", "month": month}) for number, month in ((5, "2026-09"), (18, "2026-11"))]
    assert _said("month", _incidents(*months)) == {"2026-09", "2026-10"}
    assert _said("month", _incidents(*months, *others), grade_band="6_8") == {SUPPRESSED}


def test_two_files_of_the_same_rows_share_no_number() -> None:
    said = [(key, ("x",) * len(COLUMNS)) for key in range(200)]
    first, second = numbered("2026-27", said), numbered("2026-27", said)
    assert not {row[0] for row in first} & {row[0] for row in second}
    assert [row[0] for row in first] == sorted(row[0] for row in first)
    assert fingerprint(said) == fingerprint(list(reversed(said))) != fingerprint(said[1:])


@pytest.mark.parametrize(
    ("grades", "band"),
    [([-1], "prek_2"), ([2, 0], "prek_2"), ([3], "3_5"), ([12, 9], "9_12"), ([8, 9], "several"), ([], "not_known")],
)
def test_bands(grades: list[int | None], band: str) -> None:
    assert band_of(grades) == band
    assert band_of([*grades, None]) == one_of([None]) == "not_known"


def test_a_receiver_is_the_same_however_it_is_written() -> None:
    assert receiver_key("University of Élm, Lab") == receiver_key(" university of  elm lab.") != receiver_key("Elm")
