"""Three schools in three zones with people and follow-ups, for killing what reminds of them; and how it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory
from tests.factories.roster import SchoolFactory, make_calendar
from tests.faults.mail.smtp_server import PostOffice
from tests.faults.reminders.oracle import Key, Place, Task
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.delivery.queue import TOGETHER
from wss_cases.roster.directory.models import School

ZONES = ("America/Chicago", "America/Denver", "America/New_York")
FIRST = date(2026, 9, 1)
CLOSED = frozenset({date(2026, 9, 7), date(2026, 11, 26), date(2026, 11, 27)})
KINDS = {
    "contact": {"kind": "contact_person_harmed", "single_mail": True},
    "same_day": {"kind": "guardian_contact", "single_mail": True, "same_day": True},
    "plain": {"kind": "other"},
}
LEASE = timedelta(minutes=4)
"""More than a lease lasts."""


def at(day: date, wall: str, zone: str = ZONES[0]) -> datetime:
    return datetime.combine(day, time.fromisoformat(wall), ZoneInfo(zone)).astimezone(UTC)


def school_days(count: int, first: date = FIRST) -> list[date]:
    """Return that many school days."""
    place = Place(0, ZONES[0], closed=CLOSED)
    found: list[date] = []
    while len(found) < count:
        if place.is_school_day(first):
            found.append(first)
        first += timedelta(days=1)
    return found


class District:
    """The rows, committed, and the oracle's own list of them."""

    def __init__(self, database: Database, folder: Path, last: date) -> None:
        self.app: Flask = make_app(database.url, folder)
        self.tasks: list[Task] = []
        self.places: list[Place] = []
        self.owners: list[tuple[int, Place, int]] = []
        self.emails: dict[int, str] = {}
        with self.app.app_context():
            make_calendar(FIRST - timedelta(days=7), last + timedelta(days=30), closed=CLOSED)
            for number, zone in enumerate(ZONES):
                school = SchoolFactory(time_zone=zone)
                place = Place(school.id, zone, closed=CLOSED)
                self.places.append(place)
                for _person in range(2 if number == 0 else 1):
                    self._add_owner(school, place)
            db.session.remove()

    def _add_owner(self, school: School, place: Place) -> None:
        user = make_user(Role.COORDINATOR, school)
        case = CaseFactory(school_id=school.id, lead_id=user.id, state=CaseState.IN_PROCESS)
        self.owners.append((user.id, place, case.id))
        self.emails[user.id] = user.email

    def add(self, wanted: Iterable[tuple[int, str, date]], made_at: datetime) -> list[Task]:
        """Add follow-ups: (number of the owner, kind, due date)."""
        with self.app.app_context():
            rows = []
            for number, kind, due_on in wanted:
                owner_id, place, case_id = self.owners[number]
                row = FollowUp(
                    owner_id=owner_id, school_id=place.id, case_id=case_id, due_on=due_on, original_due_on=due_on,
                    created_at=made_at, **KINDS[kind],
                )  # fmt: skip
                rows.append((row, kind, place))
            db.session.add_all(row for row, _kind, _place in rows)
            db.session.commit()
            made = [Task(row.id, row.owner_id or 0, place, row.due_on, kind, made_at) for row, kind, place in rows]
            db.session.remove()
        self.tasks += made
        return made

    def close(self, tasks: Iterable[Task], when: datetime) -> None:
        """Somebody has done these, from this instant."""
        with self.app.app_context():
            for task in tasks:
                task.closed_at = when
                done = update(FollowUp).where(FollowUp.id == task.id)
                db.session.execute(
                    done.values(
                        state=FollowUpState.CANCELLED, outcome_note="done", closed_at=when,
                        version=FollowUp.version + 1,
                    ).execution_options(synchronize_session=False)
                )  # fmt: skip
            db.session.commit()
            db.session.remove()

    def edit(self) -> None:
        """Somebody changes a word of everything that stands open: it is to be looked at again, and not told again."""
        with self.app.app_context():
            words = update(FollowUp).where(FollowUp.state == FollowUpState.OPEN)
            db.session.execute(
                words.values(title="Edited", version=FollowUp.version + 1).execution_options(synchronize_session=False)
            )
            db.session.commit()
            db.session.remove()

    def queued(self) -> dict[str, tuple[Key, OutboxState]]:
        """Return what stands in the outbox, as it is sent: Message-ID to what it is about, and its state."""
        zones = {place.id: place.zone for place in self.places}
        columns = (
            OutboxMessage.message_id, OutboxMessage.recipient_id, OutboxMessage.object_type,
            OutboxMessage.object_id, OutboxMessage.school_id, OutboxMessage.created_at, OutboxMessage.state,
            OutboxMessage.kind,
        )  # fmt: skip
        with self.app.app_context():
            rows = db.session.execute(select(*columns).order_by(OutboxMessage.id)).all()
            db.session.remove()
        found = {}
        for number, recipient, kind, object_id, school_id, made_at, state, what in rows:
            day = made_at.astimezone(ZoneInfo(zones[school_id])).date().isoformat()
            about: Key = (recipient, "single", object_id) if kind == "follow_up" else (recipient, "digest", day)
            about = (recipient, "together", number) if what == TOGETHER else about
            found[number] = (about, state)
        return found

    def carried(self) -> dict[str, list[str]]:
        """Return for each mail that stands for many the Message-IDs that these would have."""
        one, many = aliased(OutboxMessage), aliased(OutboxMessage)
        pairs = select(one.message_id, many.message_id).join(many, many.carried_by_id == one.id)
        found: dict[str, list[str]] = defaultdict(list)
        with self.app.app_context():
            for number, carried in db.session.execute(pairs):
                found[number].append(carried)
            db.session.remove()
        return found

    def leases_run_out(self) -> int:
        """Four minutes pass on the database's clock for every lease; returns how many mails were held by one."""
        with self.app.app_context():
            held = select(OutboxMessage.id, OutboxMessage.lease_until)
            rows = db.session.execute(held.where(OutboxMessage.state == OutboxState.CLAIMED)).all()
            for number, until in rows:
                if until is not None:
                    back = update(OutboxMessage).where(OutboxMessage.id == number)
                    db.session.execute(
                        back.values(lease_until=until - LEASE).execution_options(synchronize_session=False)
                    )
            db.session.commit()
            db.session.remove()
        return len(rows)

    def in_the_gap(self, office: PostOffice) -> set[str]:
        states = {number: state for number, (_about, state) in self.queued().items()}
        return {number for number in office.taken if states[number] is not OutboxState.SENT}

    def answers(self) -> bool:
        """Whether the database does."""
        with self.app.app_context():
            try:
                return db.session.scalar(select(1)) == 1
            except OperationalError:
                return False
            finally:
                db.session.remove()

    def strangers(self, office: PostOffice) -> list[str]:
        addresses = {number: self.emails[about[0]] for number, (about, _state) in self.queued().items()}
        return [number for number, to in office.recipients.items() if to != addresses[number]]
