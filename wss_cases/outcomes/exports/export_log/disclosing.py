"""A file that names students is a disclosure of each: who gets it, by which interest, and what for (FERPA 99.32)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert

from wss_cases.foundation.db import table_of
from wss_cases.journal.models import Disclosure
from wss_cases.journal.unit_of_work import UnitOfWork

BATCH = 500


@dataclass(frozen=True)
class Recipient:
    """Who gets the file, by which legitimate interest, and what for: what FERPA 99.32 wants written down."""

    told_whom: str
    interest: str
    purpose: str


Disclosed = tuple[Recipient, Mapping[int, int], str]
"""To whom, which students with a school of theirs, and what of them."""


def disclose(uow: UnitOfWork, recipient: Recipient, students: Mapping[int, int], fields: str) -> None:
    """Write a disclosure of each student, who is given with a school of theirs; `fields` says what of them."""
    shared = vars(recipient) | {
        "at": uow.now, "asked_by": recipient.told_whom, "object_type": "student", "made_by_id": uow.actor.user_id,
        "fields": [fields],
    }  # fmt: skip
    listed = sorted(students.items())
    for start in range(0, len(listed), BATCH):
        batch = listed[start : start + BATCH]
        rows = [{"student_id": one, "object_id": one, "school_id": school_id} for one, school_id in batch]
        uow.session.execute(insert(table_of(Disclosure)), [row | shared for row in rows])
        uow.audit("disclosure.made", "disclosure", None, {"students": [row["student_id"] for row in rows]})
