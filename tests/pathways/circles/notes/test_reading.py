"""Privileged notes: who reads them, that each reading is recorded, the acts around them, and shredding."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.pathways.circles.notes.audit_refused import audit_refused
from tests.pathways.circles.notes.making import LONG_AFTER, end, kept_circle, write
from tests.support.depth import examples
from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.settings import setting
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.pathways.circles import keepers, privilege
from wss_cases.pathways.circles.circle.queries import keepers_of
from wss_cases.pathways.circles.notes import grants, pages, shredding
from wss_cases.pathways.circles.notes.messages import (
    CircleNote,
    ExceptionKind,
    NoteShare,
    NoteShredding,
    PrivilegeException,
    PrivilegeWaiver,
)
from wss_cases.pathways.circles.notes.rules import digest_of
from wss_cases.pathways.legal_holds import HoldKind, LegalHold

LATER = NOW + timedelta(hours=1)
SAID = "canary-4711 told the circle about home"


@pytest.fixture
def circle(world):
    return kept_circle(world)


def texts(actor: Actor, circle: Any) -> list[str | None]:
    return [note.text for note in pages.read_notes(actor, circle.id, NOW)]


def audits(kind: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == kind)))


def test_keepers_read_what_each_wrote_in_their_time_newest_first(world, circle):
    other = make_user(world.school)
    write(world.actor, circle, SAID)
    keepers.add_keeper(Invocation(world.actor, LATER), circle.id, keeper=other.id)
    write(world.actor, circle, "second", now=LATER)
    write(actor_for(other), circle, "third", now=LATER + timedelta(minutes=1))
    assert texts(actor_for(other), circle) == ["third", "second"]
    assert texts(world.actor, circle) == ["third", "second", SAID]


def test_each_reading_is_an_audit_row_and_without_it_there_is_no_reading(world, circle):
    write(world.actor, circle, SAID)
    texts(world.actor, circle)
    (entry,) = audits("circle.notes_read")
    assert (entry.actor_id, entry.object_id, entry.changes) == (world.coordinator.id, circle.id, {"notes": [None, 1]})

    def refuse(act):
        if act == "circle.notes_read":
            raise OSError("the log is full")

    with audit_refused(db.session.connection(), refuse), pytest.raises(OSError, match="full"):
        texts(world.actor, circle)


def test_nothing_of_a_note_stands_in_clear_anywhere(world, circle):
    (note_id,) = write(world.actor, circle, SAID)
    row = db.session.get_one(CircleNote, note_id)
    assert b"canary" not in row.sealed_text and row.sealed_key is None
    assert "canary" not in repr(row) and repr(row.sealed_text)[2:20] not in repr(row)
    assert "canary" not in repr(pages.read_notes(world.actor, circle.id, NOW))
    (entry,) = audits("circle.note_written")
    assert entry.changes["sealed_text"] == ["…", "…"]
    assert "master" not in repr(setting("WSS_KEYS"))
    history = db.session.scalars(select(TimelineEntry).where(TimelineEntry.subject_type == "circle_note"))
    assert history.all() == []


def test_an_empty_note_is_refused(world, circle):
    with pytest.raises(Refused):
        write(world.actor, circle, "  \n")


def test_a_note_whose_key_is_gone_is_said_to_be_so(world, circle):
    (note_id,) = write(world.actor, circle, SAID)
    db.session.scalars(select(NoteShare).where(NoteShare.note_id == note_id)).one().sealed_key = b"gAAAAA-not-a-key"
    db.session.commit()
    assert texts(world.actor, circle) == [None]


def test_a_hold_stops_shredding_until_it_is_closed(world, circle):
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    (note_id,) = write(world.actor, circle, SAID)
    end(circle)
    hold_id = privilege.open_hold(
        Invocation(administrator, NOW), circle.id, kind=HoldKind.COURT_ORDER, reason="Order 12 of 2027"
    )
    assert shredding.shred(LONG_AFTER)["shredded"] == 0
    assert shredding.would_shred(LONG_AFTER) == {"shredded": 0, "held": 1}
    privilege.close_hold(Invocation(world.actor, NOW), circle.id, hold_id, "Counsel said so")
    with pytest.raises(Refused):
        privilege.close_hold(Invocation(world.actor, NOW), circle.id, hold_id, "Counsel said so")
    digest = digest_of(*_sealed(note_id))
    assert shredding.would_shred(LONG_AFTER) == {"shredded": 1, "held": 0}
    assert shredding.shred(LONG_AFTER)["shredded"] == 1
    assert db.session.get(CircleNote, note_id) is None
    proof = db.session.execute(select(NoteShredding).where(NoteShredding.note_id == note_id)).scalar_one()
    assert (proof.digest, proof.shred_on) == (digest, date(2027, 11, 24))
    assert texts(world.actor, circle) == []
    assert [entry.object_id for entry in audits("circle.note_shredded")] == [note_id]


def _sealed(note_id: int) -> tuple[bytes, list[bytes]]:
    shares = db.session.scalars(select(NoteShare.sealed_key).where(NoteShare.note_id == note_id))
    return db.session.get_one(CircleNote, note_id).sealed_text, list(shares)


def test_a_live_circle_is_never_shredded_and_its_end_sets_the_day(world, circle, app):
    (note_id,) = write(world.actor, circle, SAID)
    assert shredding.shred(LONG_AFTER)["shredded"] == 0
    end(circle, NOW + timedelta(days=30))
    assert shredding.set_days(NOW + timedelta(days=31)) == 1
    assert shredding.set_days(NOW + timedelta(days=31)) == 0
    assert db.session.get_one(CircleNote, note_id).shred_on == TODAY + timedelta(days=395)
    assert shredding.would_shred(NOW + timedelta(days=394))["shredded"] == 0
    app.config["NOTE_DAYS"] = 10
    try:
        assert shredding.would_shred(NOW + timedelta(days=40))["shredded"] == 1
    finally:
        app.config["NOTE_DAYS"] = 365


def test_a_note_number_is_never_given_again(world, circle):
    (first,) = write(world.actor, circle, SAID)
    end(circle)
    shredding.set_days(LONG_AFTER)
    shredding._shred_batch([first], LONG_AFTER)
    other = kept_circle(world)
    assert write(world.actor, other, SAID)[0] > first


def test_nothing_is_added_once_the_day_is_past(world, circle):
    end(circle)
    write(world.actor, circle, "afterwards", now=NOW + timedelta(days=3))
    with pytest.raises(Refused, match="shredded"):
        write(world.actor, circle, SAID, now=LONG_AFTER)


def test_the_acts_around_privilege(world, circle):
    waiver = privilege.record_waiver(
        Invocation(world.actor, NOW),
        circle.id,
        participant=world.people[0].id,
        signed_on=TODAY,
        scope="What I said myself",
        reason="I want my teacher to know",
    )
    privilege.withdraw_waiver(Invocation(world.actor, NOW), waiver)
    with pytest.raises(Refused):
        privilege.withdraw_waiver(Invocation(world.actor, NOW), waiver)
    used = privilege.record_exception(
        Invocation(world.actor, NOW),
        circle.id,
        kind=ExceptionKind.PREVENT_HARM,
        told_whom="The nurse",
        reason="A threat",
    )
    assert db.session.get_one(PrivilegeWaiver, waiver).withdrawn_on == TODAY
    assert db.session.get_one(PrivilegeException, used).told_whom == "The nurse"
    seen = json.dumps([entry.changes for entry in db.session.scalars(select(AuditEntry))])
    assert not any(words in seen for words in ("What I said", "my teacher", "nurse", "threat"))


@pytest.mark.parametrize(
    "wrong", [{"scope": " "}, {"reason": ""}, {"participant": 10**6}, {"signed_on": TODAY + timedelta(days=1)}]
)
def test_waivers_that_are_refused(world, circle, wrong):
    given = {"participant": world.people[0].id, "signed_on": TODAY, "scope": "x", "reason": "y"} | wrong
    with pytest.raises(Refused):
        privilege.record_waiver(Invocation(world.actor, NOW), circle.id, **given)


def test_whoever_keeps_no_circle_does_nothing_with_its_privilege(world, circle):
    write(world.actor, circle, SAID)
    dean, administrator = (actor_for(make_user(world.school, r)) for r in (Role.DEAN, Role.ADMINISTRATOR))
    hold = privilege.open_hold(Invocation(world.actor, NOW), circle.id, kind=HoldKind.LEGAL_HOLD, reason="x")
    for stranger in (dean, administrator, make_world().actor):
        for act in (
            lambda who: pages.read_notes(who, circle.id, NOW),
            lambda who: pages.write_note(Invocation(who, NOW), circle.id, "x"),
            lambda who: privilege.record_exception(
                Invocation(who, NOW), circle.id, kind=ExceptionKind.OTHER_LAW, told_whom="x", reason="x"
            ),
        ):
            with pytest.raises(NotFound):
                act(stranger)
    with pytest.raises(NotFound):
        privilege.close_hold(Invocation(dean, NOW), circle.id, hold, "Counsel said so")
    with pytest.raises(NotFound):
        privilege.open_hold(Invocation(dean, NOW), circle.id, kind=HoldKind.LEGAL_HOLD, reason="x")
    assert db.session.get_one(LegalHold, hold).closed_at is None


class Keeping(RuleBasedStateMachine):
    """Random keepers come and go, roles end and return, later keepers get notes: only what is granted is read."""

    @initialize()
    def begin(self) -> None:
        self.world = make_world()
        self.people = [self.world.coordinator, make_user(self.world.school)]
        self.people += [make_user(self.world.school, Role.ADMINISTRATOR), make_user(self.world.school)]
        self.circle = kept_circle(self.world)
        write(self.world.actor, self.circle, SAID)
        self.keepers = {self.world.coordinator.id}
        self.may_read = {self.world.coordinator.id}
        self.gone: set[int] = set()

    def actor(self, user: Any) -> Actor:
        found = actor_of(user.id, NOW)
        assert found is not None
        return found

    @rule(by=st.integers(0, 3), who=st.integers(0, 3))
    def add(self, by: int, who: int) -> None:
        actor, user = self.actor(self.people[by]), self.people[who]
        may = (actor.user_id in self.keepers or by == 2) and actor.user_id not in self.gone
        able = who != 2 and user.id not in self.gone
        try:
            keepers.add_keeper(Invocation(actor, NOW), self.circle.id, keeper=user.id)
        except (NotFound, Refused):
            assert not (may and able and by != who and user.id not in self.keepers)
        else:
            assert may and able and by != who
            self.keepers.add(user.id)

    @rule(by=st.integers(0, 3), who=st.integers(0, 3))
    def end(self, by: int, who: int) -> None:
        actor, user = self.actor(self.people[by]), self.people[who]
        try:
            grants.end_keeper(Invocation(actor, NOW), self.circle.id, user.id)
        except NotFound:
            assert actor.user_id not in self.keepers - self.gone or user.id not in self.keepers
        else:
            self.keepers.remove(user.id)
            self.may_read.discard(user.id)

    @rule(by=st.integers(0, 3), who=st.integers(0, 3))
    def agree(self, by: int, who: int) -> None:
        actor, user = self.actor(self.people[by]), self.people[who]
        wrote = by == 0 and 0 not in {i for i, one in enumerate(self.people) if one.id in self.gone}
        try:
            grants.agree(Invocation(actor, NOW), self.circle.id, user.id)
        except (NotFound, Refused):
            assert not wrote or user.id in self.may_read or user.id not in self.keepers - self.gone
        else:
            assert wrote and user.id in self.keepers - self.gone
            self.may_read.add(user.id)

    @rule(who=st.integers(0, 3), back=st.booleans())
    def leave_or_return(self, who: int, back: bool) -> None:
        user = self.people[who]
        for grant in user.grants:
            grant.ends_on = None if back else TODAY - timedelta(days=1)
        db.session.merge(user)
        db.session.commit()
        (self.gone.discard if back else self.gone.add)(user.id)

    @invariant()
    def only_current_keepers_read(self) -> None:
        for user in self.people:
            try:
                found = texts(self.actor(user), self.circle)
            except NotFound:
                found = []
            assert bool(found) == (user.id in self.may_read - self.gone), user.name
        assert set(keepers_of(self.circle.id)) == self.keepers


def test_only_those_read_who_kept_it_then_or_were_let(session):
    run_state_machine_as_test(
        Keeping, settings=settings(max_examples=examples(3, 15), stateful_step_count=15, deadline=None)
    )
