"""Records of Ed-Fi imports and pushes, so that a second run changes nothing and an export gives back the codes
received."""

import enum
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.safeguards.discipline.removals.models import DisciplineKind


class EdfiRecord(Base):
    """One report or removal imported from a file: its identity there, and its codes as received.

    `identity` is 'I:' and the identifier, or 'A:', the identifier and the student's number. `digest` covers everything
    read of it. `codes` hold only code values; a person's codes are stored under the id of their part in the report.
    """

    __tablename__ = "edfi_record"
    __table_args__ = (
        UniqueConstraint("school_id", "identity"),
        CheckConstraint("(incident_id is null) <> (action_id is null)", name="one"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    identity: Mapped[str] = mapped_column(String(80))
    identifier: Mapped[str] = mapped_column(String(36))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("discipline_action.id"), index=True)
    codes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime]


class EdfiPushed(Base):
    """One resource that exists at an ODS/API because it was sent there.

    `target` is a hash of the address; it tells records sent to different servers apart. `key` is a hash of the address,
    the resource and its natural key, because that key contains a student's number. `digest` covers the whole resource,
    so that an unchanged one is not sent again. `remote` is its id there, needed to delete it.
    """

    __tablename__ = "edfi_pushed"
    __table_args__ = (CheckConstraint("(incident_id is null) <> (action_id is null)", name="one"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    target: Mapped[str] = mapped_column(String(64))
    resource: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    identifier: Mapped[str] = mapped_column(String(36))
    digest: Mapped[str] = mapped_column(String(64))
    remote: Mapped[str] = mapped_column(String(80))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("discipline_action.id"), index=True)
    pushed_at: Mapped[datetime]


_URI: Final = "uri://ed-fi.org/"


class List(enum.StrEnum):
    """The code lists that our records fill."""

    BEHAVIOR = "BehaviorDescriptor"
    LOCATION = "IncidentLocationDescriptor"
    WEAPON = "WeaponDescriptor"
    DISCIPLINE = "DisciplineDescriptor"
    PARTICIPATION = "DisciplineIncidentParticipationCodeDescriptor"
    REPORTER = "ReporterDescriptionDescriptor"


VALUES: Final[dict[List, frozenset[str]]] = {
    List.BEHAVIOR: frozenset({"State Offense", "School Violation", "School Code of Conduct", "Other"}),
    List.LOCATION: frozenset(
        {
            "Administrative offices area", "Athletic field or playground", "Auditorium", "Bus stop", "Cafeteria area",
            "Classroom", "Computer lab", "Hallway or stairs", "Library/media center", "Locker room or gym areas",
            "Off campus", "Off-campus at a school sponsored activity",
            "Off-campus at another location unrelated to school", "Off-campus at other school",
            "Off-campus at other school district facility", "On campus", "On-campus other inside area",
            "On-campus other outside area", "Online", "Parking lot", "Restroom", "School bus", "Stadium", "Unknown",
            "Walking to or from school",
        }
    ),
    List.WEAPON: frozenset(
        {
            "Club", "Handgun", "Knife", "Other", "Other Firearm", "Other Object", "Other Sharp Objects",
            "Rifle/Shotgun", "Substance Used as Weapon", "Unknown",
        }
    ),
    List.DISCIPLINE: frozenset(
        {
            "Removal from Classroom", "In School Suspension", "Out of School Suspension", "Expulsion",
            "Expulsion with Services", "Community Service", "Other", "No action for incident",
            "Expulsion under Guns Free School Act", "Expulsion under Guns Free School Act with Services",
        }
    ),
    List.PARTICIPATION: frozenset({"Perpetrator", "Reporter", "Victim", "Witness"}),
    List.REPORTER: frozenset(
        {
            "Law enforcement officer", "Non-school personnel", "Other", "Parent/guardian", "Staff", "Student",
        }
    ),
}  # fmt: skip
"""The code values of data standard 5.2. A district's own list is written in full, with its own uri://."""

DISCIPLINES: Final[dict[DisciplineKind, str]] = {
    DisciplineKind.IN_SCHOOL_SUSPENSION: "In School Suspension",
    DisciplineKind.OUT_OF_SCHOOL_SUSPENSION: "Out of School Suspension",
    DisciplineKind.EXPULSION: "Expulsion",
    DisciplineKind.ALTERNATIVE_PLACEMENT: "Other",
    DisciplineKind.SENT_HOME: "Other",
    DisciplineKind.EARLY_PICK_UP: "Other",
    DisciplineKind.BUS_REMOVAL: "Other",
}
"""Kinds without a value in the standard are Other: a child sent home was not suspended by anyone's decision."""

WEAPONS: Final[dict[str, str]] = {"firearm": "Other Firearm", "maybe_firearm": "Unknown", "other": "Other"}
"""The kinds that a report distinguishes. An object that only looks like a weapon counts as no weapon."""

CAUSED: Final = "Perpetrator"
SUFFERED: Final = "Victim"
SAW: Final = "Witness"
TOLD_BY_STAFF: Final = "Staff"
PARTS: Final[dict[PersonRole, tuple[str, ...]]] = {
    PersonRole.CAUSED_HARM: (CAUSED,),
    PersonRole.HARMED: (SUFFERED,),
    PersonRole.BOTH: (CAUSED, SUFFERED),
    PersonRole.WITNESS: (SAW,),
}
"""A person only said to be involved, or a support person, has no code and appears in no file."""

DISCIPLINES_IN: Final = {
    "In School Suspension": DisciplineKind.IN_SCHOOL_SUSPENSION,
    "Out of School Suspension": DisciplineKind.OUT_OF_SCHOOL_SUSPENSION,
    "Expulsion": DisciplineKind.EXPULSION,
    "Expulsion with Services": DisciplineKind.EXPULSION,
    "Expulsion under Guns Free School Act": DisciplineKind.EXPULSION,
    "Expulsion under Guns Free School Act with Services": DisciplineKind.EXPULSION,
}
"""The values imported. Other could mean too much to guess, and the remaining values are no removals."""
WEAPONS_IN: Final = {
    "Handgun": "firearm", "Rifle/Shotgun": "firearm", "Other Firearm": "firearm", "Unknown": "",
}  # fmt: skip
"""Every other value counts as another weapon."""
ROLES_IN: Final = {CAUSED: PersonRole.CAUSED_HARM, SUFFERED: PersonRole.HARMED, SAW: PersonRole.WITNESS}


SENTENCES: Final = {"edfi.imported": _l("Imported from an Ed-Fi file")}
"""Timeline sentences about exchanges with other systems."""


class Left(Labelled):
    UNDECIDED = "undecided", _l("Reports that no one has decided yet")
    NO_FURTHER_ACTION = "no_further_action", _l("Reports closed without further action")
    DUPLICATE = "duplicate", _l("Reports merged into another")
    SCHOOL_NUMBER = "school_number", _l("Reports and removals of a school without a number that the version accepts")
    IDENTIFIER = "identifier", _l("Reports and removals with an identifier longer than the version accepts")
    STUDENT_NUMBER = "student_number", _l("Students without a number of at most 32 characters")
    NOT_CODED = "not_coded", _l("Students who caused harm, without a behavior")
    BEHAVIOR = "behavior", _l("Students who caused harm, whose behavior has no Ed-Fi code")
    LOCATION = "location", _l("Places without an Ed-Fi code (the report is in the file, without its place)")
    PART = "part", _l("People whose role is not established, and support persons")
    ADULT = "adult", _l("Staff")


@dataclass
class Tally:
    """What a file holds (element to number), which students it covers (id to school), and what was left out: reason and
    code to number."""

    written: Counter[str] = field(default_factory=Counter)
    students: dict[int, int] = field(default_factory=dict)
    left: Counter[tuple[Left, str]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        return self.written.total()

    def leave(self, why: Left, code: str = "") -> None:
        self.left[why, code] += 1


def descriptor(of: List, value: str) -> str | None:
    """A code as the interchange writes it; None when the list has no such value."""
    if "://" in value and "#" in value:
        return value
    return f"{_URI}{of.value}#{value}" if value in VALUES[of] else None


def value_of(code: str) -> str:
    return code.rsplit("#", 1)[-1]


_INT: Final = 2**31
_LONG: Final = 2**63


@dataclass(frozen=True)
class Version:
    """One version of the standard, with the longest identifiers and the school number limit of its schema."""

    name: str
    incident_characters: int = 36
    action_characters: int = 36
    school_below: int = _LONG
    weapon_of_each: bool = False
    """Whether the association of a student who caused harm has weapons of its own."""

    @property
    def namespace(self) -> str:
        return f"http://ed-fi.org/{self.name}.0"

    def takes_school(self, text: str) -> bool:
        return text.isascii() and text.isdecimal() and int(text) < self.school_below


NEWEST: Final = Version("5.2", weapon_of_each=True)
VERSIONS: Final = {
    version.name: version
    for version in (
        Version("4.0", incident_characters=20, action_characters=32, school_below=_INT),
        Version("5.0", school_below=_INT),
        Version("5.1"),
        NEWEST,
    )
}
NAMESPACES: Final = frozenset(version.namespace for version in VERSIONS.values())
