"""Reading copies for families: requests, their drafts from today's records, and what was released."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from wss_cases.access.actor import Actor, Role, in_schools, may_know_of_housing
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.incidents.deputies import DeputyLook, agreed_look
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to as incidents_visible
from wss_cases.journal.rooms import Room
from wss_cases.records.family_copies.copy import models
from wss_cases.records.family_copies.copy.contents import Line, Section, sections_of
from wss_cases.records.family_copies.copy.models import (
    OPEN,
    FamilyRelease,
    FamilyReleaseCopy,
    Part,
    ReleaseState,
    finder_for,
)
from wss_cases.records.family_copies.copy.rules import Mark, changed, left_over, marks_in, released
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.duties.duty.queries import mandated_duties_of

RECORD_ROLES = (Role.COORDINATOR, Role.ADMINISTRATOR)
MOST = 100
NOBODY = Actor(user_id=None, name="")
"""Who knows of no need for housing."""


@dataclass(frozen=True)
class Draft:
    """A copy as it would be now: its sections, and the places to decide about, by line."""

    sections: list[Section]
    marks: dict[str, list[Mark]]
    left: list[str]

    @property
    def lines(self) -> dict[str, Line]:
        """Every line by its key."""
        return {line.key: line for section in self.sections for line in section.lines}

    @property
    def all_marks(self) -> list[Mark]:
        """Every place to decide about, in the order of the text."""
        return [mark for line_marks in self.marks.values() for mark in line_marks]

    @property
    def undecided(self) -> list[Mark]:
        """The places that nobody decided about."""
        return [mark for mark in self.all_marks if not mark.done]

    @property
    def texts(self) -> dict[str, str]:
        """The text of each line, by its key."""
        return {key: line.text for key, line in self.lines.items()}

    def changed_since(self, seen: dict[str, Any]) -> list[str]:
        """Return the labels of lines that are not as they were handed on."""
        lines = self.lines
        gone = _("a line that is no longer there")
        return [lines[key].title if key in lines else gone for key in changed(seen, self.texts)]

    def content(self) -> list[dict[str, Any]]:
        """Return what the family gets: headings, and lines with everything replaced that is to be."""
        return [
            {
                "title": section.title,
                "lines": [[line.label, released(line.text, self.marks.get(line.key, ()))] for line in section.lines],
            }
            for section in self.sections
        ]


def draft_of(release: FamilyRelease, reader: Actor = NOBODY) -> Draft:
    """Return the draft of a copy, made from the records as they stand now, in the family's language.

    It is decided about and handed on as nobody in particular reads it: what only a coordinator knows holds nothing that
    somebody typed, so nothing there names another child.
    """
    finder = finder_for(release)
    with force_locale(release.language):
        instead = _("another student")
        sections = sections_of(release, reader)
    marks: dict[str, list[Mark]] = {}
    left: list[str] = []
    for line in (line for section in sections for line in section.lines if line.is_free):
        line_marks = marks_in(line.key, line.text, finder, release.by_hand, release.decisions, instead)
        left += left_over(line.text, line_marks, finder)
        for mark in line_marks:
            if mark.instead != instead:
                left += [one.words for one in finder.find(mark.instead)]
        if line_marks:
            marks[line.key] = line_marks
    return Draft(sections, marks, left)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Requests of the schools whose records the actor keeps; a copy stays with the school that released it."""
    return in_schools(FamilyRelease.school_id, actor, *RECORD_ROLES)


def get_release(actor: Actor, release_id: int) -> FamilyRelease:
    """Return one request. Raises NotFound."""
    return existing(db.session.scalar(select(FamilyRelease).where(FamilyRelease.id == release_id, visible_to(actor))))


def student_of(release: FamilyRelease) -> Student:
    """Return the student of a request that the actor may read, wherever they go to school now."""
    return db.session.get_one(Student, release.student_id)


load_release = by_id(FamilyRelease)


def deputys_yes(release: FamilyRelease) -> DeputyLook | None:
    """Return the answer of the network's deputy who agreed to a copy as it was handed on."""
    if release.state is not ReleaseState.HANDED_ON:
        return None
    return agreed_look(FamilyRelease.__tablename__, release.id, release.handed_on_at)


def copy_of(release: FamilyRelease) -> FamilyReleaseCopy:
    """Return what was released. Raises NotFound while nothing was."""
    return existing(db.session.scalar(select(FamilyReleaseCopy).where(FamilyReleaseCopy.release_id == release.id)))


def shown_to(actor: Actor, release: FamilyRelease, stored: FamilyReleaseCopy) -> dict[str, Any]:
    """Return what was released as the actor may read it; `sections_whole` stands in it where there is more to know."""
    contents: dict[str, Any] = json.loads(stored.text)
    whole = contents.pop("sections_whole", contents["sections"])
    return contents | {"sections": whole if may_know_of_housing(actor, release.school_id) else contents["sections"]}


def prints(actor: Actor, release: FamilyRelease) -> bool:
    """Whether the actor prints the family's sheet of a copy: one that tells of cases is a coordinator's to print, so
    that no one learns from it whether there is something in it which is not theirs to know."""
    return Part.CASE not in release.parts or may_know_of_housing(actor, release.school_id)


def releases_of(actor: Actor, student_id: int) -> list[FamilyRelease]:
    """Return the requests about one student, the newest first."""
    statement = select(FamilyRelease).where(FamilyRelease.student_id == student_id, visible_to(actor))
    return list(db.session.scalars(statement.order_by(FamilyRelease.id.desc()).limit(MOST)))


def open_releases(actor: Actor) -> list[tuple[FamilyRelease, Student]]:
    """Return the requests that wait, by the day until which the family gets its copy."""
    statement = (
        select(FamilyRelease, Student)
        .join(Student, Student.id == FamilyRelease.student_id)
        .where(visible_to(actor), FamilyRelease.state.in_(sorted(OPEN)))
        .order_by(FamilyRelease.due_on, FamilyRelease.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement.limit(MOST))]


def reports_about(actor: Actor, student: Student) -> list[Incident]:
    """Return the reports of a student's school in which the student stands, the newest first.

    Past years that faded from view are looked at first, with a reason, as anywhere.
    """
    statement = (
        select(Incident)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .where(IncidentPerson.student_id == student.id, Incident.school_id == student.school_id, Incident.stands())
        .order_by(Incident.local_date.desc(), Incident.id.desc())
        .distinct()
    )
    return list(db.session.scalars(incidents_visible(statement, actor).limit(MOST)))


def held_back(actor: Actor, incident_ids: list[Any]) -> list[str]:
    """Return the references of reports that never go to a family from here: suspected abuse or neglect.

    A mandated-reporter duty is known to few, so it holds back only before those who may know of it.
    """
    statement = select(Incident).where(Incident.id.in_(incident_ids)).order_by(Incident.id)
    return [
        incident.reference
        for incident in db.session.scalars(statement)
        if suspects_abuse(incident) or mandated_duties_of(actor, incident.id)
    ]


def suspects_abuse(incident: Incident) -> bool:
    """Whether the facts of a report say that abuse or neglect is suspected."""
    all_facts = [incident.facts or {}, *((person.facts or {}) for person in incident.people)]
    return any(facts.get("abuse_suspected") is True for facts in all_facts)


ROOM = Room(sentences=models.SENTENCES, loaders={"family_release": load_release})
