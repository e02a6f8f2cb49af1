"""Clocks in hours: they remind before they end, and reach somebody else when they ran out, at any hour, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting
from tests.factories.incidents import make_incident
from tests.factories.roster import StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from tests.followups.reminders.making import At, Place, make_place
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseIncident
from wss_cases.followups.reminders.rules import Why
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.mail.delivery.messages import compose
from wss_cases.mail.delivery.queue import deliver
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, late_reaches, warns_at
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS

SOON, OVER = "duty.clock_ends", "duty.clock_over"
DAY_CLOCK, AT_ONCE, NO_HOURS = "clear_and_present_danger", "title_ix_contact", "bullying_yearly"
SATURDAY_NIGHT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 22:00 in Chicago


def duty(
    place: Place, code: str, raised: datetime, hours: int | None, lead: str | None = "lead", **more: Any
) -> LegalDuty:
    """Raise a duty of a report, with its case unless nobody leads one."""
    report = make_incident(place.school, [StudentFactory(school=place.school)], state=IncidentState.ROUTED)
    if lead:
        db.session.add(CaseIncident(case_id=place.case(lead).id, incident_id=report.id))
    due_at = None if hours is None else raised + timedelta(hours=hours)
    values = {"raised_at": raised, "due_at": due_at, "code": code} | more
    made: LegalDuty = LegalDutyFactory(school_id=place.school.id, incident_id=report.id, **values)
    return made


TABLE: dict[str, tuple[str, int | None, dict[str, Any], list[tuple[int, set[str]]]]] = {
    # minutes after it was raised: who is told what
    "a day's clock": (DAY_CLOCK, 24, {}, [
        (17 * 60 + 59, set()),
        (18 * 60, {f"dean {SOON}", f"admin {SOON}"}),
        (23 * 60 + 59, set()),
        (24 * 60, set()),
        (24 * 60 + 1, {f"admin {OVER}", f"lead {OVER}"}),
        (90 * 60, set()),
    ]),
    "at once": (AT_ONCE, 0, {}, [(14, set()), (15, set()), (16, {f"admin {OVER}", f"lead {OVER}"}), (60, set())]),
    "at once, to be verified first": (AT_ONCE, 0, {"state": DutyState.VERIFY_FIRST}, [(16, set()), (600, set())]),
    "nobody leads a case of it": (DAY_CLOCK, 24, {"lead": None}, [
        (18 * 60, {f"dean {SOON}", f"admin {SOON}"}),
        (24 * 60 + 1, {f"admin {OVER}", f"owner {OVER}", f"lead {OVER}", f"other {OVER}"}),
    ]),
    "its lead must act on it anyway": (DAY_CLOCK, 24, {"lead": "dean"}, [
        (24 * 60 + 1, {
            f"dean {SOON}", f"admin {SOON}", f"admin {OVER}", f"owner {OVER}", f"lead {OVER}", f"other {OVER}",
        }),
    ]),
    "a clock in other words than hours": (NO_HOURS, None, {}, [(1000 * 60, set())]),
}  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.parametrize("name", TABLE)
def test_who_is_told_when(session: Any, at: At, name: str) -> None:
    code, hours, more, moments = TABLE[name]
    place = make_place()
    number = duty(place, code, SATURDAY_NIGHT, hours, **more).id
    for minutes, expected in moments:
        now = SATURDAY_NIGHT + timedelta(minutes=minutes)
        wall = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        told = {words for words in place.sweep(at(wall, "UTC")) if not words.endswith(" summary")}
        assert (minutes, told) == (minutes, expected)
    assert db.session.get_one(LegalDuty, number).version == 1, "whoever fills in its form is not disturbed"


@pytest.mark.both_databases
def test_a_sweep_is_sent_on_a_sunday_night_and_says_why(
    session: Any, app: Any, at: At, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path))
    place = make_place()
    number = duty(place, DAY_CLOCK, SATURDAY_NIGHT, 24).id
    now = at("2026-11-22 22:01")
    assert place.sweep(now) == {f"dean {SOON}", f"admin {SOON}", f"admin {OVER}", f"lead {OVER}"}
    late = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == OVER, OutboxMessage.recipient_id == place.ids["lead"])
    ).one()
    said = str(compose(late, now))
    assert "you lead the case or plan it belongs to" in said and "The clock of a legal duty ran out" in said
    assert deliver(now)["sent"] == 4
    [entry] = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "duty.escalated"))
    assert (entry.subject_id, entry.case_id) == (number, place.case("lead").id)
    assert place.people["lead"].name in entry.data["to"]
    [noted] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "duty.escalated"))
    assert noted.object_id == number


def test_what_was_carried_out_reminds_nobody(session: Any, at: At) -> None:
    place = make_place()
    done, queued = (duty(place, DAY_CLOCK, SATURDAY_NIGHT, 24).id for _ in range(2))
    now = at("2026-11-22 15:00")
    dean = acting(place.people["dean"])

    def carry_out(number: int) -> None:
        told = {"told_whom": "The portal", "channel": "portal", "done_at": now}
        SCHOOL_ACTS["discharge"](Invocation(dean, now), number, what_was_done="Told", **told)

    carry_out(done)
    assert place.sweep(at("2026-11-22 16:00")) == {f"dean {SOON}", f"admin {SOON}"}
    carry_out(queued)
    assert deliver(at("2026-11-22 16:01")) == {"sent": 0, "retry": 0, "failed": 0}
    assert place.sweep(at("2026-11-22 23:00")) == set()


@pytest.mark.parametrize(
    ("hours", "before"), [(24, 6 * 60), (48, 12 * 60), (72, 12 * 60), (1, 15), (0, None), (None, None)]
)
def test_when_a_clock_warns(hours: int | None, before: int | None) -> None:
    found = warns_at(SATURDAY_NIGHT, hours)
    assert found == (None if before is None else SATURDAY_NIGHT - timedelta(minutes=before))
    assert warns_at(None, hours) is None


def test_whom_a_late_clock_reaches() -> None:
    team = {Role.DEAN: {1}, Role.ADMINISTRATOR: {2}, Role.COORDINATOR: {3, 4}}
    assert late_reaches(3, team) == {2: Why.ADMINISTERS, 3: Why.LEADS}
    assert late_reaches(1, team) == {2: Why.ADMINISTERS, 3: Why.NEXT, 4: Why.NEXT}
    assert late_reaches(None, {Role.DEAN: {1}}) == {}
