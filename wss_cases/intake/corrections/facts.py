"""Correcting the facts of a report. The history keeps old and new value, who and why; then the report is routed
again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final

from flask import Blueprint, render_template, url_for
from sqlalchemy import ColumnElement, exists, or_, select
from wtforms import DateTimeLocalField, Field
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.cases.case.actions import stronger_role
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, choice_field, choices
from wss_cases.foundation.i18n import _, _l, in_language
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, local, local_date, moment_words, zone_of
from wss_cases.incidents.changes import behavior_of_part
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.pages import tell_of_danger, tell_that_it_waits
from wss_cases.incidents.incident.queries import behaviors_in_force, get_incident, location, locations_on
from wss_cases.incidents.incident.rules import PersonDetails, code_set_for, highest_group, person_words
from wss_cases.incidents.incident.states import UNDECIDED, WAITING, IncidentState, PersonRole, WhenPrecision
from wss_cases.incidents.pages import when_words
from wss_cases.intake.details import person_fields, pick, stored
from wss_cases.intake.protection import KINDS, move_to_school
from wss_cases.intake.report.actions import route_incident
from wss_cases.intake.report.forms import MOMENT_FORMATS, time_problem
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import LegalDuty, LegalDutyStep
from wss_cases.safeguards.duties.duty.raising import responsible, tell_outside
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.questioning.models import Questioning
from wss_cases.safeguards.restraint import RestraintRecord

FACT_LABELS: Final = {
    "school": _l("School"),
    "tile": _l("What happened"),
    "place": _l("Where"),
    "when": _l("When"),
    "injury": _l("Was anyone hurt?"),
    "weapon": _l("Weapon"),
    "substance": _l("Substance"),
    "role": _l("Role"),
    "behavior": _l("What they are reported to have done"),
    "person_injury": _l("Was this person hurt?"),
}
_OF: Final = {"what": FACT_LABELS}

SENTENCES: Final[dict[str, Any]] = {
    "incident.corrected": (_l("Corrected: %(what)s. Before: %(was)s. Now: %(now)s. Reason: %(why)s"), _OF),
    "case.facts_corrected": _l("Facts of report %(reference)s were corrected"),
    "incident.part_corrected": (
        _l("Corrected for %(who)s: %(what)s. Before: %(was)s. Now: %(now)s. Reason: %(why)s"),
        _OF,
    ),
}


def may_correct(actor: Actor, incident: Any, review_began: bool) -> bool:
    """Deans and administrators of the school may at any time, the reporter until review begins or while a question
    is pending with them."""
    return actor.covers(incident.school_id, Role.DEAN, Role.ADMINISTRATOR) or is_reporters(
        actor, incident, review_began
    )


def is_reporters(actor: Actor, incident: Any, review_began: bool) -> bool:
    """Whether the actor reported it and review has not begun, or it came back to them with a question."""
    own = incident.reporter_id is not None and incident.reporter_id == actor.user_id
    untouched = incident.state is IncidentState.SUBMITTED and not review_began
    return own and (untouched or incident.state is IncidentState.RETURNED)


def refuse_after_review(allowed: bool) -> None:
    """Raise Refused, with whom to ask, unless allowed."""
    if not allowed:
        raise Refused("", _("The review of this report has started. Ask a dean or an administrator to correct it."))


def review_began(incident: Incident) -> bool:
    """Whether a reviewer acted on a report: asked, checked, set a part or decided."""
    if incident.reviewed_at is not None:
        return True
    entry = TimelineEntry
    acts = or_(entry.kind.startswith("review."), entry.kind == "incident.merged")
    return bool(db.session.scalar(select(exists().where(_of(incident), acts))))


def withdrawal_asked(incident: Incident) -> TimelineEntry | None:
    """The first request to withdraw an undecided report, or None."""
    if incident.state not in UNDECIDED:
        return None
    statement = select(TimelineEntry).where(_of(incident), TimelineEntry.kind == "incident.withdrawal_asked")
    return db.session.scalars(statement.order_by(TimelineEntry.id)).first()


def _of(incident: Incident) -> ColumnElement[bool]:
    entry = TimelineEntry
    return (entry.subject_type == Incident.__tablename__) & (entry.subject_id == incident.id)


WORK: tuple[Any, ...] = (CaseIncident, PoliceReview, DisciplineAction, RestraintRecord, Questioning)
"""Records that tie a report to the school where they were made."""


def move_school(uow: UnitOfWork, incident: Incident, school_id: int) -> None:
    """Move a report, with its duties, to another of the actor's schools under that school's next number. Raises
    NotFound for a school that is not the actor's; Refused if work was recorded on the report, or a person in it is
    not of that school."""
    school = existing(uow.session.get(School, school_id))
    require(uow.actor, Permission.INCIDENT_REPORT, school)
    duties = list(uow.session.scalars(select(LegalDuty).where(LegalDuty.incident_id == incident.id).with_for_update()))
    if incident.happened_at_id is not None or any(person.other_school_id for person in incident.people):
        raise Refused("school_id", _("Another school was notified of this report, so it stays where it is."))
    if _worked_on(uow, incident, [duty.id for duty in duties]):
        raise Refused(
            "school_id", _("This school has already started work on this report. Hand it over there instead.")
        )
    for person in incident.people:
        of_roster = person.student or person.staff
        if of_roster is not None and of_roster.school_id != school.id:
            words = _("%(name)s is not a student of this school. Correct who it was first.", name=person_words(person))
            raise Refused("school_id", words)
    number = uow.next_number(f"incident:{school.id}")
    incident.school_id, incident.number, incident.reference = school.id, number, f"{school.code}-I-{number:04d}"
    move_to_school(uow, incident)
    for duty in duties:
        duty.school_id = school.id
        uow.audit("duty.school_corrected", "legal_duty", duty.id, changes_of(duty))
        tell_outside(uow, duty, incident)
        for user_id in sorted(responsible(duty, uow.now)):
            key = f"duty:{duty.id}:{duty.state.value}:{user_id}"
            uow.notify(user_id, "duty_raised", duty, key, at_any_hour=True)
    if incident.state in WAITING:
        tell_that_it_waits(uow, incident)
    if incident.danger_now:
        tell_of_danger(uow, incident)


def _worked_on(uow: UnitOfWork, incident: Incident, duty_ids: list[int]) -> bool:
    done = [exists().where(model.incident_id == incident.id) for model in WORK]
    # Follow-ups that only routing made move along.
    made = FollowUp.kind.in_(sorted(KINDS)) & (FollowUp.state != FollowUpState.DONE)
    done.append(exists().where(FollowUp.incident_id == incident.id, ~made))
    done.append(exists().where(LegalDutyStep.duty_id.in_(duty_ids)))
    return any(uow.session.scalar(select(one)) for one in done)


CODES: Mapping[str, Mapping[Any, Any]] = {
    "tile": states.Tile.labels(),
    "injury": states.INJURY_LABELS,
    "weapon": states.WEAPON_LABELS,
    "substance": states.SUBSTANCE_LABELS,
}
"""Facts of the whole report that are codes of a closed list."""


@dataclass(frozen=True)
class Correction:
    """The corrected facts and the reason. Values equal to the stored ones change nothing."""

    reason: str
    school_id: int
    location_code: str
    tile: str
    injury: str | None = None
    weapon: str | None = None
    substance: str | None = None
    occurred_at: datetime | None = None
    people: tuple[PersonDetails, ...] = ()


@use_case
def correct_facts(uow: UnitOfWork, incident_id: int, said: Correction) -> int:
    """Correct the facts of a report and route it again. New legal duties are raised at once; nothing done is undone.
    Raises Refused without a reason, without a difference, for values that do not fit, and, once review has begun,
    for anyone but a dean or administrator; Stale if the report was changed since."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, uow.version)
    refuse_after_review(may_correct(uow.actor, incident, review_began(incident)))
    refuse_blank("reason", said.reason, _("Enter the reason in a sentence."))
    uow.session.flush()
    parts = {person.id: person.role for person in incident.people}
    changed = [step(uow, incident, said) for step in (_school, _codes, _place, _moment, _people)]
    if not any(changed):
        raise Refused("", _("This is what the report already says."))
    incident.behavior_group = highest_group(incident.people)
    _carry_over(uow, incident, {person.id for person in incident.people if person.role is not parts[person.id]})
    if incident.state is not IncidentState.DUPLICATE:
        route_incident(uow, incident)
    return incident.id


def note(
    uow: UnitOfWork, incident: Incident, what: str, was: Callable[[], Any], why: str, change: Callable[[], None]
) -> bool:
    """Apply one change and record old and new value; `was` gives the value in the reader's language. Always True."""
    before = in_both(was)
    change()
    uow.record(incident, "incident.corrected", what=what, was=before, now=in_both(was), why=why)
    uow.session.flush()
    return True


def _school(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    if said.school_id == incident.school_id:
        return False
    return note(
        uow, incident, "school", lambda: incident.reference, said.reason,
        lambda: move_school(uow, incident, said.school_id),
    )  # fmt: skip


def _codes(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    changed = False
    for name, labels in CODES.items():
        value = getattr(said, name)
        if value == getattr(incident, name):
            continue
        if value not in labels and (value is not None or name == "tile"):
            raise Refused(name, _("Choose one of these."))
        _set_code(uow, incident, name, value, said.reason)
        changed = True
    return changed


def _set_code(uow: UnitOfWork, incident: Incident, name: str, value: str | None, why: str) -> None:
    def change() -> None:
        setattr(incident, name, value)
        if name != "tile":
            incident.facts = {key: one for key, one in incident.facts.items() if key != name} | (
                {name: value} if value is not None else {}
            )

    labels = CODES[name]
    note(uow, incident, name, lambda: labels.get(getattr(incident, name), _("Not answered")), why, change)


def _place(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    if said.location_code == incident.location_code:
        return False
    where = location(said.location_code)
    if where is None:
        raise Refused("location", _("Choose where it happened."))

    def change() -> None:
        incident.location_code, incident.place = where.code, where.place

    return note(uow, incident, "place", lambda: _place_words(incident.location_code), said.reason, change)


def _place_words(code: str) -> Any:
    where = location(code)
    return in_language(where, "label") if where is not None else code


def _moment(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    at = said.occurred_at
    if at is None or at == incident.occurred_at.replace(second=0, microsecond=0):
        return False
    if at > uow.now:
        raise Refused("occurred", _("This time is in the future. Enter when it happened."))
    zone = zone_of(incident.school_id)

    def change() -> None:
        wall = local(at, zone)
        incident.occurred_at, incident.local_date = at, local_date(at, zone)
        incident.local_minute, incident.period = wall.hour * 60 + wall.minute, ""
        incident.when_precision = WhenPrecision.EXACT

    return note(uow, incident, "when", lambda: when_words(incident, zone), said.reason, change)


def _people(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    mine = {person.id: person for person in incident.people}
    changed = [_person(uow, incident, mine.get(part.person_id), part, said.reason) for part in said.people]
    return any(changed)


def _person(uow: UnitOfWork, incident: Incident, person: IncidentPerson | None, part: PersonDetails, why: str) -> bool:
    if person is None:
        raise Refused("", _("One of these people is not in this report."))
    before = part_words(person)
    person.role, person.injury = part.role, part.injury
    person.behavior = behavior_of_part(uow, incident, person, part)
    person.behavior_code_id = person.behavior.id if person.behavior else None
    now = part_words(person)
    different = [name for name in before if before[name] != now[name]]
    if different:
        uow.record(person, "incident.person_changed")
    for name in different:
        details: dict[str, Any] = {
            "what": name,
            "who": person_words(person),
            "was": before[name],
            "now": now[name],
            "why": why,
        }
        uow.record(incident, "incident.part_corrected", **details)
    return bool(different)


def part_words(person: IncidentPerson) -> dict[str, dict[str, str]]:
    """Role, behavior and injury of a person in both languages, by the names of FACT_LABELS."""
    return {
        "role": in_both(lambda: person.role.label),
        "behavior": in_both(lambda: in_language(person.behavior, "label") if person.behavior else _("Not coded yet")),
        "person_injury": in_both(lambda: states.INJURY_LABELS.get(person.injury or "", _("Not answered"))),
    }


def _carry_over(uow: UnitOfWork, incident: Incident, people: set[int]) -> None:
    """Bring the cases opened from this report up to date: kind of harm, place, and the parts of these people."""
    for case in cases_of_incident(incident.id):
        if case.incidents and case.incidents[0].id == incident.id:
            case.harm_kind, case.location_code = incident.tile, incident.location_code
        uow.record(case, "case.facts_corrected", reference=incident.reference)
        for part in case.participants:
            role = _part_in(case, part, people)
            if role is not None and role is not part.role:
                part.role = role
                uow.record(part, "case.person_role", role=role.value)


def _part_in(case: Case, part: CaseParticipant, people: set[int]) -> PersonRole | None:
    """The part of a person across all reports of a case; None for someone who is not in `people`."""
    theirs = [
        person
        for report in case.incidents
        for person in report.people
        if person.id == part.incident_person_id
        or (part.student_id is not None and person.student_id == part.student_id)
    ]
    if not people & {person.id for person in theirs}:
        return None
    return reduce(stronger_role, (person.role for person in theirs))


OF_PERSON = ("role", "behavior", "injury")


class CorrectionForm(BaseForm):
    """The facts of the whole report; `correction_form` adds the fields of one report."""

    school_id = choice_field(FACT_LABELS["school"], validators=[Optional()])
    tile = choice_field(FACT_LABELS["tile"], list(CODES["tile"].items()))
    location = choice_field(FACT_LABELS["place"], validators=[InputRequired(_l("Choose where it happened."))])
    occurred = DateTimeLocalField(FACT_LABELS["when"], format=MOMENT_FORMATS, validators=[Optional()])
    injury = pick(FACT_LABELS["injury"], CODES["injury"])
    weapon = pick(FACT_LABELS["weapon"], CODES["weapon"])
    substance = pick(FACT_LABELS["substance"], CODES["substance"])
    reason = LongText(
        _l("Reason for the correction"),
        [NotBlank(_l("Enter the reason in a sentence."))],
        limit=2_000,
        description=_l("The history of the report keeps the reason, the old value, and the new value."),
    )

    def check_time(self, now: datetime, zone: str) -> bool:
        """Whether the time is possible; otherwise the field gets an error."""
        problem = time_problem(self.occurred.data, now, zone)
        self.occurred.errors = [*self.occurred.errors, *([problem] if problem else [])]
        return not problem

    def correction(self, incident: Incident, zone: str) -> Correction:
        return Correction(
            reason=self.reason.data or "",
            school_id=(id_in(self["school_id"].data) if "school_id" in self else None) or incident.school_id,
            location_code=self.location.data,
            tile=self.tile.data,
            injury=self.injury.data or None,
            weapon=self.weapon.data or None,
            substance=self.substance.data or None,
            occurred_at=at_wall(self.occurred.data.replace(second=0), zone),
            people=tuple(self._part(person) for person in incident.people),
        )

    def _part(self, person: IncidentPerson) -> PersonDetails:
        role, behavior, injury = (self[f"p{person.id}_{name}"].data for name in OF_PERSON)
        return PersonDetails(person.id, PersonRole(role), id_in(behavior), injury=injury or None)


def correction_form(
    incident: Incident,
    codes: Mapping[str, Sequence[BehaviorCode]],
    places: Sequence[LocationCode],
    schools: Sequence[tuple[int, str]],
    zone: str,
) -> CorrectionForm:
    """The form filled with a report's facts; the school is a field only if there is a choice."""
    fields: dict[str, Field] = {}
    for person in incident.people:
        questions = person_fields(person, codes[code_set_for(person.grade, incident.local_date)])
        fields |= {name: field for name, field in questions.items() if name.removeprefix(f"p{person.id}_") in OF_PERSON}
    made = type("CorrectionOfReport", (CorrectionForm,), dict(fields))
    data: dict[str, Any] = stored(incident) | {"tile": incident.tile, "school_id": str(incident.school_id)}
    wall = local(incident.occurred_at, zone).replace(tzinfo=None)
    form: CorrectionForm = made(data=data | {"occurred": wall}, version=incident.version)
    form.location.choices = choices([(place.code, in_language(place, "label")) for place in places])
    form.school_id.choices = choices([(str(number), name) for number, name in schools])
    if len(schools) < 2:
        del form.school_id
    return form


blueprint = Blueprint("corrections", __name__, url_prefix="/incidents/<int:incident_id>")


@blueprint.route("/correct", methods=["GET", "POST"])
@gate(Permission.INCIDENT_COMPLETE)
def facts(incident_id: int) -> Page:
    """All facts of a report; the changed ones are corrected with one reason."""
    actor = current_actor()
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    refuse_after_review(may_correct(actor, report, review_began(report)))
    zone, title = zone_of(report.school_id), _("Correct the facts")
    form = _form(actor, report, zone)
    back = url_for("incidents.incident", incident_id=report.id)
    reviews = can(actor, Permission.INCIDENT_REVIEW, report)
    shown = {
        "title": title,
        "go_words": _("Correct it"),
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "people": [
            (person_words(person), [form[f"p{person.id}_{name}"] for name in OF_PERSON]) for person in report.people
        ],
    }
    template = "intake/corrections/facts.html"
    if form.is_submitted() and form.occurred.data is not None and not form.check_time(clock.now(), zone):
        return render_template(template, form=form, **shown), 400

    def act() -> int:
        return correct_facts(submitted(form), report.id, form.correction(report, zone))

    return form_page(
        form, act, url_for("review.incident", incident_id=report.id) if reviews else back, template, **shown
    )


def _form(actor: Actor, report: Incident, zone: str) -> CorrectionForm:
    day = report.local_date
    codes = {name: behaviors_in_force(name, day) for name in {code_set_for(p.grade, day) for p in report.people}}
    schools = {one.id: one.name for one in schools_by_id(actor.school_ids(*STAFF) | {report.school_id}).values()}
    places = locations_on(day, report.location_code)
    return correction_form(report, codes, places, sorted(schools.items(), key=lambda one: one[1]), zone)


def panel(actor: Actor, report: Incident) -> tuple[str, dict[str, str]] | None:
    """The link to the correction on a report's page; None for those who may not correct it."""
    began = review_began(report)
    if not may_correct(actor, report, began):
        return None
    pages = {"href": url_for("corrections.facts", incident_id=report.id)}
    withdrawal = withdrawal_asked(report)
    if withdrawal is not None and report.reporter_id == actor.user_id:
        pages["asked"] = moment_words(withdrawal.at, zone_of(report.school_id))
    elif is_reporters(actor, report, began):
        pages["withdraw"] = url_for("withdrawal.withdraw", incident_id=report.id)
    return "intake/corrections/_panel.html", pages


ROOM = Room(pages=(blueprint,), sentences=SENTENCES, panels=(Panel(Place.INCIDENT, 40, panel),))
