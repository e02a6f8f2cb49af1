"""A copy of a record for the family: asked for, looked through, released by a second person, kept for good."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory
from tests.factories.safeguards import DisciplineActionFactory, LegalDutyFactory
from tests.roster.names.planted import CHILDREN, Planted, planted
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.models import CaseNote
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry, Disclosure, OutboxMessage, TimelineEntry
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper
from wss_cases.pathways.common.states import PathwayState
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy
from wss_cases.records.family_copies.copy.queries import draft_of
from wss_cases.records.family_copies.copy.states import Manner, Part, ReleaseState
from wss_cases.records.family_copies.draft.actions import MAIL, Decision, decide, hand_on, release
from wss_cases.records.family_copies.request.actions import Asked, ask, withdraw
from wss_cases.roster.directory.models import Student

ALL = tuple(Part)
PRINTED = "a coordinator prints the copy"


@dataclass
class Here:
    """A school, its people, a student with a guardian, and a report with two other children in it."""

    school: Any
    coordinator: Any
    administrator: Any
    student: Any
    guardian: Any
    others: list[Any]
    incident: Any

    def asked(self, **more: Any) -> Asked:
        values: dict[str, Any] = {
            "who": str(self.guardian.id), "asked_on": date(2026, 11, 23), "purpose": "A meeting",
            "language": "en", "reports": [self.incident.id], "parts": ALL, "orders_checked": True,
        }  # fmt: skip
        return Asked(**(values | more))

    def ask(self, **more: Any) -> FamilyRelease:
        made = ask(Invocation(acting(self.coordinator), clock.now()), self.student.id, self.asked(**more))
        return db.session.get_one(FamilyRelease, made)

    def decided(self, row: FamilyRelease) -> FamilyRelease:
        decide(Invocation(acting(self.coordinator), clock.now()), row.id, {}, [], the_rest=True)
        return db.session.get_one(FamilyRelease, row.id)

    def handed(self, row: FamilyRelease) -> FamilyRelease:
        hand_on(Invocation(acting(self.coordinator), clock.now()), self.decided(row).id)
        return db.session.get_one(FamilyRelease, row.id)

    def release(self, row: FamilyRelease, user: Any = None) -> FamilyReleaseCopy:
        release(
            Invocation(acting(user or self.administrator), clock.now()),
            row.id,
            manner=Manner.IN_PERSON,
            identity="Known here",
        )
        return db.session.scalars(select(FamilyReleaseCopy).where(FamilyReleaseCopy.release_id == row.id)).one()


@pytest.fixture
def here(session: Any, at: Callable[..., Any]) -> Here:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    student = StudentFactory(school=school, given_name="Marisol", family_name="Tenorio")
    others = [
        StudentFactory(school=school, given_name="William", family_name="O'Brien"),
        StudentFactory(school=school, given_name="Ximena", family_name="Ñáñez"),
    ]
    guardian = GuardianFactory(name="Rosa Tenorio")
    StudentGuardianFactory(student=student, guardian=guardian)
    incident = make_incident(
        school, [student, *others], narrative="Bill OBrien hit Marisol Tenorio. X.N. and ximena's friend ran."
    )
    people = make_user(Role.COORDINATOR, school), make_user(Role.ADMINISTRATOR, school)
    return Here(school, *people, student, guardian, others, incident)


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


def test_it_is_refused_while_anything_is_undecided_and_names_it(here: Here) -> None:
    row = here.ask()
    with pytest.raises(Refused) as refused:
        hand_on(Invocation(acting(here.coordinator), clock.now()), row.id)
    for words in ("Bill OBrien", "X.N.", "ximena"):
        assert words in refused.value.message
    keys = {mark.found.words: mark.key for mark in draft_of(row).all_marks}
    assert set(keys) == {"Bill OBrien", "X.N.", "ximena"}
    someone = acting(here.coordinator)
    # a full name cannot stay as a word, a reason is asked for, what stands instead names nobody
    for key, decision, words in (
        (keys["Bill OBrien"], Decision("keep", why="common_word"), "cannot stay"),
        (keys["ximena"], Decision("keep"), "Explain why"),
        (keys["ximena"], Decision("replace", "Ximena N."), "names a child too"),
    ):
        with pytest.raises(Refused, match=words):
            decide(Invocation(someone, clock.now()), row.id, {key: decision}, [])
    decide(
        Invocation(someone, clock.now()), row.id, {keys["X.N."]: Decision("keep", why="place")}, ["ran"], the_rest=True
    )
    hand_on(Invocation(someone, clock.now()), row.id)
    kept = here.release(row)
    told = [line for section in json.loads(kept.text)["sections"] for _label, line in section["lines"]]
    assert "another student hit Marisol Tenorio. X.N. and another student's friend another student." in told


def test_who_decided_any_place_does_not_release_the_copy_nor_does_a_second_mailbox(here: Here) -> None:
    row = here.ask()
    mark = draft_of(row).all_marks[0]
    decide(Invocation(acting(here.administrator), clock.now()), row.id, {mark.key: Decision("replace")}, [])
    here.handed(db.session.get_one(FamilyRelease, row.id))
    with pytest.raises(Refused, match="decided about a place"):
        here.release(row)
    mailbox = make_user(Role.ADMINISTRATOR, here.school, first_setup=False)
    with pytest.raises(Refused, match="roster or in the district’s sign-on"):
        here.release(row, mailbox)
    assert here.release(row, make_user(Role.ADMINISTRATOR, here.school))


@pytest.mark.both_databases
def test_a_second_person_releases_and_what_was_released_never_changes(here: Here) -> None:
    with pytest.raises(Refused, match="not been fully reviewed"):
        here.release(here.ask())
    row = here.ask()
    other = make_user(Role.ADMINISTRATOR, here.school)
    decide(Invocation(acting(here.administrator), clock.now()), row.id, {}, [], the_rest=True)
    hand_on(Invocation(acting(here.administrator), clock.now()), row.id)
    with pytest.raises(Refused, match="second person"):
        here.release(row)
    assert list(db.session.scalars(select(OutboxMessage.recipient_id).filter_by(kind=MAIL))) == [other.id]
    with pytest.raises(NotFound):
        here.release(row, here.coordinator)
    kept = here.release(row, other)
    row = db.session.get_one(FamilyRelease, row.id)
    assert (row.state, row.handed_on_by_id) == (ReleaseState.RELEASED, here.administrator.id)
    for act in (
        lambda: decide(Invocation(acting(here.coordinator), clock.now()), row.id, {}, []),
        lambda: withdraw(Invocation(acting(here.coordinator), clock.now()), row.id, "No"),
    ):
        with pytest.raises(Refused, match="stays as it is"):
            act()
    waiting = db.session.get_one(FollowUp, row.follow_up_id)
    assert (waiting.kind, waiting.outcome, row.due_on) == ("family_copy", "done", waiting.original_due_on)
    released = select(AuditEntry.changes).where(AuditEntry.action == "family_release.released")
    assert db.session.scalars(released).one()["state"] == ["handed_on", "released"]
    handed_on = select(AuditEntry.changes).where(AuditEntry.action == "family_release.handed_on")
    assert db.session.scalars(handed_on).one()["state"] == ["preparing", "handed_on"]
    looked = select(AuditEntry.changes).where(AuditEntry.action == "family_release.looked_through")
    assert "decisions" in db.session.scalars(looked).one()
    kinds = set(db.session.scalars(select(TimelineEntry.kind).where(TimelineEntry.subject_id == row.id)))
    assert {"family_release.asked", "family_release.handed_on", "family_release.released"} <= kinds
    assert db.session.scalar(select(func.count()).select_from(Disclosure)) == 0
    with pytest.raises(DBAPIError, match="never changes"):
        db.session.execute(text("UPDATE family_release_copy SET text = '{}' WHERE id = :id"), {"id": kept.id})


def test_what_changed_since_it_was_looked_through_stops_the_release(here: Here) -> None:
    row = here.handed(here.ask())
    newcomer = StudentFactory(school=SchoolFactory(), given_name="Ran", family_name="Hitomi")
    IncidentPersonFactory(incident_id=here.incident.id, student_id=newcomer.id)
    db.session.commit()
    with pytest.raises(Refused, match="Decide about each place first: “ran”"):
        here.release(row)
    row = here.handed(db.session.get_one(FamilyRelease, row.id)) if _back(here, row) else row
    db.session.add(Addendum(incident_id=here.incident.id, author_id=here.coordinator.id, at=clock.now(), text="More."))
    db.session.commit()
    with pytest.raises(Refused, match=r"changed since.*Added on"):
        here.release(row)
    assert db.session.scalar(select(func.count()).select_from(FamilyReleaseCopy)) == 0


def _back(here: Here, row: FamilyRelease) -> bool:
    decide(Invocation(acting(here.coordinator), clock.now()), row.id, {}, [])
    return db.session.get_one(FamilyRelease, row.id).state is ReleaseState.PREPARING


def test_only_who_has_the_right_may_ask_and_abuse_goes_to_no_family(here: Here) -> None:
    long_ago = {"local_date": date(2021, 10, 5), "state": IncidentState.CLOSED}
    faded = make_incident(here.school, [here.student], **long_ago)
    for wrong, field in (
        ({"who": "student"}, "who"),
        ({"who": str(GuardianFactory().id)}, "who"),
        ({"orders_checked": False}, "orders_checked"),
        ({"asked_on": date(2026, 11, 25)}, "asked_on"),
        ({"reports": []}, "reports"),
        ({"reports": [make_incident(here.school, here.others).id]}, "reports"),
        ({"reports": [faded.id]}, "reports"),
    ):
        with pytest.raises(Refused) as refused:
            here.ask(**wrong)
        assert refused.value.field == field, wrong
    db.session.get_one(Student, here.student.id).birth_date = date(2008, 11, 24)
    db.session.commit()
    with pytest.raises(Refused, match="18 or older"):
        here.ask()
    assert here.ask(who="student", orders_checked=False).asked_name == "Marisol Tenorio"
    db.session.get_one(Student, here.student.id).birth_date = None
    db.session.commit()
    row = here.handed(here.ask())
    # a mandated-reporter duty is the administrator's to know: it stops the release, and says nothing before
    LegalDutyFactory(
        school_id=here.school.id, incident_id=here.incident.id, code="child_abuse_or_neglect",
        owner_id=make_user(Role.REPORTER, here.school).id,
    )  # fmt: skip
    db.session.commit()
    with pytest.raises(Refused, match="abuse or neglect"):
        here.release(row)
    db.session.get_one(Incident, here.incident.id).facts = {"abuse_suspected": True}
    db.session.commit()
    with pytest.raises(Refused, match="abuse or neglect"):
        here.ask()


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


def test_the_pages_lead_from_the_student_to_the_sheet(here: Here, client_as: Callable[[Any], Any]) -> None:
    client, student = client_as(here.coordinator), f"/students/{here.student.id}"
    assert f'href="{student}/family-copies"' in client.get(student).text
    new = f"{student}/family-copies/new"
    wrong = client.submit(new, {"purpose": "To read it", "reports": [str(here.incident.id)]})
    assert wrong.status_code == 400 and "Choose who asked." in wrong.text and "To read it" in wrong.text
    sent = {
        "who": str(here.guardian.id), "orders_checked": "y", "asked_on": "2026-11-23", "language": "es",
        "reports": [str(here.incident.id)],
    }  # fmt: skip
    draft = client.submit(new, sent).location
    given = client.submit(draft, {}, action="/hand-on")
    assert given.status_code == 400 and "Decide about each place first" in given.text
    [key, *_rest] = [mark.key for mark in draft_of(_only()).all_marks]
    kept = client.submit(draft, {f"do-{key}": "keep", "by_hand": "friend"}, holding="by_hand")
    assert kept.status_code == 400 and "Explain why" in kept.text and "friend</textarea>" in kept.text
    for bad, words in (("a\x00b", "cannot be stored"), ("long " * 50, "at most 200")):
        refused = client.submit(draft, {f"do-{key}": "replace", f"with-{key}": bad}, holding="by_hand")
        assert refused.status_code == 400 and words in refused.text
    assert client.submit(draft, {"by_hand": "friend", "the_rest": "1"}, holding="by_hand").status_code == 303
    assert client.submit(draft, {}, action="/hand-on").status_code == 303
    assert client.get(f"{draft}/release").status_code == 404
    head = client_as(here.administrator)
    assert "another" not in head.get(f"{draft}/release").text.split("<main")[1].split("Kept")[0].lower()[:50]
    sheet = head.submit(f"{draft}/release", {"manner": "in_person", "identity": "Known here"}).location
    assert head.get(sheet).status_code == 200
    paper = client.get(f"{sheet}?paper=1").text
    assert "Copia del expediente escolar de Marisol Tenorio" in paper and "otro estudiante" in paper
    assert "Brien" not in paper and "imena" not in paper and "friend" not in paper
    assert head.get(draft).location.endswith("/copy")
    reads = select(AuditEntry).where(AuditEntry.action == "family_release.read")
    assert [entry.actor_id for entry in db.session.scalars(reads)].count(here.administrator.id) >= 2


def _only() -> FamilyRelease:
    return db.session.scalars(select(FamilyRelease)).one()


def test_only_the_schools_own_keepers_see_it(here: Here, client_as: Callable[[Any], Any]) -> None:
    row = here.handed(here.ask())
    here.release(row)
    strangers = [
        make_user(Role.ADMINISTRATOR, SchoolFactory()), make_user(Role.DEAN, here.school),
        make_user(Role.REPORTER, here.school), make_user(Role.DISTRICT), make_user(Role.AUDITOR),
    ]  # fmt: skip
    for person in strangers:
        client = client_as(person)
        for address in (
            f"/family-copies/{row.id}", f"/family-copies/{row.id}/copy", f"/family-copies/{row.id}/copy?paper=1",
            f"/students/{here.student.id}/family-copies", f"/students/{here.student.id}/family-copies/new",
        ):  # fmt: skip
            assert client.get(address).status_code == 404, (person.email, address)
    assert "Rosa Tenorio" not in client_as(strangers[0]).get("/family-copies").text
