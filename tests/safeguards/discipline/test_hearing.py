"""A student is heard before a suspension; a continuing danger, and the emergency removal of a matter of Title IX."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.factories.base import fresh
from tests.factories.safeguards import DisciplineActionFactory
from tests.intake.making import NOW, set_facts
from tests.safeguards.discipline.making import NOT_HEARD, OSS, PACKET, Removing
from tests.safeguards.discipline.test_appeals import FIXED, scope_of
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.repair.queries import removals
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.appeals import ask_appeal, correct, decide_appeal
from wss_cases.safeguards.discipline.messages import notice_for
from wss_cases.safeguards.discipline.recording.acts import hear_student
from wss_cases.safeguards.discipline.removals.models import (
    AppealOutcome,
    AskedBy,
    DisciplineKind,
    days_away,
    hear_by,
    is_title_ix,
)
from wss_cases.safeguards.discipline.removals.queries import spans_of

TODAY = date(2026, 11, 24)
DANGER: dict[str, Any] = {**NOT_HEARD, "danger": "He said he would come back with a knife.", "starts_on": TODAY}
EMERGENCY: dict[str, Any] = {
    **NOT_HEARD,
    "analysis": "The touching was repeated this morning, and no seat or adult kept them apart.",
    "challenge": "With the principal in room 12, tomorrow at nine.",
}
DECIDED: dict[str, Any] = {"heard_on": TODAY, "decided_on": TODAY}
SAID = "He said that he was joking."


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Removing:
    at("2026-11-24 11:00")
    return Removing()


def title_ix(scene: Removing, **facts: Any) -> Removing:
    set_facts(scene.incident, **(facts or {"sexual": "contact"}))
    return scene


def refused(act: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(Refused) as refusal:
        act()
    db.session.rollback()
    return refusal.value.field, refusal.value.message


def hearings(state: FollowUpState = FollowUpState.OPEN) -> list[FollowUp]:
    rows = db.session.scalars(db.select(FollowUp).filter_by(kind="student_hearing", state=state).order_by(FollowUp.id))
    return list(rows)


def counts(scene: Removing) -> tuple[Any, int]:
    """What outcomes count of out-of-school suspensions (instances, students), and the student's days away."""
    counted = removals(scene.place.actor("administrator"), scope_of(scene)).get(OSS.value, (0, 0))
    return counted, days_away(spans_of(scene.student.id), "2026-27")


def letter(scene: Removing, number: int = -1, day: date = TODAY) -> str:
    return notice_for(fresh(scene.actions()[number]), fresh(scene.student), "en", day).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (NOT_HEARD, "facts_verified"),
        ({"student_said": " "}, "student_said"),
        ({"facts_verified": False}, "facts_verified"),
        ({**NOT_HEARD, "danger": "  "}, "facts_verified"),
        ({"danger": "He may come back."}, "danger"),
        ({**DANGER, "student_said": "Nothing."}, "facts_verified"),
        ({**DANGER, "starts_on": date(2026, 11, 30)}, "starts_on"),
        ({"length_reason": " "}, "length_reason"),
        ({"analysis": "He is dangerous.", "challenge": "Tomorrow."}, "analysis"),
    ],
)
@pytest.mark.parametrize("kind", [OSS, DisciplineKind.IN_SCHOOL_SUSPENSION])
def test_no_suspension_takes_effect_unheard(
    scene: Removing, kind: DisciplineKind, changes: dict[str, Any], field: str
) -> None:
    """On a decided report nobody was asked whether the student had been heard."""
    assert refused(lambda: scene.remove(kind=kind, **changes))[0] == field
    assert scene.actions() == []


def test_what_the_student_said_stands_on_the_page_and_in_no_list_or_letter(
    scene: Removing, client_as: Callable[[Any], Any]
) -> None:
    scene.remove(scene.place.actor("dean"), student_said="His words, not mine.")
    [action] = scene.actions()
    client = client_as(scene.place.dean)
    form = client.page(f"/incidents/{scene.incident.id}/discipline").text
    assert "I verified the facts and heard the student" in form and "What the student said" in form
    assert "Title IX" not in form
    assert "His words, not mine." in client.page(f"/discipline/{action.id}").text
    assert "His words" not in client.page("/discipline").text + letter(scene)
    assert "Why it lasts this long: One day was not enough for the last time." in letter(scene)
    audited = db.session.scalars(db.select(AuditEntry).filter_by(action="discipline.recorded")).one()
    assert "His words" not in str(audited.changes)


def test_a_continuing_danger_removes_before_the_hearing_which_follows_by_the_next_school_day(
    scene: Removing, client_as: Callable[[Any], Any], at: Callable[..., datetime]
) -> None:
    dean = scene.place.actor("dean")
    made = scene.remove(dean, **DANGER)
    [asked] = hearings()
    assert (asked.owner_id, asked.due_on, asked.single_mail) == (dean.user_id, date(2026, 11, 25), True)
    people = {person.student_id: person.id for person in fresh(scene.incident).people}
    assert asked.incident_person_id == people[scene.student.id]
    assert "not heard before this" in letter(scene) and "hears your child by: Wed, Nov 25, 2026" in letter(scene)
    client = client_as(scene.place.dean)
    page = client.page(f"/discipline/{made}").text
    assert "The student must be heard by Wed, Nov 25, 2026." in page and DANGER["danger"] in page
    assert counts(scene) == ((1, 1), 2)
    at("2026-11-30 08:00")
    late = client_as(scene.place.dean)
    assert "was to be heard by Wed, Nov 25, 2026. Hear them now." in late.page(f"/discipline/{made}").text
    blank = late.submit(f"/discipline/{made}", {"student_said": " "}, holding="student_said")
    assert blank.status_code == 400 and "Enter what the student said" in blank.text and len(hearings()) == 1
    assert late.submit(f"/discipline/{made}", {"student_said": SAID}, holding="student_said").status_code == 303
    page = late.page(f"/discipline/{made}").text
    assert SAID in page and DANGER["danger"] in page and "must be heard" not in page and "Hear them now" not in page
    assert "not heard before this" in letter(scene) and "hears your child by" not in letter(scene)
    assert [row.outcome for row in hearings(FollowUpState.DONE)] == ["done"] and not hearings()
    assert (
        refused(lambda: hear_student(Invocation(dean, NOW), made, SAID))[1] == "No hearing is waiting for this action."
    )


def test_who_may_hear_and_a_reversed_removal_asks_for_no_hearing(
    scene: Removing, client_as: Callable[[Any], Any]
) -> None:
    made = scene.remove(**DANGER)
    with pytest.raises(NotFound):
        hear_student(Invocation(scene.place.actor("coordinator"), NOW), made, SAID)
    assert "The facts are verified and" not in client_as(scene.place.coordinator).page(f"/discipline/{made}").text
    head = scene.place.actor("administrator")
    appeal = ask_appeal(Invocation(head, NOW), made, asked_by=AskedBy.GUARDIAN, asked_name="A guardian", asked_on=TODAY)
    given = DECIDED | {"heard_by": "The board", "outcome": AppealOutcome.REVERSED, "decision": "There was no danger."}
    decide_appeal(Invocation(head, NOW), appeal, **given)
    assert not hearings() and len(hearings(FollowUpState.CANCELLED)) == 1
    assert counts(scene) == ((0, 0), 0)
    assert refused(lambda: hear_student(Invocation(head, NOW), made, SAID))[0] == ""


@pytest.mark.parametrize("facts", [{"sexual": "harassment"}, {"sexual": "image"}, {"intimate_partner": True}])
def test_under_title_ix_only_an_emergency_removal_with_its_analysis_and_challenge(
    scene: Removing, facts: dict[str, Any]
) -> None:
    """A suspension was recorded there like any other, before the process had ended."""
    title_ix(scene, **facts)
    assert refused(scene.remove)[0] == "analysis", "heard or not"
    assert refused(lambda: scene.remove(**DANGER))[0] == "analysis", "a danger alone is not its analysis"
    for name in ("analysis", "challenge"):
        assert refused(lambda name=name: scene.remove(**{**EMERGENCY, name: " "}))[0] == name
    expulsion = {"kind": DisciplineKind.EXPULSION, "days": 0, **PACKET, **EMERGENCY}
    assert refused(lambda: scene.remove(**expulsion))[0] == "kind"
    named = {**EMERGENCY, "challenge": f"Without {scene.harmed.given_name}."}
    assert refused(lambda: scene.remove(**named))[0] == "challenge", "the family reads it"
    assert scene.remove(**EMERGENCY) and scene.remove(kind=DisciplineKind.SENT_HOME, days=1, **NOT_HEARD)
    emergency, sent_home = scene.actions()
    assert emergency.facts_verified_at is None and not hearings()
    again = {"kind": DisciplineKind.EXPULSION, "support_services": "Work at home.", "challenge": "Tomorrow."}
    head = Invocation(scene.place.actor("administrator"), NOW)
    assert refused(lambda: correct(head, emergency.id, **FIXED | again))[0] == "kind"
    assert refused(lambda: correct(head, sent_home.id, **FIXED))[0] == "kind", "no way round"


@pytest.mark.parametrize("facts", [{"sexual": "none"}, {"intimate_partner": False}, {"sexual": "unknown"}, {}])
def test_what_is_none_or_not_known_makes_no_matter_of_title_ix(facts: dict[str, Any]) -> None:
    assert not is_title_ix([facts, None])
    assert is_title_ix([facts, {"sexual": "contact"}]), "said of one person of the report"


def test_an_emergency_removal_says_what_it_is_and_counts_as_the_removal_it_is(
    scene: Removing, client_as: Callable[[Any], Any]
) -> None:
    title_ix(scene)
    client = client_as(scene.place.dean)
    form = client.page(f"/incidents/{scene.incident.id}/discipline").text
    assert "This is a Title IX matter." in form and "Safety and risk analysis" in form
    assert "I verified the facts and heard the student" not in form, "nobody questions the student here"
    made = scene.remove(scene.place.actor("dean"), **EMERGENCY)
    page = client.page(f"/discipline/{made}").text
    assert EMERGENCY["analysis"] in page and EMERGENCY["challenge"] in page and "Challenge or appeal" in page
    assert "counted as: Out-of-school suspension." in page and "student heard" not in page
    row = client.page("/discipline").text
    assert "Out-of-school suspension" in row and "mergency" not in row and "analysis" not in row
    assert counts(scene) == ((1, 1), 2)
    told = letter(scene)
    assert "This is an emergency removal. It is not a finding that your child is responsible." in told
    assert f"It can be challenged right away: {EMERGENCY['challenge']}" in told
    assert "Emergency removal · 2 school days" in told and "suspension" not in told
    assert "Title IX" not in told and EMERGENCY["analysis"] not in told and "heard the student" not in told
    head = scene.place.actor("administrator")
    appeal = ask_appeal(Invocation(head, NOW), made, asked_by=AskedBy.STUDENT, asked_name="The student", asked_on=TODAY)
    given = DECIDED | {
        "heard_by": "The principal",
        "outcome": AppealOutcome.REVERSED,
        "decision": "The seats were changed.",
    }
    decide_appeal(Invocation(head, NOW), appeal, **given)
    assert counts(scene) == ((0, 0), 0)


def test_a_suspension_whose_report_becomes_a_matter_of_title_ix_says_so(
    scene: Removing, client_as: Callable[[Any], Any]
) -> None:
    made, sent_home = scene.remove(), scene.remove(kind=DisciplineKind.SENT_HOME, days=1)
    client, words = client_as(scene.place.dean), "This report is a Title IX matter now."
    assert words not in client.page(f"/discipline/{made}").text
    title_ix(scene)
    assert words in client.page(f"/discipline/{made}").text
    assert words not in client.page(f"/discipline/{sent_home}").text
    assert counts(scene) == ((1, 1), 2), "what happened stays counted"


def test_the_letter_has_a_head_and_waits_for_the_reason_of_its_length(
    scene: Removing, client_as: Callable[[Any], Any]
) -> None:
    fresh(scene.place.school).phone = "312-555-0100"
    old = DisciplineActionFactory(
        school_id=scene.place.school.id, student_id=scene.student.id, incident_id=scene.incident.id, starts_on=TODAY
    )
    db.session.commit()
    scene.remove()
    client = client_as(scene.place.dean)

    def shown(action_id: int) -> tuple[str, bool]:
        page = client.page(f"/discipline/{action_id}/notice")
        return page.text, any("reading" in (one.get("class") or "") for one in page.find_all("div"))

    words, whole = shown(old.id)
    assert "on hold" in words and "why the removal lasts this long" in words and not whole
    assert "Not recorded" in client.page(f"/discipline/{old.id}").text
    given = {"length_reason": "One day to plan the return.", "why": "It was missing."}
    assert client.submit(f"/discipline/{old.id}/correct", given, holding="why").status_code == 303
    words, whole = shown(old.id)
    assert "on hold" not in words and whole and "Why it lasts this long: One day to plan the return." in words
    assert words.count("312-555-0100") == 2 and "Missing on this notice: the school’s phone" not in words
    fresh(scene.place.school).phone = ""
    db.session.commit()
    words, whole = shown(old.id)
    assert whole and "the school’s phone" in words and "____" in words


def test_the_letter_says_it_in_spanish(scene: Removing) -> None:
    title_ix(scene)
    scene.remove(**EMERGENCY)
    with force_locale("es"):
        told = notice_for(fresh(scene.actions()[0]), fresh(scene.student), "es", TODAY).text
    assert "exclusión de emergencia" in told and "Se puede impugnar de inmediato" in told
    assert "Por qué dura este tiempo" in told


def test_a_shortened_removal_says_its_length_anew(scene: Removing) -> None:
    made, head = scene.remove(), scene.place.actor("administrator")
    appeal = ask_appeal(Invocation(head, NOW), made, asked_by=AskedBy.GUARDIAN, asked_name="A guardian", asked_on=TODAY)
    given = DECIDED | {
        "heard_by": "The principal",
        "outcome": AppealOutcome.SHORTENED,
        "decision": "The first day was enough.",
        "days": 1,
    }
    decide_appeal(Invocation(head, NOW), appeal, **given)
    assert fresh(scene.actions()[0]).length_reason == ""


def test_by_when_a_student_is_heard(scene: Removing) -> None:
    calendar = school_days(scene.place.school.id)
    friday = date(2026, 11, 20)
    assert hear_by(friday, friday, calendar) == date(2026, 11, 23)
    assert hear_by(friday + timedelta(days=3), friday, calendar) == date(2026, 11, 23)
    assert hear_by(friday, date(2026, 11, 25), calendar) == date(2026, 11, 23), "typed late is heard late"


@pytest.mark.both_databases
def test_no_row_has_an_analysis_without_its_challenge(scene: Removing, session: Any) -> None:
    made = scene.remove()
    with pytest.raises(IntegrityError):
        session.execute(text("update discipline_action set analysis = 'x' where id = :id"), {"id": made})
    session.rollback()
