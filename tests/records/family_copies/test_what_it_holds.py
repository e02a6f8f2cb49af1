"""What a copy of a record tells the family: its own, and no form of any other child's name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StudentFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.records.family_copies.making import Here
from tests.roster.names.planted import CHILDREN, Planted, planted
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.models import CaseNote
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Addendum
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper
from wss_cases.pathways.common.models import PathwayState
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy

PRINTED = "a coordinator prints the copy"


def seen(here: Here, client: Any, row: FamilyRelease, kept: FamilyReleaseCopy) -> list[str]:
    """Return what anybody gets to see of a copy that was released, and what the database says of it."""
    pages = [
        client.get(f"/family-copies/{row.id}/copy"),
        client.get(f"/family-copies/{row.id}/copy?paper=1"),
        client.get(f"/students/{here.student.id}/family-copies"),
    ]
    return [
        kept.text,
        *(page.text for page in pages),
        *(str(page.headers) for page in pages),
        *(str(mail.__dict__) for mail in db.session.scalars(select(OutboxMessage))),
        *(str(entry.changes) for entry in db.session.scalars(select(AuditEntry))),
        *(str(entry.data) for entry in db.session.scalars(select(TimelineEntry))),
    ]


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("wss")]


def test_every_form_of_every_other_child_is_gone_from_what_was_released(
    here: Here, client_as: Callable[[Any], Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rng = Random(11)
    wanted: list[Planted] = []
    for at, (given, family, preferred) in enumerate(CHILDREN):
        other = StudentFactory(
            school=here.school, given_name=given, family_name=family, preferred_given_name=preferred,
            student_number=f"S-{4100200 + at}",
        )  # fmt: skip
        IncidentPersonFactory(incident_id=here.incident.id, student_id=other.id)
        wanted += planted((given, family, preferred, other.student_number), rng)
    assert len(wanted) > 800
    author = here.coordinator.id
    for start in range(0, len(wanted), 8):
        words = "\n\n".join(one.text for one in wanted[start : start + 8])
        db.session.add(Addendum(incident_id=here.incident.id, author_id=author, at=clock.now(), text=words))
    db.session.commit()
    row = here.handed(here.ask(note="With the kindness of the school."))
    kept = here.release(row)
    everything = "\n".join([*seen(here, client_as(here.administrator), row, kept), *logged(caplog)])
    # what stands alone, a space before and after, so that a short name inside a word is none
    spaced = f" {''.join(c if c.isalnum() else ' ' for c in everything)} "
    for one in wanted:
        form = one.form.removesuffix("'s").removesuffix("’s")
        told = "".join(c if c.isalnum() else " " for c in form)
        gone = f" {told} " not in spaced if told.strip() else form not in everything
        assert gone or len(form) < 3, (one.way, form)
    assert "another student" in kept.text
    assert "With the kindness" in kept.text


def test_a_copy_holds_the_students_own_record_and_nothing_of_others(here: Here) -> None:
    case = CaseFactory(school_id=here.school.id, lead_id=here.coordinator.id)
    CaseIncidentFactory(case_id=case.id, incident_id=here.incident.id)
    for one in (here.student, here.others[0]):
        CaseParticipantFactory(case_id=case.id, student_id=one.id)
    db.session.add(CaseNote(case_id=case.id, author_id=here.coordinator.id, at=clock.now(), text="Staff only canary"))
    for student, reason in ((here.student, "Own reason"), (here.others[0], "Canary of another")):
        DisciplineActionFactory(
            school_id=here.school.id, incident_id=here.incident.id, student_id=student.id, reason=reason
        )
    here.incident.people[1].family_text = "Canary for the other family"
    db.session.commit()
    told = here.release(here.handed(here.ask())).text
    assert "Own reason" in told and case.reference in told
    assert "anary" not in told
    bare = here.release(here.handed(here.ask(parts=()))).text
    assert "Own reason" not in bare and "friend ran" not in bare


def test_the_family_gets_what_its_administrators_do_not_learn(here: Here, client_as: Callable[[Any], Any]) -> None:
    case = CaseFactory(school_id=here.school.id, lead_id=here.coordinator.id)
    CaseIncidentFactory(case_id=case.id, incident_id=here.incident.id)
    person = CaseParticipantFactory(case_id=case.id, student_id=here.student.id)
    hung = {"case_id": case.id, "school_id": here.school.id, "participant_id": person.id}
    need, _other = (PathwayFactory(kind=kind, **hung) for kind in ("housing_basic_needs", "family_support"))
    PathwayFactory(kind="one_to_one", state=PathwayState.DECLINED, started_on=date(2026, 11, 2), **hung)
    db.session.commit()
    readers = (client_as(here.coordinator), True), (client_as(here.administrator), False)
    administrator_id, school_id = here.administrator.id, here.school.id
    row = here.handed(here.ask())
    need.state = PathwayState.ACTIVE  # and nobody is told that a line of it changed
    db.session.commit()
    here.release(row)
    for address in ("", "/release", "/copy", "/copy?paper=1"):
        for client, knows in readers:
            answer = client.get(f"/family-copies/{row.id}{address}", follow_redirects=True)
            closed = (address == "/copy?paper=1" and not knows) or (address == "/release" and knows)
            assert (answer.status_code == 404) is closed, address
            shown = ["Basic needs" in answer.text, "Family support" in answer.text, PRINTED in answer.text]
            assert closed or shown == [knows, True, not knows], address
    draft = f"/family-copies/{here.ask().id}"
    release_page = f"/family-copies/{here.handed(here.ask()).id}/release"
    for address in (draft, release_page):
        page = client.page(address).text
        assert "Basic needs" not in page and "Family support" in page and PRINTED in page
    whole = client_as(here.coordinator).page(draft).text
    assert "Basic needs support" in whole
    assert "Someone chose to stop" in whole and "Declined" not in whole, "as the pathway's page says it"
    plain = here.handed(here.ask(parts=()))
    here.release(plain)
    assert client.get(f"/family-copies/{plain.id}/copy?paper=1").status_code == 200, "one without cases tells of none"
    both = {"user_id": administrator_id, "school_id": school_id, "starts_on": date(2026, 11, 1)}
    db.session.add(RoleGrant(role=Role.COORDINATOR, **both))
    db.session.commit()
    assert "Basic needs support" in client.page(release_page).text, "to a coordinator"


def test_who_helped_to_keep_a_circle_is_taken_out_of_anothers_copy(here: Here) -> None:
    case = CaseFactory(school_id=here.school.id, lead_id=here.coordinator.id)
    CaseIncidentFactory(case_id=case.id, incident_id=here.incident.id)
    CaseParticipantFactory(case_id=case.id, student_id=here.student.id)
    circle = PathwayFactory(case_id=case.id, school_id=here.school.id)
    helper = StudentFactory(given_name="Quillon", family_name="Vane")  # who goes to another school now
    here.incident.narrative = "Then Quillon calmed them down."
    db.session.commit()
    assert "Quillon" in here.release(here.handed(here.ask())).text, "a first name of no one around here"
    db.session.add(
        CircleOutsideKeeper(
            pathway_id=circle.id, case_id=case.id, school_id=here.school.id, student_id=helper.id, name="",
            adult_id=here.coordinator.id, added_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    told = here.release(here.handed(here.ask())).text
    assert "Quillon" not in told and "calmed them down" in told
    assert case.reference in told
