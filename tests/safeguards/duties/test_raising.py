"""Duties raised by hand, verified, carried out step by step; the dated table; paging; an open duty is never deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.factories.safeguards import LegalDutyFactory, duty_kind
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, LegalDutyStep
from wss_cases.safeguards.duties.duty.queries import PAGE, Wanted, duties_count, duties_page, kinds_in_force, steps_of
from wss_cases.safeguards.duties.duty.raising import raise_duties
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS, raise_by_hand
from wss_cases.safeguards.duties.table import KindText, change_kind, rows_of

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
FIREARM = "firearm_or_gun_threat"


@dataclass
class Place:
    school: Any
    dean: Any
    coordinator: Any
    administrator: Any
    incident: Any

    def by_hand(self, who: str, code: str, **more: Any) -> LegalDuty:
        given = {"code": code, "because": "A student told a teacher.", "aware_at": NOW - timedelta(hours=1)}
        call = Invocation(acting(getattr(self, who)), NOW)
        number = raise_by_hand(call, self.incident.id, **given | {"facts": "due"} | more)
        return db.session.get_one(LegalDuty, number)


@pytest.fixture
def place(session: Any, at: Callable[..., datetime]) -> Place:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    people = [make_user(role, school) for role in (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)]
    return Place(school, *people, make_incident(school))


@pytest.mark.parametrize("who", ["dean", "coordinator", "administrator"])
def test_raised_by_hand_from_when_it_was_known(place: Place, session: Any, who: str) -> None:
    duty = place.by_hand(who, "drug_delivery")
    assert (duty.state, duty.due_at) == (DutyState.DUE, NOW + timedelta(hours=47))
    assert (duty.raised_by_id, duty.raised_because) == (getattr(place, who).id, "A student told a teacher.")
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "duty_raised")).all()
    assert {mail.recipient_id for mail in told} == {place.dean.id, place.administrator.id}
    assert all(mail.at_any_hour for mail in told)
    with unit_of_work(SYSTEM, NOW) as uow:
        raise_duties(uow, uow.session.get_one(type(place.incident), place.incident.id), {})
        uow.audit("test", "incident", place.incident.id)
    assert fresh(duty).still_raised, "routing did not raise it, so routing does not doubt it"


def test_what_is_refused_by_hand(place: Place) -> None:
    place.by_hand("dean", "drug_delivery")
    for field, more in (
        ("code", {}),
        ("because", {"because": " ", "code": FIREARM}),
        ("aware_at", {"aware_at": NOW + timedelta(minutes=1), "code": FIREARM}),
        ("code", {"code": "no_such_duty"}),
    ):
        with pytest.raises(Refused) as refused:
            place.by_hand("coordinator", **{"code": "drug_delivery"} | more)
        assert refused.value.field == field
    stranger = make_user(Role.DEAN, SchoolFactory())
    reporter = make_user(Role.REPORTER, place.school)
    seen = {"code": FIREARM, "because": "Seen.", "aware_at": NOW, "facts": "due"}
    for person in (stranger, reporter):
        with pytest.raises(NotFound):
            raise_by_hand(Invocation(acting(person), NOW), place.incident.id, **seen)


def test_verified_by_somebody_and_the_clock_does_not_start_anew(place: Place, session: Any) -> None:
    duty = place.by_hand("dean", "drug_incident", facts="verify_first")
    assert duty.state is DutyState.VERIFY_FIRST and not duty.was_due
    with pytest.raises(Refused, match="how it was verified"):
        SCHOOL_ACTS["verify"](Invocation(acting(place.dean), NOW, version=duty.version), duty.id, how=" ")
    with pytest.raises(NotFound):
        SCHOOL_ACTS["verify"](Invocation(acting(place.coordinator), NOW, version=duty.version), duty.id, how="Seen.")
    SCHOOL_ACTS["verify"](
        Invocation(acting(place.administrator), NOW, version=duty.version), duty.id, how="The nurse looked."
    )
    duty = fresh(duty)
    assert (duty.state, duty.was_due, duty.verified_how) == (DutyState.DUE, True, "The nurse looked.")
    assert (duty.verified_by_id, duty.verified_at) == (place.administrator.id, NOW)
    assert duty.due_at == NOW - timedelta(hours=1)
    with pytest.raises(Refused, match="does not need verification"):
        SCHOOL_ACTS["verify"](Invocation(acting(place.dean), NOW, version=duty.version), duty.id, how="Again.")
    mails = session.scalars(select(OutboxMessage.dedupe_key).where(OutboxMessage.kind == "duty_raised")).all()
    assert len(mails) == 4, "told when it was raised, and again when it is due"


def close(place: Place, duty: LegalDuty, told: dict[str, Any]) -> int:
    call = Invocation(acting(place.dean), NOW)
    return SCHOOL_ACTS["discharge"](call, duty.id, what_was_done="All were told.", **told)


def test_closed_only_when_every_step_is_recorded(place: Place) -> None:
    duty = place.by_hand("dean", FIREARM)
    told = {"told_whom": "Somebody", "channel": "phone", "done_at": NOW, "reference": "R-1"}
    office, police, guardian = [row.step for row in steps_of(duty)]
    with pytest.raises(Refused, match="The local police"):
        close(place, duty, told)
    dean, record_step = acting(place.dean), SCHOOL_ACTS["step"]
    record_step(Invocation(dean, NOW), duty.id, step_id=office.id, **told)
    with pytest.raises(Refused, match="already recorded"):
        record_step(Invocation(dean, NOW), duty.id, step_id=office.id, **told)
    with pytest.raises(Refused, match="why this step does not apply"):
        record_step(Invocation(dean, NOW), duty.id, step_id=guardian.id, outcome="not_applicable")
    no = {"outcome": "not_applicable", "note": "The person is no student."}
    record_step(Invocation(dean, NOW), duty.id, step_id=guardian.id, **no)
    with pytest.raises(Refused) as refused:
        close(place, duty, told | {"told_whom": " "})
    assert refused.value.field == "told_whom"
    close(place, duty, told)
    assert fresh(duty).state is DutyState.DISCHARGED
    outcomes = [row.record.outcome.value if row.record else None for row in steps_of(duty)]
    assert outcomes == ["done", "done", "not_applicable"]
    assert police.id in db.session.scalars(select(LegalDutyStep.kind_step_id))


def test_steps_that_do_not_apply_close_nothing_alone(place: Place) -> None:
    duty = place.by_hand("dean", FIREARM)
    for row in steps_of(duty):
        no = {"step_id": row.step.id, "outcome": "not_applicable", "note": "Not so."}
        SCHOOL_ACTS["step"](Invocation(acting(place.dean), NOW), duty.id, **no)
    with pytest.raises(Refused, match="a second person reviews"):
        close(place, duty, {"done_at": NOW})
    assert fresh(duty).state is DutyState.DUE


@pytest.mark.both_databases
def test_an_open_duty_is_never_deleted_not_even_by_hand(place: Place) -> None:
    duty = place.by_hand("dean", FIREARM)
    with pytest.raises(DBAPIError, match="never deleted"), db.session.begin_nested():
        db.session.execute(delete(LegalDuty).where(LegalDuty.id == duty.id))
    assert fresh(duty).state is DutyState.DUE


TEXT = KindText(
    "a trigger", "un motivo", "the office", "la oficina", "12 hours", "12 horas", 12, "A new act", True,
    (("The office", "La oficina"), ("The board", "La junta")),
)  # fmt: skip


def test_a_change_of_the_table_is_a_row_from_a_day_on(place: Place, at: Callable[..., datetime]) -> None:
    district = acting(make_user(Role.DISTRICT))
    before = place.by_hand("dean", "drug_delivery")
    kept = duty_kind("drug_delivery")
    for field, day, text in (
        ("starts_on", date(2026, 11, 23), TEXT),
        ("clock_hours", date(2026, 11, 25), replace(TEXT, clock_hours=-1)),
        ("steps_en", date(2026, 11, 25), replace(TEXT, steps=())),
        ("steps_es", date(2026, 11, 25), replace(TEXT, steps=(("One", ""),))),
        ("source", date(2026, 11, 25), replace(TEXT, source=" ")),
    ):
        with pytest.raises(Refused) as refused:
            change_kind(Invocation(district, NOW), "drug_delivery", text, day, kept.id)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        change_kind(Invocation(acting(place.administrator), NOW), "drug_delivery", TEXT, date(2026, 11, 25), kept.id)
    change_kind(Invocation(district, NOW), "drug_delivery", TEXT, date(2026, 11, 25), kept.id)
    with pytest.raises(Refused, match="in the meantime"):
        change_kind(Invocation(district, NOW), "drug_delivery", TEXT, date(2026, 11, 26), kept.id)
    old, new = rows_of("drug_delivery")
    assert (old.id, old.ends_on, old.clock_hours, new.starts_on) == (
        kept.id, date(2026, 11, 24), 48, date(2026, 11, 25),
    )  # fmt: skip
    assert fresh(before).kind_id == kept.id and fresh(before).due_at == NOW + timedelta(hours=47)
    assert [row.step.whom_en for row in steps_of(before)] == ["The police"]
    assert kinds_in_force(["drug_delivery"], date(2026, 11, 24))["drug_delivery"].id == old.id
    later = at("2026-11-25 09:00")
    other = make_incident(place.school)
    seen = {"code": "drug_delivery", "because": "Seen.", "aware_at": later, "facts": "due"}
    number = raise_by_hand(Invocation(acting(place.dean), later), other.id, **seen)
    raised = db.session.get_one(LegalDuty, number)
    assert (raised.kind_id, raised.due_at) == (new.id, later + timedelta(hours=12))


def test_the_table_on_its_pages(place: Place, client_as: Callable[[Any], Any]) -> None:
    district = client_as(make_user(Role.DISTRICT))
    shown = district.page("/duties/table").text
    assert "Needs legal review" in shown and "105 ILCS 127/2" in shown
    values = {"starts_on": "2026-12-01", "clock_hours": "12", "confirmed": "no", "source": "A new act"}
    answer = district.submit("/duties/table/drug_delivery", values | {"steps_es": ""})
    assert answer.status_code == 400 and "A new act" in answer.get_data(as_text=True)
    assert district.submit("/duties/table/drug_delivery", values).status_code == 303
    assert "Upcoming" in district.page("/duties/table").text
    assert "A new act" in client_as(place.dean).page("/duties/table").text


def test_pages_of_duties_miss_none_and_repeat_none(place: Place) -> None:
    dues = [NOW, NOW, NOW - timedelta(hours=5), None]
    kinds = {"clear_and_present_danger": 24, "title_ix_contact": 0, "bullying_yearly": None}
    for number in range(2 * PAGE + 7):
        incident = place.incident if number < 3 else make_incident(place.school)
        code = list(kinds)[number % 3]
        due_at = None if kinds[code] is None else dues[number % 4] or NOW + timedelta(hours=number)
        state = DutyState.VERIFY_FIRST if number % 5 == 0 else DutyState.DUE
        LegalDutyFactory(incident_id=incident.id, school_id=place.school.id, code=code, due_at=due_at, state=state)
    dean = acting(place.dean)
    for wanted in (Wanted(), Wanted(place.school.id), Wanted(state=DutyState.VERIFY_FIRST), Wanted(overdue=True)):
        seen: list[int] = []
        after = None
        while True:
            rows = duties_page(dean, wanted, NOW, after)
            seen += [row.duty.id for row in rows[:PAGE]]
            if len(rows) <= PAGE:
                break
            after = seen[-1]
        assert len(seen) == len(set(seen)) == duties_count(dean, wanted, NOW) > 0
    assert duties_count(acting(make_user(Role.DEAN, SchoolFactory())), Wanted(), NOW) == 0


def test_raised_from_the_report_and_verified_on_the_page(place: Place, client_as: Callable[[Any], Any]) -> None:
    client = client_as(place.dean)
    address = f"/incidents/{place.incident.id}"
    assert "Raise a legal duty" in client.page(address).text
    values = {"code": FIREARM, "because": "A photo was shown.", "facts": "verify_first"}
    refused = client.submit(f"{address}/duties/new", values | {"because": ""})
    assert refused.status_code == 400 and "Write what made you think so." in refused.get_data(as_text=True)
    assert client.submit(f"{address}/duties/new", values).status_code == 303
    again = client.submit(f"{address}/duties/new", values)
    assert again.status_code == 400 and "A photo was shown." in again.get_data(as_text=True)
    [duty] = db.session.scalars(select(LegalDuty)).all()
    assert "A photo was shown." in client.page(f"/duties/{duty.id}").text
    assert client.submit(f"/duties/{duty.id}/verify", {"how": "The photo was seen."}).status_code == 303
    assert "The photo was seen." in client.page(f"/duties/{duty.id}").text
    assert client.page("/duties?state=verify_first").text.count("No legal duties match.") == 1
