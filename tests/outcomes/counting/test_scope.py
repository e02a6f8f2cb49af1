"""Rules of counting that no page of one day shows: days of the year before, who waits, small shares."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from wss_cases.access.actor import SYSTEM, Actor, Grant, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.outcomes.counting.scope.queries import enrolled_on
from wss_cases.outcomes.counting.scope.rules import (
    FEWEST,
    Piece,
    Scope,
    Share,
    hidden_among,
    reach_of,
    scope_of,
    shown_share,
    year_before,
)
from wss_cases.outcomes.reports.cases import repeats_by_month, repeats_until
from wss_cases.outcomes.reports.pathways import figures_of_pathways
from wss_cases.pathways.circles.questionnaires.models import Answerer, Occasion, Questionnaire, QuestionnaireAnswer
from wss_cases.pathways.common.models import PathwayState
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind


@pytest.mark.parametrize(
    ("today", "last"),
    [
        ("2029-02-28", "2028-02-29"), ("2028-02-29", "2027-02-28"), ("2028-02-28", "2027-02-28"),
        ("2029-02-27", "2028-02-27"), ("2028-03-31", "2027-03-31"), ("2028-11-24", "2027-11-24"),
    ],
)  # fmt: skip
def test_the_end_of_a_month_is_compared_with_the_end_of_that_month(today: str, last: str) -> None:
    day = date.fromisoformat(today)
    year = day.year if day.month >= 8 else day.year - 1
    scope = existing(scope_of(None, f"{year}-{(year + 1) % 100:02}", day))
    before = year_before(scope, SchoolDays())
    assert (before.first, before.last) == (date(year - 1, 8, 1), date.fromisoformat(last))


def test_nobody_counts_as_reached_before_the_first_school_day_is_over() -> None:
    monday = date(2026, 11, 23)
    today, days = monday + timedelta(days=1), SchoolDays()
    reach = reach_of([(monday, monday, 3), (monday, None, 4), (today, today, 5)], days, today)
    assert (reach.within_one, reach.of_all, reach.waiting) == (0, 0, 12)
    reach = reach_of([(monday, monday, 3), (monday, None, 4)], days, today + timedelta(days=1))
    assert (reach.within_one, reach.of_all, reach.waiting) == (3, 7, 0)


def test_on_a_day_without_school_the_last_school_day_is_over() -> None:
    thursday, days = date(2026, 11, 19), SchoolDays()
    friday, saturday = thursday + timedelta(days=1), thursday + timedelta(days=2)
    reach = reach_of([(thursday, friday, 3), (friday, friday, 2)], days, saturday)
    assert (reach.within_one, reach.of_all, reach.waiting) == (3, 3, 2)


def test_who_reads_some_schools_counts_no_others(session: Any) -> None:
    schools = [SchoolFactory() for _ in range(3)]
    for number, school in enumerate(schools):
        for _ in range(2**number):
            EnrolmentFactory(student=StudentFactory(school=school))
    own = tuple(Grant(Role.ADMINISTRATOR, school.id) for school in schools[:2])
    first, today = date(2026, 8, 1), date(2026, 11, 24)

    def enrolled(reader: Actor, school_id: int | None) -> int:
        return enrolled_on(reader, Scope(school_id, "2026-27", first, today, today), [today])[0]

    places = (None, *(school.id for school in schools))
    of_all = Actor(2, "district", (Grant(Role.DISTRICT, district=True),))
    assert [enrolled(of_all, one) for one in places] == [7, 1, 2, 4]
    assert [enrolled(Actor(1, "administrator", own), one) for one in places] == [3, 1, 2, 0]
    assert [enrolled(Actor(3, "nobody"), one) for one in places] == [0, 0, 0, 0]


def part(network: str | None, schools: list[int]) -> Piece:
    """What the schools of a network give, a number for each."""
    return Piece(network, sum(schools), 0, sum(number for number in schools if number < FEWEST))


def test_what_is_left_is_never_few() -> None:
    pick, told, hidden = random.Random(5), 0, 0
    for _ in range(3000):
        names = ["A", "B", None][: pick.randrange(1, 4)]
        district = {name: [pick.choice((0, 1, 4, 9, 10, 25)) for _ in range(pick.randrange(1, 4))] for name in names}
        parts = [part(name, schools) for name, schools in district.items()]
        shown = {name for name, schools in district.items() if name and shown_share([part(None, schools)])}
        for name in shown:
            left = sum(number for number in district[name] if number < FEWEST)
            assert left == 0 or left >= FEWEST, district
        if shown_share(parts) is None:
            hidden += 1
            continue
        told += 1
        # what a reader has left who subtracts every network and every school that is shown
        loose = [number for name in set(district) - shown for number in district[name]]
        left = sum(number for number in loose if number < FEWEST)
        assert left == 0 or left >= FEWEST, district
    assert told > 300 and hidden > 300


@pytest.fixture
def answered(at: Any, session: Any) -> Callable[[str | None, int], Any]:
    """Answers to one question at a new school of a network, so many; every other one is good."""
    at("2026-11-24 10:00")

    def answer(network: str | None, number: int) -> Any:
        school = SchoolFactory(network=network)
        case = CaseFactory(school_id=school.id)
        circle = PathwayFactory(
            case_id=case.id, school_id=school.id, kind=Kind.PEACE_CIRCLE.value, state=PathwayState.ACTIVE
        )
        now = clock.now()
        for count in range(number):
            row = Questionnaire(
                pathway_id=circle.id, case_id=case.id, school_id=school.id, occasion=next(iter(Occasion)),
                answerer=Answerer.HARMED, token_digest=f"{school.id}-{count}", made_at=now,
                expires_at=now + timedelta(days=14), answered_at=now,
                participant_id=CaseParticipantFactory(case_id=case.id).id,
            )  # fmt: skip
            db.session.add(row)
            db.session.flush()
            value = 5 if count % 2 else 1
            db.session.add(QuestionnaireAnswer(questionnaire_id=row.id, question="heard", value=value))
        db.session.commit()
        return school.id

    return answer


def year_so_far(school_id: int | None = None, network: str | None = None) -> Scope:
    """The school year so far."""
    found = existing(scope_of(school_id, "2026-27", local_date(clock.now(), DEFAULT_ZONE)))
    return replace(found, network=network)


def heard(**of: Any) -> tuple[int, int] | None:
    """Good answers of all, where they are shown."""
    asked = year_so_far(**of)
    share = figures_of_pathways(SYSTEM, asked, school_days(asked.school_id)).said.questions.get("heard")
    return (share.part, share.whole) if share else None


def test_a_school_with_few_answers_hides_one_other_and_not_the_district(answered: Callable[..., Any]) -> None:
    many, one = answered("Network 1", 11), answered("Network 1", 1)
    # the network less the school that showed its answers would leave the one of the other
    assert heard(school_id=many) is None and heard(school_id=one) is None
    assert heard() == heard(network="Network 1") == (5, 12)
    larger = answered("Network 1", 12)
    assert heard(school_id=larger) == (6, 12) and heard(school_id=many) is None
    few = answered("Network 2", 9)
    assert heard(school_id=few) is None and heard(network="Network 2") is None
    # the district less Network 1 would leave the nine of Network 2: its smallest school that shows them goes with it
    assert heard() == (15, 33) and heard(school_id=larger) is None and heard(network="Network 1") is None


def test_no_sum_of_what_is_shown_leaves_few_answers() -> None:
    pick, one_school = random.Random(6), 0
    for _ in range(3000):
        networks = ["A", "B", "C", None][: pick.randrange(1, 5)]
        wholes = {n: (pick.choice(networks), pick.choice((0, 1, 4, 9, 10, 25))) for n in range(pick.randrange(1, 9))}
        hidden = hidden_among(wholes)
        few = {n for n, (_name, number) in wholes.items() if 0 < number < FEWEST}
        assert few <= hidden.schools
        loose = 0
        for name in {one for one, _number in wholes.values()}:
            rest = sum(number for n, (of, number) in wholes.items() if of == name and n in hidden.schools)
            if name is None or name in hidden.networks:
                loose += rest
            else:
                assert rest == 0 or rest >= FEWEST, wholes
        everyone = sum(number for _name, number in wholes.values())
        assert hidden.district or loose == 0 or loose >= FEWEST, wholes
        assert hidden.district is (everyone < FEWEST), "one small school hides a school or two, never the district"
        assert len(hidden.schools - few) <= 1 + len(networks), wholes
        one_school += not hidden.district and bool(few)
    assert one_school > 1000


def test_windows_of_one_small_school_are_not_what_is_left_of_the_district() -> None:
    windows: dict[tuple[str, int, str | None, int, bool | None], int] = {
        ("2026-09", 30, "A", 1, True): 4, ("2026-09", 30, "A", 1, False): 8, ("2026-10", 30, "A", 1, None): 3,
        ("2026-09", 30, "A", 2, False): 6, ("2026-10", 30, "A", 2, True): 5, ("2026-10", 30, None, 3, False): 2,
    }  # fmt: skip
    by_end = {last: repeats_until(repeats_by_month(windows), last)[0] for last in ("2026-08", "2026-09", "2026-10")}
    assert [(one.finished, one.unfinished) for one in by_end.values()] == [(0, 0), (18, 0), (25, 3)]
    # in September school 2 had six windows, and in October school 3 has two, which nobody else shows
    assert by_end["2026-09"].share is None and by_end["2026-10"].share is None
    del windows["2026-10", 30, None, 3, False]
    assert repeats_until(repeats_by_month(windows), "2026-10")[0].share == Share(9, 23)
