"""Copies of a record for a family: tables, and pure decisions about the places in a text that name a child."""

import enum
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, Text, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.other_schools import named_elsewhere
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper, CircleSupporter, SupporterRelation
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.roster.names.finder import Finder, Found
from wss_cases.roster.names.queries import COLUMNS, finder_around, siblings, students_named
from wss_cases.roster.names.spellings import BREAK, Kind, Named


class ReleaseState(Labelled):
    """Prepared by one person, released by another, and then never changed."""

    PREPARING = "preparing", _l("Being prepared")
    HANDED_ON = "handed_on", _l("Waiting for a second person")
    RELEASED = "released", _l("Released")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


TRANSITIONS: dict[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.PREPARING: frozenset({ReleaseState.HANDED_ON, ReleaseState.WITHDRAWN}),
    ReleaseState.HANDED_ON: frozenset({ReleaseState.PREPARING, ReleaseState.RELEASED, ReleaseState.WITHDRAWN}),
    ReleaseState.RELEASED: frozenset(),
    ReleaseState.WITHDRAWN: frozenset(),
}
OPEN: Final = frozenset({ReleaseState.PREPARING, ReleaseState.HANDED_ON})


class Asker(enum.StrEnum):
    """Whose right it is: the guardians', from the eighteenth birthday on the student's own."""

    GUARDIAN = "guardian"
    STUDENT = "student"


class Part(Labelled):
    """What of a student's record goes into a copy."""

    NARRATIVE = "narrative", _l("What the reports say, with what was added")
    CONTACTS = "contacts", _l("When the school tried to reach the family")
    CASE = "case", _l("The case: pathways, promises by number, this student’s own safety plan")
    DISCIPLINE = "discipline", _l("This student’s own discipline actions")


class Manner(Labelled):
    """How a copy reaches the family."""

    IN_PERSON = "in_person", _l("Given in person")
    MAILED = "mailed", _l("Mailed on paper")
    READ_HERE = "read_here", _l("Read at the school")
    SENT_SAFELY = "sent_safely", _l("Sent by a protected message")


class KeptWhy(Labelled):
    """Why what looks like a child's name stays."""

    COMMON_WORD = "common_word", _l("It is a word here, not a name")
    ADULT = "adult", _l("It is an adult’s name")
    OWN = "own", _l("It is this student’s own name")
    PLACE = "place", _l("It is a place or a thing")


SENTENCES: dict[str, Any] = {
    "family_release.asked": _l("A family asked for a copy of the record"),
    "family_release.looked_through": _l("The copy for the family was reviewed"),
    "family_release.handed_on": _l("The copy for the family waits for a second person"),
    "family_release.seconded": _l("The network’s deputy agreed to the copy for the family"),
    "family_release.sent_back": _l("The network’s deputy did not agree to the copy for the family"),
    "family_release.released": _l("The copy for the family was released"),
    "family_release.withdrawn": _l("The copy for the family was withdrawn"),
}
"""Timeline kinds in words."""


class FamilyRelease(Versioned, Base):
    """One request to see a student's record: who asked, until when, what of it, and what was decided about each name.

    The text itself stands nowhere before it is released: it is made from the records each time it is shown.
    `orders_checked`: somebody looked for a court order that keeps this guardian from the record, which no roster holds.
    `decisions`: by the key of a place in the text; `seen`: a digest of each line as it was handed on.
    """

    __tablename__ = "family_release"
    __table_args__ = (
        Index("ix_family_release_student", "student_id", "id"),
        Index("ix_family_release_school_state", "school_id", "state"),
        CheckConstraint("guardian_id is null or asked_by = 'guardian'", name="guardian"),
        CheckConstraint("asked_by <> 'guardian' or orders_checked", name="orders"),
        CheckConstraint(
            "(state = 'released') = (released_at is not null)"
            " and (state <> 'released' or (manner is not null and identity <> '' and handed_on_by_id is not null))",
            name="released",
        ),
        CheckConstraint(
            "state <> 'released' or released_by_id is null or handed_on_by_id <> released_by_id", name="second_person"
        ),
        CheckConstraint("state <> 'withdrawn' or withdrawn_why <> ''", name="withdrawn"),
    )
    PRIVATE = frozenset({"purpose", "note", "seen", "by_hand", "decisions", "asked_name", "identity", "withdrawn_why"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    state: Mapped[ReleaseState] = mapped_column(named_enum(ReleaseState, "state"), default=ReleaseState.PREPARING)
    asked_by: Mapped[Asker] = mapped_column(named_enum(Asker, "asked_by"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    asked_name: Mapped[str] = mapped_column(String(400))
    asked_on: Mapped[date]
    due_on: Mapped[date | None]
    orders_checked: Mapped[bool] = mapped_column(default=False, server_default="0")
    purpose: Mapped[str] = mapped_column(Text, default="", server_default="")
    language: Mapped[str] = mapped_column(String(8))
    incident_ids: Mapped[list[Any]] = mapped_column(default=list)
    parts: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    by_hand: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    prepared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    prepared_at: Mapped[datetime]
    handed_on_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    handed_on_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    released_at: Mapped[datetime | None]
    manner: Mapped[Manner | None] = mapped_column(named_enum(Manner, "manner"))
    identity: Mapped[str] = mapped_column(String(200), default="", server_default="")
    withdrawn_why: Mapped[str] = mapped_column(String(300), default="", server_default="")


class FamilyReleaseCopy(Base):
    """What was released, letter by letter. The database refuses to change it; `sha256` is of `text`, which is JSON."""

    __tablename__ = "family_release_copy"
    PRIVATE = frozenset({"text"})

    id: Mapped[Id]
    release_id: Mapped[int] = mapped_column(ForeignKey("family_release.id"), unique=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


def finder_for(release: FamilyRelease) -> Finder:
    """Return what finds every other child in the texts of one copy."""
    own_id = release.student_id
    case_ids = list(
        db.session.scalars(select(CaseIncident.case_id).where(CaseIncident.incident_id.in_(release.incident_ids)))
    )
    together = select(CaseIncident.incident_id).where(CaseIncident.case_id.in_(case_ids))
    incident_ids = {*release.incident_ids, *db.session.scalars(together)}
    near_ids = _students_in(incident_ids, case_ids)
    near_ids |= siblings(near_ids | {own_id})
    others = students_named(_at_school(release.school_id, near_ids | {own_id}))
    also = [*_described(incident_ids, case_ids, own_id), *named_elsewhere(incident_ids)]
    return finder_around(own_id, near_ids, also, others)


def _students_in(incident_ids: Iterable[int], case_ids: Sequence[int]) -> set[int]:
    on_reports = select(IncidentPerson.student_id).where(IncidentPerson.incident_id.in_(sorted(incident_ids)))
    in_cases = select(CaseParticipant.student_id).where(CaseParticipant.case_id.in_(case_ids))
    helped = select(CircleOutsideKeeper.student_id).where(CircleOutsideKeeper.case_id.in_(case_ids))
    found = (*db.session.scalars(on_reports), *db.session.scalars(in_cases), *db.session.scalars(helped))
    return {one for one in found if one is not None}


def _described(incident_ids: Iterable[int], case_ids: Sequence[int], own_id: int) -> list[Named]:
    """Return the names that stand in descriptions of people who are in no roster, and of who supports a party
    or, without the roster, helped to keep a circle."""
    people = select(IncidentPerson.description).where(
        IncidentPerson.incident_id.in_(sorted(incident_ids)), IncidentPerson.student_id.is_(None)
    )
    parts = select(CaseParticipant.description).where(
        CaseParticipant.case_id.in_(case_ids), CaseParticipant.student_id.is_(None)
    )
    own = select(CaseParticipant.id).where(CaseParticipant.student_id == own_id)
    supporters = select(CircleSupporter.name).where(
        CircleSupporter.case_id.in_(case_ids),
        or_(CircleSupporter.participant_id.not_in(own), CircleSupporter.relation != SupporterRelation.FAMILY),
    )
    described = [*db.session.scalars(people), *db.session.scalars(parts)]
    names = {word for text in described for word in text.split() if len(word) > 2 and word[0].isupper()}
    helpers = select(CircleOutsideKeeper.name).where(
        CircleOutsideKeeper.case_id.in_(case_ids), CircleOutsideKeeper.adult_id.is_not(None),
        CircleOutsideKeeper.name != "",
    )  # fmt: skip
    names |= {*db.session.scalars(supporters), *db.session.scalars(helpers)}
    return [Named(name, (name,), ()) for name in sorted(names)]


def _at_school(school_id: int, but: Iterable[int]) -> Select[Any]:
    was_here = select(Enrolment.student_id).where(Enrolment.school_id == school_id)
    return select(*COLUMNS).where(
        or_(Student.school_id == school_id, Student.id.in_(was_here)), Student.id.not_in(sorted(but))
    )


ADULT_AT = 18
REPLACE, KEEP = "replace", "keep"


@dataclass(frozen=True)
class Mark:
    """One place to decide about: its key, what was found, and what was decided ('' nothing yet).

    `instead` stands in the text when it is replaced, `why` says why it is kept.
    """

    key: str
    line: str
    found: Found
    done: str = ""
    instead: str = ""
    why: str = ""


def marks_in(
    line: str, text: str, finder: Finder, by_hand: Sequence[str], decisions: Mapping[str, Any], instead: str
) -> list[Mark]:
    """Return what is to be decided in one line, in order, with what was decided about the same words before."""
    places = _with_by_hand(text, finder.find(text), by_hand)
    marks = []
    counted: dict[str, int] = {}
    for one in places:
        counted[one.words] = counted.get(one.words, 0) + 1
        around = text[max(0, one.start - 20) : one.end + 20]
        key = digest(f"{line}\n{counted[one.words]}\n{one.words}\n{around}")[:16]
        decision = decisions.get(key, {})
        by_itself = REPLACE if one.kind is Kind.BY_HAND else ""
        done, words = decision.get("do", by_itself), decision.get("with") or instead
        marks.append(Mark(key, line, one, done, words, decision.get("why", "")))
    return marks


def _with_by_hand(text: str, places: list[Found], by_hand: Sequence[str]) -> list[Found]:
    """Add what a person marked; where it meets what was found, the whole of both is one place."""
    extra = []
    for phrase in by_hand:
        pattern = r"\s+".join(re.escape(word) for word in phrase.split())
        for match in re.finditer(pattern, text, re.IGNORECASE) if pattern else ():
            extra.append(Found(match.start(), match.end(), match.group(), Kind.BY_HAND, frozenset(), True, False))
    done: list[Found] = []
    for one in sorted([*places, *extra], key=lambda each: (each.start, -each.end)):
        last = done[-1] if done else None
        if last is not None and one.start < last.end:
            end = max(last.end, one.end)
            kind = Kind.BY_HAND if Kind.BY_HAND in (last.kind, one.kind) else last.kind
            done[-1] = replace(last, end=end, words=text[last.start : end], kind=kind, who=last.who | one.who)
        else:
            done.append(one)
    return done


def pieces(text: str, marks: Iterable[Mark]) -> list[tuple[str, Mark | None]]:
    """Return a text in pieces: plain ones, and the places to decide about."""
    cut: list[tuple[str, Mark | None]] = []
    at = 0
    for mark in marks:
        cut += [(text[at : mark.found.start], None), (mark.found.words, mark)]
        at = mark.found.end
    return [(words, mark) for words, mark in [*cut, (text[at:], None)] if words]


def released(text: str, marks: Iterable[Mark]) -> str:
    return "".join(
        mark.instead if mark is not None and mark.done == REPLACE else words for words, mark in pieces(text, marks)
    )


def left_over(text: str, marks: Sequence[Mark], finder: Finder) -> list[str]:
    """Return what would still name a child in a text after its decisions: nothing, or somebody overlooked it."""
    plain = "".join(BREAK if mark is not None else words for words, mark in pieces(text, marks))
    return [one.words for one in finder.find(plain)]


def may_keep(mark: Mark, why: str) -> bool:
    """Whether a place may stay for this reason: a number never, a full name only as somebody else's."""
    if mark.found.kind is Kind.NUMBER:
        return False
    return mark.found.kind is not Kind.FULL or not mark.found.near or why in ("adult", "own")


def changed(seen: Mapping[str, Any], lines: Mapping[str, str]) -> list[str]:
    now = {key: digest(text) for key, text in lines.items()}
    return [key for key in {**seen, **now} if seen.get(key) != now.get(key)]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def is_eligible(birth_date: date | None, day: date) -> bool:
    """Whether the right is the student's own: from the eighteenth birthday on."""
    if birth_date is None:
        return False
    return (day.year - birth_date.year) - ((day.month, day.day) < (birth_date.month, birth_date.day)) >= ADULT_AT


def phrases(typed: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))[:100]
