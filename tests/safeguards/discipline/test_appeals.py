"""Corrections and appeals: what stands is counted, what stood before is kept; and the notice to the family."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW
from tests.safeguards.discipline.making import NOT_HEARD, OSS, PACKET, Removing
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.incidents.telling import CALL
from wss_cases.outcomes.counting.repair.queries import removals
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.roster.directory.models import Guardian, StudentGuardian
from wss_cases.roster.names.finder import private_in
from wss_cases.safeguards.discipline.appeals import ask_appeal, correct, decide_appeal
from wss_cases.safeguards.discipline.removals.models import (
    ActionState,
    Answer,
    AppealOutcome,
    AskedBy,
    ChangeCause,
    DisciplineAction,
    DisciplineKind,
    days_away,
)
from wss_cases.safeguards.discipline.removals.queries import spans_of, versions_of

TODAY = date(2026, 11, 24)
ASKED: dict[str, Any] = {"asked_by": AskedBy.GUARDIAN, "asked_name": "A guardian", "asked_on": TODAY}
FIXED: dict[str, Any] = {
    "kind": OSS, "days": 1, "starts_on": date(2026, 11, 25), "reason": "Pushed a student.",
    "why": "The day was counted twice.", "length_reason": "The time to plan the return.",
}  # fmt: skip
BACK: dict[str, Any] = {
    "heard_on": TODAY, "heard_by": "The principal", "outcome": AppealOutcome.SHORTENED, "decided_on": TODAY,
    "decision": "The first day was enough.", "days": 1,
}  # fmt: skip


def scope_of(scene: Removing) -> Scope:
    """The school's year up to its end."""
    last = date(2027, 7, 31)
    return Scope(scene.place.school.id, "2026-27", date(2026, 8, 1), last, last)


class Appealed(Removing):
    """One removal of two days, decided."""

    def __init__(self) -> None:
        super().__init__()
        self.made = self.remove()
        self.administrator, self.dean = self.place.actor("administrator"), self.place.actor("dean")

    @property
    def action(self) -> Any:
        """The action as the database has it now."""
        return fresh(self.actions()[0])

    def counts(self) -> tuple[Any, int]:
        """What outcomes count of suspensions (instances, students), and the student's days away."""
        counted = removals(self.administrator, scope_of(self)).get(OSS.value, (0, 0))
        return counted, days_away(spans_of(self.student.id), "2026-27")


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Appealed:
    at("2026-11-24 11:00")
    return Appealed()


def test_a_correction_keeps_what_was_and_moves_what_is_counted(scene: Appealed, session: Any) -> None:
    before = scene.action.version
    for _twice in range(2):
        correct(Invocation(scene.dean, NOW, "once", version=before), scene.made, **FIXED)
    [kept] = versions_of(scene.made)
    assert (kept.days, kept.reason, kept.why, kept.cause) == (2, "Hit a student.", FIXED["why"], ChangeCause.CORRECTION)
    assert (scene.action.days, scene.action.reason, scene.action.year_days) == (1, "Pushed a student.", 1)
    assert scene.counts()[1] == 1
    assert session.scalars(select(ReengagementPlan)).one().return_on == date(2026, 11, 26)
    with pytest.raises(Stale):
        correct(Invocation(scene.dean, NOW, version=before), scene.made, **FIXED)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("why", {"why": " "}),
        ("reason", {"reason": ""}),
        ("days", {"days": 0}),
        ("days", {"days": 4}),
        ("days", {"kind": DisciplineKind.EXPULSION}),
        ("starts_on", {"starts_on": date(9999, 1, 1)}),
    ],
)
def test_a_correction_that_is_refused(scene: Appealed, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        correct(Invocation(scene.administrator, NOW), scene.made, **FIXED | changes)
    assert refused.value.field == field and versions_of(scene.made) == []


def test_a_correction_makes_no_suspension_of_unverified_facts(scene: Appealed) -> None:
    fresh(scene.incident).state = IncidentState.UNDER_REVIEW
    db.session.commit()
    sent = scene.remove(kind=DisciplineKind.SENT_HOME, days=1, **NOT_HEARD)
    with pytest.raises(Refused) as refused:
        correct(Invocation(scene.administrator, NOW), sent, **FIXED)
    assert refused.value.field == "kind"
    with pytest.raises(Refused, match="There is no school"):
        correct(Invocation(scene.administrator, NOW), scene.made, **FIXED | {"starts_on": date(2026, 11, 28)})
    assert correct(Invocation(scene.administrator, NOW), scene.made, **FIXED), "it stands"


def test_a_correction_that_reaches_the_tenth_day_raises_the_alarm(scene: Appealed, session: Any) -> None:
    scene.away_before(6)
    made = scene.remove(days=1, starts_on=date(2026, 12, 1), disability=Answer.YES)
    reviews = select(FollowUp).filter_by(kind="manifestation_review")
    assert session.scalars(reviews).all() == []
    correct(Invocation(scene.administrator, NOW), made, **FIXED | {"days": 2, "starts_on": date(2026, 12, 1)})
    assert len(session.scalars(reviews).all()) == 1
    beyond = FIXED | {"days": 3, "starts_on": date(2026, 12, 1)}
    with pytest.raises(Refused) as refused:
        correct(Invocation(scene.administrator, NOW), made, **beyond)
    assert refused.value.field == "acknowledged"
    correct(Invocation(scene.administrator, NOW), made, **beyond, acknowledged=True)
    assert len(session.scalars(reviews).all()) == 1


def test_what_the_administrator_decided_only_they_correct(scene: Appealed) -> None:
    made = scene.remove(days=5, starts_on=date(2026, 12, 1), **PACKET)
    with pytest.raises(Refused):
        correct(Invocation(scene.dean, NOW), made, **FIXED)
    assert correct(Invocation(scene.administrator, NOW), made, **FIXED)


@pytest.mark.parametrize(
    ("outcome", "days", "counted"),
    [(AppealOutcome.UPHELD, None, 2), (AppealOutcome.SHORTENED, 1, 1), (AppealOutcome.REVERSED, None, 0)],
)
def test_an_appeal_is_asked_heard_and_decided(
    scene: Appealed, session: Any, outcome: AppealOutcome, days: int | None, counted: int
) -> None:
    appeal = ask_appeal(Invocation(scene.dean, NOW), scene.made, **ASKED)
    given = BACK | {"outcome": outcome, "days": days}
    with pytest.raises(NotFound):
        decide_appeal(Invocation(scene.dean, NOW), appeal, **given)
    decide_appeal(Invocation(scene.administrator, NOW), appeal, **given)
    instances = 0 if outcome is AppealOutcome.REVERSED else 1
    assert scene.counts() == ((instances, instances), counted)
    assert scene.action.state is (ActionState.STANDING if instances else ActionState.REVERSED)
    assert len(versions_of(scene.made)) == (0 if outcome is AppealOutcome.UPHELD else 1)
    with pytest.raises(NotFound if instances else Refused):
        decide_appeal(Invocation(scene.administrator, NOW), appeal, **given)
    if not instances:
        with pytest.raises(Refused):
            correct(Invocation(scene.administrator, NOW), scene.made, **FIXED)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("heard_on", {"heard_on": date(2026, 11, 20)}),
        ("heard_on", {"heard_on": date(2026, 11, 25)}),
        ("decided_on", {"decided_on": date(2026, 11, 23)}),
        ("decision", {"decision": " "}),
        ("days", {"days": None}),
        ("days", {"days": 2}),
        ("days", {"outcome": AppealOutcome.UPHELD}),
    ],
)
def test_a_decision_that_is_refused(scene: Appealed, field: str, changes: dict[str, Any]) -> None:
    appeal = ask_appeal(Invocation(scene.dean, NOW), scene.made, **ASKED)
    with pytest.raises(Refused) as refused:
        decide_appeal(Invocation(scene.administrator, NOW), appeal, **BACK | changes)
    assert refused.value.field == field and scene.action.days == 2


def test_only_one_appeal_and_not_before_the_decision(scene: Appealed) -> None:
    for day in (date(2026, 11, 1), date(2026, 12, 24)):
        given = ASKED | {"asked_by": AskedBy.STUDENT, "asked_on": day}
        with pytest.raises(Refused) as refused:
            ask_appeal(Invocation(scene.dean, NOW), scene.made, **given)
        assert refused.value.field == "asked_on"
    ask_appeal(Invocation(scene.dean, NOW), scene.made, **ASKED)
    with pytest.raises(Refused):
        ask_appeal(Invocation(scene.dean, NOW), scene.made, **ASKED)


def test_outcomes_count_what_stands_instances_and_students_apart(scene: Appealed) -> None:
    scene.away_before(1, starts_on=date(2026, 10, 1))
    scene.away_before(1, starts_on=date(2026, 10, 1), student_id=scene.witness.id)
    scene.away_before(1, starts_on=date(2026, 10, 2), state=ActionState.REVERSED)
    standing = [a for a in scene.actions() if a.state is ActionState.STANDING]
    direct = (len(standing), len({action.student_id for action in standing}))
    assert removals(scene.administrator, scope_of(scene)) == {OSS.value: direct} and direct == (3, 2)


def test_the_pages(scene: Appealed, client_as: Callable[[Any], Any]) -> None:
    client = client_as(scene.place.administrator)
    page = f"/discipline/{scene.made}"
    refused = client.submit(f"{page}/correct", {"days": "1", "why": " "})
    assert refused.status_code == 400
    assert client.submit(f"{page}/correct", {"days": "1", "why": "Counted twice."}).status_code == 303
    asked = {"asked_by": "guardian", "asked_name": "An aunt", "asked_why": "It was not so."}
    assert client.submit(f"{page}/appeal", asked).status_code == 303
    decided = {"heard_on": "2026-11-24", "heard_by": "The principal", "outcome": "reversed", "decision": "Not so."}
    late = client.submit(f"{page}/appeal/decision", decided | {"heard_on": "2026-11-25"})
    assert late.status_code == 400 and "Not so." in late.get_data(as_text=True)
    assert client.submit(f"{page}/appeal/decision", decided).status_code == 303
    text = client.page(page).text
    for words in ("Reversed", "Counted twice.", "An aunt", "It was not so.", "Before the correction"):
        assert words in text
    assert "0 actions, 0 students" in client.page("/discipline").text
    assert client.page(f"{page}/appeal/decision", status=404)


def test_a_notice_tells_nothing_that_only_the_student_tells_at_home(
    scene: Appealed, client_as: Callable[[Any], Any], session: Any
) -> None:
    client = client_as(make_user(Role.DEAN, scene.place.school))
    address = f"/discipline/{scene.made}/notice?language=en"
    assert "Hit a student." in client.page(address).text
    action = session.get(DisciplineAction, scene.made)
    action.reason = "Hit a student who had called him gay."
    session.commit()
    page = client.page(address).text
    assert "on hold" in page and "had called him" not in page
    own, other = (str(one.id) for one in fresh(scene.incident).people[:2])
    ask = f"/discipline/{scene.made}/notice/agreed"
    answer = client.submit(ask, {"concerns": other, "agreed": own})
    assert answer.status_code == 400 and 'id="agreed-error"' in answer.text, "another child's words are not this one's"
    assert "on hold" in client.page(address).text
    entry = session.get(IncidentPerson, int(own), populate_existing=True)
    for concerns, notice_id in (([], scene.made), ([entry.id], CALL)):
        entry.may_tell = [{"word": "gay", "concerns": concerns, "notice_id": notice_id}]
        session.commit()
        assert "on hold" in client.page(address).text, "a yes of which nobody said whom it concerns, one for a call"
    assert client.submit(ask, {"concerns": own, "agreed": own}).status_code == 303
    assert "had called him gay" in client.page(address).text
    action = session.get(DisciplineAction, scene.made, populate_existing=True)
    action.reason = "Hit his boyfriend, who had called him gay."
    session.commit()
    page = client.page(address).text
    assert "(boyfriend)" in page and "had called him" not in page, "what the student was not asked about"
    correct(Invocation(scene.dean, NOW), scene.made, **FIXED | {"reason": "Hit a gay student."})
    assert "(gay)" in client.page(address).text, "words that are corrected are asked anew"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("His boyfriend and a Lesbian; homophobic words.", ["boyfriend", "Lesbian", "homophobic"]),
        ("Su novia, la identidad de género y la homofobia.", ["novia", "identidad de género", "homofobia"]),
        ("Transport by bus, translated; Gayle updated the racing team, a translator.", []),
    ],
)
def test_what_only_a_student_tells_is_found(text: str, found: list[str]) -> None:
    assert private_in(text) == found


def test_the_notice_in_the_familys_language_without_another_childs_name(
    scene: Appealed, client_as: Callable[[Any], Any], session: Any
) -> None:
    parent = Guardian(sourced_id="g1", name="Parent", language="es")
    session.add(parent)
    session.flush()
    session.add(StudentGuardian(student_id=scene.student.id, guardian_id=parent.id))
    session.commit()
    client = client_as(make_user(Role.DEAN, scene.place.school))
    address = f"/discipline/{scene.made}/notice"
    spanish, english = client.page(address).text, client.page(f"{address}?language=en").text
    assert "Si no está de acuerdo" in spanish and "Suspensión fuera de la escuela · 2 días" in spanish
    assert "If you disagree" in english and "Hit a student." in english and "no fine" in english
    assert scene.student.shown_name in english and scene.place.school.name in english
    for other in (scene.harmed, scene.witness):
        assert other.given_name not in english + spanish and other.family_name not in english + spanish
    for word in ("offender", "victim", "perpetrator", "guilty", "punish", "agresor", "víctima", "culpable"):
        assert word not in (english + spanish).casefold()
    # somebody is added to the report whose name the reason holds
    added = StudentFactory(school=scene.place.school, given_name="Hit")
    IncidentPersonFactory(incident_id=scene.incident.id, student_id=added.id, role=PersonRole.WITNESS)
    held = client.page(f"{address}?language=en").text
    assert "on hold" in held and "If you disagree" not in held
