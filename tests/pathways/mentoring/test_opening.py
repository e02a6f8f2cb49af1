"""Support without an incident: the reason and the agreement it needs, who sees it, and that nothing counts it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from tests.cases.making import actor_for, make_user
from tests.factories.roster import StudentFactory
from tests.pathways.mentoring.making import TODAY, make_mentored
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import UserAccount
from wss_cases.api.v1.pages import for_few
from wss_cases.cases.case.models import Case, CaseIncident, CaseOrigin
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to as follow_ups_visible
from wss_cases.followups.making import make
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.mentoring.opening import AgreedHow, AgreedWho, Because, SupportStart, is_adult, open_support
from wss_cases.roster.directory.models import Guardian, GuardianLimit, School, StudentGuardian
from wss_cases.roster.directory.rules import Restriction
from wss_cases.routing.engine.vocabulary import Kind


@pytest.fixture
def made(session, at):
    at("2026-11-24 10:00")
    return make_mentored()


@pytest.fixture
def student(made):
    return StudentFactory(school=made.world.school, given_name="Ines", family_name="Vega", birth_date=date(2012, 1, 1))


@pytest.fixture
def guardian(student):
    row = Guardian(sourced_id="g-support", name="Ana Vega", phone="312 555 0101", email="")
    db.session.add(row)
    db.session.flush()
    db.session.add(StudentGuardian(student_id=student.id, guardian_id=row.id, relation="mother", is_primary=True))
    db.session.commit()
    return row


def support(guardian=None, **values):
    given = {
        "kind": Kind.CHECK_IN_CHECK_OUT, "because": Because.ROUTINE, "why": "Starts the day calmly with an adult.",
        "agreed_who": AgreedWho.GUARDIAN, "guardian_id": guardian.id if guardian else None,
        "agreed_how": AgreedHow.PHONE, "agreed_on": TODAY,
    }  # fmt: skip
    return given | values


def opened(made, student, guardian, **values):
    return open_support(Invocation(made.actor, clock.now()), student.id, **support(guardian, **values))


def test_it_opens_from_the_students_page(made, student, guardian, client_as):
    client = client_as(made.world.coordinator)
    assert f"/students/{student.id}/support" in client.get(f"/students/{student.id}").text
    values = {"kind": "check_in_check_out", "because": "routine", "why": "", "agreed_who": "guardian"}
    values |= {"guardian_id": "", "agreed_how": "phone", "agreed_on": "2026-11-24"}
    refused = client.submit(f"/students/{student.id}/support", values)
    assert refused.status_code == 400 and "Enter the reason in a sentence" in refused.text
    values |= {"why": "A calm start.", "guardian_id": str(guardian.id)}
    done = client.submit(f"/students/{student.id}/support", values)
    assert done.status_code == 303 and "/pathways/" in done.headers["Location"]
    page = client.page(done.headers["Location"]).text
    assert all(words in page for words in ("Support without an incident", "A calm start.", "Ana Vega · By phone"))
    start = db.session.scalars(select(SupportStart)).one()
    assert (start.agreed_name, start.agreed_how, start.why) == ("Ana Vega", AgreedHow.PHONE, "A calm start.")
    told = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "support.started")).one()
    assert (
        sentence(told)
        == "Opened without an incident: A steady start and end of the day. Family agreed: By phone, Tue, Nov 24, 2026"
    )


def test_no_incident_no_prior(made, student, guardian):
    before = db.session.scalar(select(func.count()).select_from(CaseIncident))
    row = db.session.get_one(Pathway, opened(made, student, guardian))
    assert row.case.harm_kind == CaseOrigin.SUPPORT and row.case.lead_id == made.actor.user_id
    assert db.session.scalar(select(func.count()).select_from(CaseIncident)) == before
    parts = select(func.count()).where(IncidentPerson.student_id == student.id)
    assert db.session.scalar(parts) == 0
    told_to_others = select(Case.id).where(Case.id == row.case_id, ~for_few())
    assert db.session.scalar(told_to_others) is None


def test_what_is_refused(made, student, guardian):
    limit = GuardianLimit(student_id=student.id, guardian_id=guardian.id)
    tries = (
        ({"why": "  "}, "Enter the reason in a sentence"),
        ({"guardian_id": None}, "Choose who agreed"),
        ({"guardian_id": guardian.id + 99}, "Not a valid choice"),
        ({"agreed_on": date(2026, 11, 25)}, "today or an earlier day"),
        ({"agreed_who": AgreedWho.STUDENT, "guardian_id": None}, "18 or older"),
    )
    for values, words in tries:
        with pytest.raises(Refused, match=words):
            opened(made, student, guardian, **values)
    with pytest.raises(Refused, match="Not a valid choice"):
        opened(made, student, guardian, kind=Kind.TALKING_CIRCLE)
    opened(made, student, guardian)
    with pytest.raises(Refused, match="has this already"):
        opened(made, student, guardian)
    limit.restriction, limit.restricted_on = Restriction.NO_CONTACT, TODAY
    db.session.add(limit)
    db.session.commit()
    with pytest.raises(Refused, match="Not a valid choice"):
        opened(made, student, guardian, kind=Kind.ONE_TO_ONE)


def test_who_sees_it(made, student, guardian, client_as):
    number, coordinator = student.id, made.world.coordinator.id
    row = db.session.get_one(Pathway, opened(made, student, guardian))
    school = db.session.get_one(School, row.school_id)
    people = [make_user(school, Role.DEAN).id, make_user(school, Role.ADMINISTRATOR).id, coordinator]
    with unit_of_work(made.actor, clock.now()) as uow:
        follow_up = make(
            uow, kind="other", due_on=TODAY, title="Ask how it goes",
            school_id=row.school_id, owner_id=made.actor.user_id, case_id=row.case_id,
        ).id  # fmt: skip
    row = db.session.scalars(select(Pathway).where(Pathway.kind == Kind.CHECK_IN_CHECK_OUT)).one()
    case_id, pathway_id, reference = row.case_id, row.id, row.case.reference
    for user_id, status in zip(people, (404, 200, 200), strict=True):
        client = client_as(db.session.get_one(UserAccount, user_id))
        assert client.get(f"/cases/{case_id}/pathways/{pathway_id}").status_code == status
        assert client.get(f"/cases/{case_id}").status_code == status
        assert (reference in client.page(f"/students/{number}").text) == (status == 200)
        assert client.get(f"/students/{number}/support").status_code == (200 if user_id == coordinator else 404)
    for user_id, sees in zip(people, (False, True, True), strict=True):
        actor = actor_for(db.session.get_one(UserAccount, user_id))
        for model, narrowed, record, permission in (
            (Case, cases_visible, case_id, Permission.CASE_READ),
            (Pathway, pathways_visible, pathway_id, Permission.CASE_WORK),
            (FollowUp, follow_ups_visible, follow_up, Permission.FOLLOWUP_READ),
        ):
            assert can(actor, permission, db.session.get_one(model, record)) is sees, (user_id, model)
            for live in (False, True):
                found = db.session.scalar(narrowed(select(model.id).where(model.id == record), actor, live=live))
                assert (found is not None) is sees, (user_id, model, live)


def test_adult_pure():
    assert is_adult(date(2008, 11, 24), TODAY) and not is_adult(date(2008, 11, 25), TODAY) and not is_adult(None, TODAY)
