"""A school with a person of each part, and what the sweep queues for them from one telling moment to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import Cover, UserAccount
from wss_cases.cases.case.models import CaseState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.common.pages import MailChoice, MailStyle, MailTrouble, TroubleKind
from wss_cases.workday.sweep import sweep

PARTS = {
    "owner": Role.COORDINATOR,
    "lead": Role.COORDINATOR,
    "other": Role.COORDINATOR,
    "dean": Role.DEAN,
    "admin": Role.ADMINISTRATOR,
}
MADE = datetime(2026, 11, 2, 16, tzinfo=UTC)


@dataclass
class Place:
    """One school, its people by part with their ids, and the last message seen."""

    school: Any
    people: dict[str, UserAccount]
    ids: dict[str, int] = field(default_factory=dict)
    seen: int = 0
    cases: dict[str, Any] = field(default_factory=dict)

    def join(self, part: str, role: Role) -> UserAccount:
        person = make_user(role, self.school)
        self.people[part], self.ids[part] = person, person.id
        return person

    def case(self, lead: str | None) -> Any:
        """The open case that somebody leads."""
        if lead not in self.cases:
            lead_id = self.ids[lead] if lead else None
            self.cases[lead or ""] = CaseFactory(school_id=self.school.id, lead_id=lead_id, state=CaseState.IN_PROCESS)
        return self.cases[lead or ""]

    def due(self, on: date, owner: str | None = "owner", lead: str | None = "lead", **more: Any) -> Any:
        """Add a follow-up; `lead` "none" hangs it on a report instead of a case."""
        values = {"owner_id": self.ids[owner] if owner else None, "created_at": MADE} | more
        if lead == "none":
            student = StudentFactory(school=self.school)
            report = make_incident(self.school, [student], state=IncidentState.ROUTED)
            values["incident_id"] = report.id
        else:
            values["case_id"] = self.case(lead).id
        return FollowUpFactory(school_id=self.school.id, due_on=on, **values)

    def cover(self, away: str, stands_in: str, first: date, last: date, made_at: datetime = MADE) -> Cover:
        row = Cover(
            school_id=self.school.id, user_id=self.ids[away], cover_id=self.ids[stands_in],
            starts_on=first, ends_on=last, made_at=made_at, note="",
        )  # fmt: skip
        db.session.add(row)
        db.session.commit()
        return row

    def choose(self, who: str, style: MailStyle = MailStyle.DIGEST, weekly: bool = True) -> None:
        db.session.add(MailChoice(user_id=self.ids[who], style=style, weekly=weekly))
        db.session.commit()

    def fail(self, who: str, since: datetime = MADE) -> None:
        person = self.people[who]
        trouble = {"address": person.email, "kind": TroubleKind.BOUNCED, "status": "5.1.1", "since": since}
        db.session.add(MailTrouble(user_id=person.id, **trouble))
        db.session.commit()

    def sweep(self, now: datetime) -> set[str]:
        """Sweep, after a dry run that must say the same number; returns "who what" of each message queued."""
        said = sweep(now, dry_run=True)
        assert sweep(now) == said
        db.session.expire_all()
        names = {user_id: part for part, user_id in self.ids.items()}
        rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.id > self.seen))
        found = [(row.id, f"{names[row.recipient_id]} {row.kind}") for row in rows]
        self.seen = max([self.seen, *(number for number, _words in found)])
        assert len(found) == said["queued"], "each is one of ours, and counted"
        return {words for _number, words in found}


def make_place() -> Place:
    place = Place(SchoolFactory(), {})
    for part, role in PARTS.items():
        place.join(part, role)
    return place


At = Callable[..., datetime]
