"""What goes into a copy of a record for a family, and which requests, students and reports an actor may read for it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from wss_cases.access.actor import Actor, Role, in_schools, may_know_of_housing
from wss_cases.attachments.attachment import Attachment, AttachmentKind
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult, CaseState, PlanState, SafetyPlan
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.casework.next_act import harm_words, kind_words, state_words
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, force_locale, in_language
from wss_cases.foundation.school_time import day_words_with_year, moment_words
from wss_cases.incidents.deputies import DeputyLook, agreed_look
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import addenda_of, contacts_of, people_of
from wss_cases.incidents.incident.queries import visible_to as incidents_visible
from wss_cases.incidents.incident.states import INJURY_LABELS, MANNER_LABELS, REPORTED_ROLE_LABELS
from wss_cases.incidents.incident.states import RESULT_LABELS as CONTACT_LABELS
from wss_cases.incidents.pages import place_names, title_words, when_words
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementSignature, AgreementTerm
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.common.queries import known_to
from wss_cases.records.family_copies.copy import models
from wss_cases.records.family_copies.copy.models import (
    OPEN,
    FamilyRelease,
    FamilyReleaseCopy,
    Mark,
    Part,
    ReleaseState,
    changed,
    finder_for,
    left_over,
    marks_in,
    released,
)
from wss_cases.roster.directory.models import School, Student
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.queries import span_words
from wss_cases.safeguards.duties.duty.queries import mandated_duties_of

FILE: Final = "file-"
"""Begins the part of a copy that is an attachment; its number follows."""


@dataclass(frozen=True)
class Line:
    """One line of a copy. `is_free`: somebody typed it, so it is looked through for names."""

    key: str
    label: str
    text: str
    is_free: bool = False

    @property
    def title(self) -> str:
        return self.label or _("Note to the family")


@dataclass(frozen=True)
class Section:
    """A heading and its lines."""

    title: str
    lines: list[Line]


def sections_of(release: FamilyRelease, reader: Actor) -> list[Section]:
    """Return what goes into a copy, and the reader may know, as the records stand now, in the language of this moment.

    The family gets all of it: that is what the system reads.
    """
    school = db.session.get_one(School, release.school_id)
    wanted = select(Incident).where(Incident.id.in_(release.incident_ids), Incident.school_id == release.school_id)
    incidents = list(db.session.scalars(wanted.order_by(Incident.local_date, Incident.id)))
    sections = []
    if release.note.strip():
        sections.append(Section(_("From the school"), [_typed("note", "", release.note)]))
    for incident in incidents:
        own = [person for person in people_of(incident.id) if person.student_id == release.student_id]
        if own:
            sections.append(_report(release, incident, own[0], school.time_zone))
    if Part.CASE in release.parts:
        sections += _cases(reader, release.student_id, incidents)
    if Part.DISCIPLINE in release.parts:
        sections += _discipline(release.student_id, [incident.id for incident in incidents])
    chosen = files_of(release)
    lines = [_typed(f"{FILE}{one.id}", _("Attachment %(number)d", number=one.id), words_of(one)) for one in chosen]
    sections.append(Section(_("Attachments"), lines))
    for section in sections:
        section.lines[:] = [line for line in section.lines if line.text.strip()]
    return [section for section in sections if section.lines]


def files_of(release: FamilyRelease) -> list[Attachment]:
    """Return the files that somebody looked at and chose for a copy, as long as they stand on one of its reports."""
    chosen = [int(part.removeprefix(FILE)) for part in release.parts if part.startswith(FILE)]
    stand = select(Attachment).where(
        Attachment.id.in_(chosen), Attachment.incident_id.in_(release.incident_ids), Attachment.removed_at.is_(None),
        Attachment.sealed_at.is_(None),
    )  # fmt: skip
    return list(db.session.scalars(stand.order_by(Attachment.id))) if chosen else []


def words_of(attachment: Attachment) -> str:
    return attachment.title or str(AttachmentKind(attachment.kind).label)


def cases_with(student_id: int, incident_ids: Sequence[int]) -> list[tuple[Case, CaseParticipant]]:
    """Return the cases of some reports in which a student stands, with the student's part."""
    cases: dict[int, tuple[Case, CaseParticipant]] = {}
    for incident_id in incident_ids:
        for case in cases_of_incident(incident_id):
            own = select(CaseParticipant).where(
                CaseParticipant.case_id == case.id, CaseParticipant.student_id == student_id
            )
            part = db.session.scalar(own.order_by(CaseParticipant.id).limit(1))
            if part is not None:
                cases[case.id] = (case, part)
    return list(cases.values())


def _typed(key: str, label: str, text: str) -> Line:
    return Line(key, label, text, is_free=True)


def _report(release: FamilyRelease, incident: Incident, own: IncidentPerson, zone: str) -> Section:
    key = f"incident:{incident.id}"
    place = place_names().get(incident.location_code, incident.location_code)
    coded = in_language(own.behavior, "label") if own.behavior else ""
    lines = [
        Line(f"{key}:when", _("When"), when_words(incident, zone)),
        Line(f"{key}:part", _("This student’s part"), str(REPORTED_ROLE_LABELS[own.role])),
        Line(f"{key}:coded", _("Behavior"), coded),
        Line(f"{key}:injury", _("This student’s injury"), str(INJURY_LABELS.get(own.injury or "", ""))),
        _typed(f"{key}:family", _("What happened"), own.family_text),
    ]
    if Part.NARRATIVE in release.parts:
        lines += [
            _typed(f"{key}:narrative", _("What was seen or heard"), incident.narrative),
            _typed(f"{key}:action", _("Immediate action taken"), incident.immediate_action),
        ]
        for added in addenda_of(incident.id):
            label = _("Added on %(when)s", when=moment_words(added.at, zone))
            lines.append(_typed(f"{key}:added:{added.id}", label, added.text))
    if Part.CONTACTS in release.parts:
        lines += _contacts(incident.id, own.id, zone)
    title = f"{incident.reference} · {title_words(incident.tile, place)}"
    return Section(title, lines)


def _contacts(incident_id: int, person_id: int, zone: str) -> Iterator[Line]:
    for contact in contacts_of(incident_id):
        if contact.incident_person_id == person_id:
            result = f"{MANNER_LABELS[contact.manner]}: {CONTACT_LABELS[contact.result]}"
            key = f"contact:{contact.id}"
            yield Line(key, moment_words(contact.at, zone), result)
            yield _typed(f"{key}:note", _("Note of that attempt"), contact.note)


def _cases(reader: Actor, student_id: int, incidents: list[Incident]) -> list[Section]:
    sections = []
    for case, own in cases_with(student_id, [incident.id for incident in incidents]):
        key = f"case:{case.id}"
        # that somebody declined is told to no family: not even that it was not theirs
        told = CaseResult(case.result) if case.result not in (None, "", CaseResult.DECLINED) else None
        state = told.label if told else CaseState(case.state).label
        lines = [
            Line(f"{key}:opened", _("Opened"), day_words_with_year(case.opened_on)),
            Line(f"{key}:state", _("State"), str(state)),
            *_pathways(reader, case.id, own.id),
            *_safety_plan(case.id, own.id),
        ]
        sections.append(Section(_("Case %(title)s", title=f"{case.reference} · {harm_words(case.harm_kind)}"), lines))
    return sections


def _pathways(reader: Actor, case_id: int, participant_id: int) -> Iterator[Line]:
    wanted = select(Pathway).where(Pathway.case_id == case_id, known_to(reader)).order_by(Pathway.id)
    signed = _signed_by(participant_id)
    for row in db.session.scalars(wanted):
        if row.participant_id == participant_id or row.id in signed:
            yield Line(f"pathway:{row.id}", kind_words(row), _state_words(row))
        if row.id in signed:
            yield from _terms(row.id)


def _state_words(row: Pathway) -> str:
    # who declined is never told: a circle with nobody's agreement is only not planned, whatever anybody said
    if row.pathway == Family.CIRCLE and row.state in (PathwayState.DECLINED, PathwayState.ENDED_EARLY):
        return _("No meeting is scheduled")
    return state_words(row)


def _signed_by(participant_id: int) -> set[int]:
    statement = (
        select(Agreement.pathway_id)
        .join(AgreementSignature, AgreementSignature.agreement_id == Agreement.id)
        .where(AgreementSignature.participant_id == participant_id)
    )
    return set(db.session.scalars(statement))


def _terms(pathway_id: int) -> Iterator[Line]:
    # their words belong to the parties and the keeper; the family has its own sheet of them
    statement = (
        select(AgreementTerm.id, AgreementTerm.position, AgreementTerm.due_on, AgreementTerm.state)
        .join(Agreement, Agreement.id == AgreementTerm.agreement_id)
        .where(Agreement.pathway_id == pathway_id)
        .order_by(AgreementTerm.position)
    )
    for term_id, position, due_on, state in db.session.execute(statement):
        until = _("until %(day)s", day=day_words_with_year(due_on))
        words = f"{until} · {TermState(state).label}"
        yield Line(f"term:{term_id}", _("Promise %(number)s of the agreement", number=position), words)


def _safety_plan(case_id: int, participant_id: int) -> Iterator[Line]:
    statement = select(SafetyPlan).where(SafetyPlan.case_id == case_id, SafetyPlan.participant_id == participant_id)
    for plan in db.session.scalars(statement.order_by(SafetyPlan.id)):
        key = f"plan:{plan.id}"
        yield Line(key, _("This student’s safety plan"), str(PlanState(plan.state).label))
        texts = (
            ("steps", _("Steps"), plan.steps),
            ("adults", _("Adults told"), plan.adults_told),
            ("route", _("Way through the building"), plan.route),
            ("seat", _("Seat"), plan.seat),
            ("phone", _("Phone"), plan.phone),
        )
        for name, label, text in texts:
            yield _typed(f"{key}:{name}", label, text)


def _discipline(student_id: int, incident_ids: list[int]) -> list[Section]:
    statement = select(DisciplineAction).where(
        DisciplineAction.student_id == student_id, DisciplineAction.incident_id.in_(incident_ids)
    )
    sections = []
    for action in db.session.scalars(statement.order_by(DisciplineAction.starts_on, DisciplineAction.id)):
        key = f"discipline:{action.id}"
        lines = [
            Line(key, _("What"), span_words(action)),
            _typed(f"{key}:reason", _("Reason"), action.reason),
            _typed(f"{key}:supports", _("Support services"), action.support_services),
        ]
        sections.append(Section(_("Discipline action"), lines))
    return sections


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
        return {line.key: line for section in self.sections for line in section.lines}

    @property
    def all_marks(self) -> list[Mark]:
        return [mark for line_marks in self.marks.values() for mark in line_marks]

    @property
    def undecided(self) -> list[Mark]:
        return [mark for mark in self.all_marks if not mark.done]

    @property
    def texts(self) -> dict[str, str]:
        return {key: line.text for key, line in self.lines.items()}

    def changed_since(self, seen: dict[str, Any]) -> list[str]:
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
    return db.session.get_one(Student, release.student_id)


load_release = by_id(FamilyRelease)


def deputys_yes(release: FamilyRelease) -> DeputyLook | None:
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
    all_facts = [incident.facts or {}, *((person.facts or {}) for person in incident.people)]
    return any(facts.get("abuse_suspected") is True for facts in all_facts)


ROOM = Room(sentences=models.SENTENCES, loaders={"family_release": load_release})
