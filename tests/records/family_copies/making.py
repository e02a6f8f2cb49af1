"""A school with a student whose family asks for a copy, and what its people do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import acting
from wss_cases.access.actor import Invocation
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy, Manner, Part
from wss_cases.records.family_copies.draft import decide, hand_on, release
from wss_cases.records.family_copies.request import ask

ALL = tuple(Part)


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

    def asked(self, **more: Any) -> dict[str, Any]:
        values: dict[str, Any] = {
            "who": str(self.guardian.id), "asked_on": date(2026, 11, 23), "purpose": "A meeting",
            "language": "en", "reports": [self.incident.id], "parts": ALL, "orders_checked": True,
        }  # fmt: skip
        return values | more

    def ask(self, **more: Any) -> FamilyRelease:
        made = ask(Invocation(acting(self.coordinator), clock.now()), self.student.id, **self.asked(**more))
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
