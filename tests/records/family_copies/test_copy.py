"""A copy of a record for the family: asked for, looked through, released by a second person, kept for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from tests.records.family_copies.making import Here
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry, Disclosure, OutboxMessage, TimelineEntry
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy, ReleaseState
from wss_cases.records.family_copies.copy.pages import draft_of
from wss_cases.records.family_copies.draft import MAIL, Decision, decide, hand_on
from wss_cases.records.family_copies.release import withdraw
from wss_cases.roster.directory.models import Student


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
        lambda: withdraw(Invocation(acting(here.coordinator), clock.now()), row.id, why="No"),
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
