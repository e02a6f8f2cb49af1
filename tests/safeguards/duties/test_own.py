"""A mandated-reporter duty: that adult and the administrator see it; others see no change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, CaseIncidentFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.pages.reading import forms
from wss_cases.access.actor import CASE_TEAM, SYSTEM, Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.delivery.messages import compose
from wss_cases.safeguards.duties.clocks import sweep_clocks
from wss_cases.safeguards.duties.duty import pages as duty_pages
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, LegalDutyStep, Raised
from wss_cases.safeguards.duties.duty.queries import Wanted, duties_of, duties_page, steps_of
from wss_cases.safeguards.duties.duty.raising import raise_duties
from wss_cases.safeguards.duties.pages import OWN_ACTS, SCHOOL_ACTS, raise_own

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
CODE = "child_abuse_or_neglect"
LABEL = "Possible abuse or neglect"
NAMED = re.compile(f"{LABEL}|{CODE}|mandated-reporter duty of an adult is open")
LOOK = Permission.OWN_DUTY_LOOK
SECRETS = re.compile(r'value="[^"]{20,}"')


@dataclass
class Place:
    school: Any
    people: dict[str, Any]
    incident: Any
    case: Any

    def raise_own(self, who: str = "reporter") -> LegalDuty:
        given = {"because": "A bruise, and what was said of it.", "aware_at": NOW}
        number = raise_own(Invocation(acting(self.people[who]), NOW), self.incident.id, **given)
        return db.session.get_one(LegalDuty, number)


@pytest.fixture
def place(session: Any, at: Callable[..., datetime]) -> Place:
    """A report with its case, and people of every role in its school and in another."""
    at("2026-11-24 11:00")
    school, other = SchoolFactory(), SchoolFactory()
    people = {role.value: make_user(role, school) for role in (Role.REPORTER, *CASE_TEAM)}
    people["colleague"] = make_user(Role.REPORTER, school)
    people |= {f"other {role.value}": make_user(role, other) for role in (Role.REPORTER, *CASE_TEAM)}
    people |= {role.value: make_user(role) for role in (Role.DISTRICT, Role.SYSADMIN, Role.AUDITOR)}
    student = StudentFactory(school=school)
    incident = make_incident(school, [student], reporter_id=people["reporter"].id)
    case = CaseFactory(school_id=school.id, lead_id=people["coordinator"].id)
    CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
    return Place(school, people, incident, case)


def addresses(report: str, case: str, duty_id: int) -> list[str]:
    """Every page that names duties, or counts them, or what a duty would push aside."""
    review = report.replace("incidents", "review")
    return [
        *("/duties", "/duties/own", f"/duties/{duty_id}", f"/duties/own/{duty_id}", "/my-day", "/desk"),
        *("/review", review, "/incidents", report, f"{report}/discipline", f"{report}/police-notification"),
        *("/cases", case, f"{case}/close", f"{case}/print", "/outcomes", "/audit"),
    ]


def seen(client: Any, pages: list[str]) -> dict[str, tuple[int, str]]:
    found = {}
    for page in pages:
        answer = client.get(page)
        found[page] = (answer.status_code, SECRETS.sub("", answer.get_data(as_text=True)))
    return found


MAY = ("reporter", "administrator")


def test_to_all_others_nothing_changes_on_any_page(place: Place, client_as: Callable[[Any], Any]) -> None:
    clients = {name: client_as(person) for name, person in place.people.items()}
    report, case = f"/incidents/{place.incident.id}", f"/cases/{place.case.id}"
    pages = addresses(report, case, 1)
    before = {name: seen(client, pages) for name, client in clients.items()}
    duty = place.raise_own()
    assert sweep_clocks(NOW + timedelta(hours=1)) > 0, "it reaches the administrator"
    number = duty.id
    pages = addresses(report, case, number)
    for name, client in clients.items():
        if name in MAY:
            continue
        after = seen(client, pages)
        for page, was in zip(pages, before[name].values(), strict=True):
            if page != "/audit":
                assert after[page] == was or after[page][0] == was[0] == 404, f"{name} learns of it at {page}"
            assert not NAMED.search(after[page][1]), f"{name} reads of it at {page}"
    for name in MAY:
        after = seen(clients[name], pages)
        assert after[f"/duties/{number}"][0] == 404, "no page of the school's duties has it, for anybody"
        named = {page for page, (_status, text) in after.items() if LABEL in text}
        assert named == {"/duties/own", f"/duties/own/{number}", report}
        assert "mandated-reporter duty of an adult is open" in after["/my-day"][1]


def test_nothing_of_it_is_written_where_others_read(place: Place, session: Any, at: Callable[..., datetime]) -> None:
    duty = place.raise_own()
    reporter, administrator = acting(place.people["reporter"]), acting(place.people["administrator"])
    sweep_clocks(later := at("2026-11-24 12:00"))
    OWN_ACTS["not_applicable"](Invocation(reporter, NOW), duty.id, reason="It was paint.")
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.object_type == "legal_duty")).all()
    assert {mail.recipient_id for mail in mails} == {reporter.user_id, administrator.user_id}
    for mail in mails:
        said = compose(mail, later)
        assert said is not None
        assert not re.search("abuse|neglect|DCFS|paint|bruise", str(said), re.IGNORECASE)
    told = session.scalars(select(TimelineEntry).where(TimelineEntry.subject_type == "legal_duty")).all()
    assert len(told) == 3 and all(entry.case_id is None and not entry.data for entry in told)
    noted = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "legal_duty")).all()
    assert len(noted) >= 3
    assert not re.search("abuse|paint|bruise", json.dumps([entry.changes for entry in noted]))
    assert duties_of(place.incident.id) == [] and duties_page(administrator, Wanted(), None) == []


def test_the_person_records_it_themselves(place: Place) -> None:
    duty = place.raise_own()
    hotline, confirmation = [row.step for row in steps_of(duty)]
    told = {"told_whom": "The hotline", "channel": "phone", "done_at": NOW, "reference": "D-77"}
    for name, person in place.people.items():
        if name != "reporter":
            for acts in (OWN_ACTS, SCHOOL_ACTS):
                with pytest.raises(NotFound):
                    acts["step"](Invocation(acting(person), NOW), duty.id, step_id=hotline.id, **told)
    reporter = acting(place.people["reporter"])
    OWN_ACTS["step"](Invocation(reporter, NOW), duty.id, step_id=hotline.id, **told)
    written = {"told_whom": "DCFS", "channel": "mail", "done_at": NOW}
    OWN_ACTS["discharge"](Invocation(reporter, NOW), duty.id, what_was_done="Called, then written.", **written)
    assert fresh(duty).state is DutyState.DISCHARGED
    steps = db.session.scalars(select(LegalDutyStep).order_by(LegalDutyStep.id)).all()
    assert [(step.kind_step_id, step.reference) for step in steps] == [(hotline.id, "D-77"), (confirmation.id, "")]


def test_only_the_administrator_takes_the_second_look(place: Place) -> None:
    duty = place.raise_own()
    reporter = acting(place.people["reporter"])
    OWN_ACTS["not_applicable"](Invocation(reporter, NOW), duty.id, reason="It was paint.")
    for name, person in place.people.items():
        if name != "administrator":
            with pytest.raises(NotFound):
                duty_pages.take_second_review(Invocation(acting(person), NOW), duty.id, agrees=True, permission=LOOK)
    administrator = acting(place.people["administrator"])
    duty_pages.take_second_review(Invocation(administrator, NOW), duty.id, agrees=True, permission=LOOK)
    assert fresh(duty).state is DutyState.NOT_APPLICABLE
    own = place.raise_own("administrator")
    OWN_ACTS["not_applicable"](Invocation(administrator, NOW), own.id, reason="No.")
    with pytest.raises(Refused, match="second person"):
        duty_pages.take_second_review(Invocation(administrator, NOW), own.id, agrees=True, permission=LOOK)


def test_each_adult_has_their_own(place: Place) -> None:
    dean = acting(place.people["dean"])
    with unit_of_work(dean, NOW) as uow:
        incident = uow.session.get_one(type(place.incident), place.incident.id)
        raise_duties(uow, incident, {CODE: Raised(DutyState.DUE, ("D5",))})
    owners = sorted(db.session.scalars(select(LegalDuty.owner_id)))
    assert owners == sorted((place.people["reporter"].id, place.people["dean"].id))
    with pytest.raises(Refused, match="is already open"):
        place.raise_own("dean")
    assert place.raise_own("coordinator").turn == 3
    with unit_of_work(SYSTEM, NOW) as uow:
        incident = uow.session.get_one(type(place.incident), place.incident.id)
        raise_duties(uow, incident, {CODE: Raised(DutyState.DUE, ("D5",))})
        uow.audit("test", "incident", incident.id)
    assert len(db.session.scalars(select(LegalDuty.id)).all()) == 3
    with pytest.raises(NotFound):
        place.raise_own("colleague")


def test_from_the_report_to_the_hotline_on_the_pages(place: Place, client_as: Callable[[Any], Any]) -> None:
    reporter, administrator = (client_as(place.people[who]) for who in MAY)
    address = f"/incidents/{place.incident.id}/duties/own"
    assert reporter.submit(address, {"because": " "}).status_code == 400
    assert reporter.submit(address, {"because": "What the student said."}).status_code == 303
    own = f"/duties/own/{db.session.scalars(select(LegalDuty.id)).one()}"
    assert "What the student said." in reporter.page(own).text
    told = {"outcome": "done", "told_whom": "The hotline", "channel": "phone", "reference": "D-77"}
    assert reporter.submit(f"{own}/steps/1", told).status_code == 303
    assert "D-77" in administrator.page(own).text
    assert administrator.get(f"{own}/discharge").status_code == 404
    assert reporter.submit(f"{own}/not-applicable", {"reason": "It was paint."}).status_code == 303
    shown = administrator.page(own)
    [agree] = [form for form in forms(shown.find_all("main")[0]) if form.values().get("agrees") == ["1"]]
    sent = {name: values[0] for name, values in agree.values().items()}
    assert administrator.post(f"{own}/second-look", data=sent).status_code == 303
    assert "It was paint." in reporter.page(own).text
    assert "None open." not in reporter.page("/duties/own").text
