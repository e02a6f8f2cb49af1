"""What people harmed say: no question tells of fewer than ten answers, nor by subtracting what other pages show."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.outcomes.counting.scope.rules import FEWEST, Piece, Scope, Share, hidden_among, scope_of, shown_share
from wss_cases.outcomes.reports.cases import repeats_by_month, repeats_until
from wss_cases.outcomes.reports.pathways import figures_of_pathways
from wss_cases.pathways.circles.questionnaires.models import Answerer, Occasion, Questionnaire, QuestionnaireAnswer
from wss_cases.pathways.common.models import PathwayState
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind


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


def scope(school_id: int | None = None, network: str | None = None) -> Scope:
    """The school year so far."""
    found = scope_of(school_id, "2026-27", local_date(clock.now(), DEFAULT_ZONE))
    assert found is not None
    return replace(found, network=network)


def heard(**of: Any) -> tuple[int, int] | None:
    """Good answers of all, where they are shown."""
    asked = scope(**of)
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
