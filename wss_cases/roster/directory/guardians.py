"""The one place that says which guardians of a student the school may reach, and how.

Calls, letters, links, copies and printed lists all read it: whoever an order keeps from the student has neither name
nor number here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, select

from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.roster.directory.models import Guardian, GuardianLimit, StudentGuardian
from wss_cases.roster.directory.rules import reach
from wss_cases.roster.directory.states import Reach, Restriction


@dataclass(frozen=True)
class GuardianOf:
    """One guardian of a student, with the relation as the roster gives it.

    Of whom nobody may contact there is no name, number or language; of whom the office is asked first, no number.
    """

    id: int
    name: str
    relation: str
    language: str | None
    phone: str
    email: str
    is_primary: bool
    reach: Reach = Reach.OPEN
    may_receive_records: bool | None = None
    restriction: Restriction | None = None
    restricted_on: date | None = None
    link_id: int = 0


def guardians_of(student_id: int) -> list[GuardianOf]:
    """Return a student's guardians, the primary one first. The caller has checked who may see them."""
    return guardians_of_each([student_id])[student_id]


def guardians_of_each(student_ids: Collection[int]) -> dict[int, list[GuardianOf]]:
    """Return the guardians of many students by student, read at once; see `guardians_of`."""
    linked: dict[int, list[Any]] = {student_id: [] for student_id in student_ids}
    for row in _linked.rows(linked) if linked else ():
        linked[row[1].student_id].append(row)
    return {student_id: _guardians(rows) for student_id, rows in linked.items()}


def _guardians(rows: list[Any]) -> list[GuardianOf]:
    kept_off = [who for who, _link, limit in rows if _is_kept_off(limit)]
    theirs = {line for who in kept_off for line in (_digits(who.phone), who.email.lower()) if line}
    return [_guardian(who, link, limit, kept_off, theirs) for who, link, limit in rows]


def contacts_of(student_id: int) -> list[GuardianOf]:
    """Return the guardians whom the school may call and write to, the primary one first; see `guardians_of`."""
    return [who for who in guardians_of(student_id) if who.reach is Reach.OPEN]


def languages_of(student_id: int) -> list[str]:
    """Return the languages of those who may be written to, the primary one's first."""
    return [who.language for who in contacts_of(student_id) if who.language]


@Prepared
def _linked(among_ids: Narrow) -> Any:
    limit = GuardianLimit
    own = and_(limit.student_id == StudentGuardian.student_id, limit.guardian_id == Guardian.id)
    return (
        select(Guardian, StudentGuardian, limit)
        .join(StudentGuardian, StudentGuardian.guardian_id == Guardian.id)
        .outerjoin(limit, own)
        .where(among_ids(StudentGuardian.student_id))
        .order_by(StudentGuardian.is_primary.desc(), Guardian.name, Guardian.id)
    )


def _guardian(
    who: Guardian, link: StudentGuardian, limit: GuardianLimit | None, kept_off: list[Guardian], theirs: set[str]
) -> GuardianOf:
    found = reach(
        restricted=limit is not None and limit.restriction is not None,
        may_contact=limit.may_contact if limit else None,
        said=limit is not None,
        another_restricted=bool(kept_off),
    )
    if found is Reach.NEVER:
        return GuardianOf(
            who.id, str(Reach.NEVER.label), "", None, "", "", False, found, False,
            limit.restriction if limit else None, limit.restricted_on if limit else None, link.id,
        )  # fmt: skip
    # a line that both answer reaches whom it must not
    phone, email = (text if found is Reach.OPEN else "" for text in (who.phone, who.email))
    phone, email = "" if _digits(phone) in theirs else phone, "" if email.lower() in theirs else email
    records = limit.may_receive_records if limit else None
    return GuardianOf(
        who.id, who.name, link.relation, who.language, phone, email, link.is_primary, found, records, link_id=link.id
    )


def _is_kept_off(limit: GuardianLimit | None) -> bool:
    return limit is not None and limit.restriction is not None


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdecimal())[-10:]
