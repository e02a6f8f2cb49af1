"""Recording a removal: the student is heard before it takes effect, or the reasons why not are recorded.

Before the hearing, only a continuing danger allows a removal, and the student is then heard by the next school day
(Goss v. Lopez). In a matter of Title IX there is no suspension before its own process ends, only an emergency removal
after a written safety and risk analysis, which the student can challenge at once (34 CFR 106.44).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from wtforms import BooleanField, DateField, HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row, close_row, make
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, pick, radio
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.journal.acts import Act, Subject
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.queries import keeps_circle_of
from wss_cases.pathways.reengagement.opening import Away, open_for_incident
from wss_cases.pathways.reengagement.plan import AwayCause, back_on
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.messages import CODE as NOTICE
from wss_cases.safeguards.discipline.messages import ask_for_interpreter, raise_alarm
from wss_cases.safeguards.discipline.removals import models, queries
from wss_cases.safeguards.discipline.removals.models import (
    ADMINISTRATOR_DECIDES,
    MOST_DAYS,
    WITHOUT_END,
    ActionState,
    Answer,
    Count,
    DisciplineAction,
    DisciplineKind,
    Span,
    Tried,
    is_exclusion,
)
from wss_cases.safeguards.discipline.removals.queries import Offer, facts_of_report
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm

DAYS_BETWEEN = NumberRange(0, MOST_DAYS, _l("Enter the school days as a number from 0 to 730."))
CHALLENGE = _l("How the student can challenge it right away")
STUDENT_SAID = _l("What the student said")


class SpanForm(PlainForm):
    """What a removal is and when."""

    kind = pick(_l("Kind"), DisciplineKind.labels(), _l("Choose the kind."))
    days = IntegerField(
        _l("School days"), [InputRequired(_l("Enter the number of school days.")), DAYS_BETWEEN],
        description=_l("Part of a day is 1. Only a removal with no end date has 0."),
    )  # fmt: skip
    starts_on = DateField(_l("First day"), [InputRequired(_l("Enter the first day."))])
    ends_on = DateField(_l("Last day"), [Optional()])
    reason = LongText(
        _l("Reason"), [NotBlank(_l("Enter the reason."))], rows=3,
        description=_l("The family reads this. Facts only, and no other child’s name."),
    )  # fmt: skip
    length_reason = LongText(
        _l("Why it lasts this long"), rows=2,
        description=_l("Required for a suspension, an expulsion, or a placement. The family reads this."),
    )  # fmt: skip

    @property
    def span(self) -> Span:
        return Span(DisciplineKind(self.kind.data), self.days.data, self.starts_on.data, self.ends_on.data)

    @property
    def told(self) -> dict[str, str]:
        return {name: self[name].data if name in self else "" for name in DisciplineAction.TOLD}


class DisciplineForm(SpanForm):
    """One removal of one student, with the packet of a long one."""

    student_id = HiddenField(validators=[InputRequired(_l("Choose the student."))])
    disability = radio(
        _l("Does the student have a disability (an IEP or a 504 plan)?"),
        Answer.labels(),
        _l("Answer whether the student has a disability."),
    )
    suspected = radio(
        _l("Has anyone raised a suspected disability?"),
        Answer.labels(),
        _l("Answer whether anyone has raised a suspected disability."),
    )
    answer_conversation = LongText(Tried.CONVERSATION.label)
    answer_circle = LongText(Tried.CIRCLE.label)
    answer_mentoring = LongText(Tried.MENTORING.label)
    answer_referral = LongText(Tried.REFERRAL.label)
    answer_check_in = LongText(Tried.CHECK_IN.label)
    interventions = LongText(_l("Anything else that was tried before"))
    disruption = LongText(_l("The threat or disruption"))
    support_services = LongText(_l("Support services during the removal"))
    acknowledged = BooleanField(_l("I know that a manifestation review is due within 10 school days of this decision"))
    facts_verified = BooleanField(_l("I verified the facts and heard the student"))
    student_said = LongText(STUDENT_SAID)
    danger = LongText(_l("The continuing danger"))
    analysis = LongText(_l("Safety and risk analysis"))
    challenge = LongText(CHALLENGE)
    may_exclude = True

    @property
    def chosen_id(self) -> int:
        """The chosen student's id; 0, which is none's, for what is no id."""
        return id_in(str(self.student_id.data)) or 0

    @property
    def answers(self) -> dict[Tried, str]:
        return {what: self[f"answer_{what.value}"].data for what in Tried}

    @property
    def is_long(self) -> bool:
        return is_exclusion(DisciplineKind(self.kind.data), self.days.data)

    def validate(self, extra_validators: object = None) -> bool:
        """Say first, before anything else, what the administrator alone decides."""
        sound: bool = super().validate(extra_validators)
        kind = next((one for one in DisciplineKind if one.value == self.kind.data), None)
        if self.may_exclude or kind is None or not is_exclusion(kind, self.days.data or 0):
            return sound
        for each in self:
            each.errors = []
        (self.kind if kind in WITHOUT_END else self.days).errors = [ADMINISTRATOR_DECIDES]
        return False


class HeardForm(BaseForm):
    """What a student said who was removed before being heard."""

    student_said = LongText(STUDENT_SAID, [NotBlank(_l("Enter what the student said, or that they said nothing."))])


A_YEAR = timedelta(days=366)


def student_of(uow: UnitOfWork, incident: Incident, student_id: int) -> Student:
    """Return a student reported to have caused harm in this incident, locked. Raises Refused for everyone else."""
    check_no_keeper(uow.actor, student_id)
    if student_id not in {student.id for student in students_who_caused_harm(incident.id)}:
        raise Refused("student_id", _("Choose a student reported to have caused harm in this incident."))
    # two removals of one student wait for each other, or both would be the tenth day's first
    return uow.session.get_one(Student, student_id, with_for_update=True, populate_existing=True)


def check_no_keeper(actor: Actor, student_id: int) -> None:
    """Raise Refused for somebody who keeps or kept a circle in which this student is: they decide no discipline."""
    if keeps_circle_of(actor.user_id, student_id):
        raise Refused("", _("You keep a circle with this student, so someone else decides about discipline."))


def check_span(span: Span, grade: int | None, calendar: SchoolDays, today: date) -> None:
    """Raise Refused for a removal that this grade has none of, or that cannot lie in time so."""
    if models.is_too_young(span.kind, grade):
        raise Refused("kind", _("Students in pre-K to grade 2 may not be suspended, expelled, or placed elsewhere."))
    if abs(span.starts_on - today) > A_YEAR:
        raise Refused("starts_on", _("This day is more than a year away. Check the year."))
    if span.days == 0 and span.kind not in WITHOUT_END:
        raise Refused("days", _("A removal has at least 1 school day; part of a day is 1."))
    if span.kind not in WITHOUT_END and not calendar.is_school_day(span.starts_on):
        raise Refused("starts_on", _("There is no school on this day. Choose the first school day away."))
    if span.ends_on is None:
        return
    if span.ends_on < span.starts_on:
        raise Refused("ends_on", _("The last day cannot be before the first."))
    if span.ends_on - span.starts_on > 3 * A_YEAR:
        raise Refused("ends_on", _("This day is too far away. Check the year."))
    between = len(models.dates_of(replace(span, days=0), calendar))
    if span.days and between != span.days:
        words = ngettext(
            "There is %(num)d school day from the first day to the last.",
            "There are %(num)d school days from the first day to the last.",
            between,
        )
        raise Refused("days", words)


def check_reason(incident_id: int | None, student: Student, kind: DisciplineKind, told: Mapping[str, str]) -> None:
    """Raise Refused for a suspension without the reason of its length, or another child's name in what the family
    reads: `told`, by the field."""
    if models.needs_verified_facts(kind):
        refuse_blank("length_reason", told["length_reason"], _("Enter why it lasts this long."))
    others = queries.names_of_others(incident_id, student.id)
    for name, text in told.items():
        names = others.names_in(text)
        if names:
            words = _(
                "The family reads this. Write it without another child’s name (%(names)s).", names=", ".join(names)
            )
            raise Refused(name, words)


def check_acknowledged(protected: bool, count: Count, acknowledged: bool) -> None:
    """Raise Refused beyond the tenth day of a student with a disability, as long as nobody acknowledged the review."""
    if models.must_acknowledge(protected, count) and not acknowledged:
        words = _(
            "With this removal it is school day %(after)d away in %(year)s. Beyond day 10 you must acknowledge the "
            "manifestation review before saving.",
            after=count.after,
            year=count.year,
        )
        raise Refused("acknowledged", words)


DECISION = "removal_decision"
"""The follow-up with which a dean hands a decision to the administrators."""


@use_case
def hand_to_administrators(uow: UnitOfWork, incident_id: int, student_id: int) -> int:
    """Ask every administrator of the school to decide about a removal of more than 3 days; returns the incident's id.

    Raises Refused for another student, where they are asked already, and where the school has no administrator.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    student = student_of(uow, incident, student_id)
    today = today_at(incident.school_id, uow.now)
    administrators = holders(Role.ADMINISTRATOR, incident.school_id, today)
    if not administrators:
        raise Refused("", _("This school has no administrator. Ask the district."))
    person = next(one.id for one in incident.people if one.student_id == student.id)
    if _open(uow, person):
        raise Refused("", _("The administrators are already asked to decide."))
    for user_id, _name in administrators:
        make(
            uow, school_id=incident.school_id, kind=DECISION, owner_id=user_id, single_mail=True,
            due_on=school_days(incident.school_id).on_or_after(today), incident_id=incident.id,
            incident_person_id=person, given_by_id=uow.actor.user_id,
        )  # fmt: skip
    return incident.id


def close_hand_off(uow: UnitOfWork, incident: Incident, student_id: int) -> None:
    """Close what asks the administrators about this student, once one of them recorded a removal. For use cases."""
    for person in incident.people:
        if person.student_id == student_id:
            for row in _open(uow, person.id):
                close_row(uow, row, "done")


def close_for_all(uow: UnitOfWork, decided: FollowUp) -> None:
    """Close what asks the other administrators, once one of them decided that there is no removal."""
    if decided.kind == DECISION and decided.incident_person_id is not None:
        for row in _open(uow, decided.incident_person_id):
            close_row(uow, row, decided.outcome or "")


def _open(uow: UnitOfWork, incident_person_id: int) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.kind == DECISION,
        FollowUp.state == FollowUpState.OPEN,
        FollowUp.incident_person_id == incident_person_id,
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


HEARING = "student_hearing"
NO_EXPULSION: Final = _l("This is a Title IX matter. No one may be expelled before its process ends.")


def is_title_ix_matter(incident: Incident) -> bool:
    """Whether the facts of a report, or of anybody in it, make it a matter of Title IX."""
    return models.is_title_ix((incident.facts, *(person.facts for person in incident.people)))


def may_not_stand(action: DisciplineAction) -> bool:
    """Whether a removal stands that a matter of Title IX forbids: its report became one after it was recorded."""
    stands = action.state is ActionState.STANDING and models.needs_verified_facts(action.kind) and not action.analysis
    return stands and action.incident_id is not None and models.is_title_ix(facts_of_report(action.incident_id))


def _check_heard(form: DisciplineForm, title_ix: bool, calendar: SchoolDays, today: date) -> None:
    """Raise Refused for a suspension, an expulsion or a placement of a student who was not heard and need not be."""
    if form.analysis.data and not title_ix:
        raise Refused("analysis", _("Nothing on this report makes it a Title IX matter."))
    if title_ix:
        _check_emergency(form)
    elif models.needs_verified_facts(form.span.kind):
        _check_said(form, calendar, today)


def _check_said(form: DisciplineForm, calendar: SchoolDays, today: date) -> None:
    danger, said = form.danger.data, form.student_said.data
    if form.facts_verified.data:
        refuse_blank("student_said", said, _("Enter what the student said, or that they said nothing."))
        if danger:
            raise Refused("danger", _("Leave this empty when the student was heard before."))
        return
    if said:
        raise Refused("facts_verified", _("Check this box if the facts are verified and the student was heard."))
    words = _("Verify the facts and hear the student first. Before that, only a continuing danger allows a removal.")
    if not danger.strip():
        raise Refused("facts_verified", words)
    if form.starts_on.data > calendar.add(today, 1):
        raise Refused(
            "starts_on", _("There is time to hear the student first. A removal for a danger begins right away.")
        )


def _check_emergency(form: DisciplineForm) -> None:
    kind = form.span.kind
    if kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    if models.needs_verified_facts(kind) or form.analysis.data or form.challenge.data:
        words = _("This is a Title IX matter. Only an emergency removal is allowed, and it needs this in writing.")
        refuse_blank("analysis", form.analysis.data, words)
        refuse_blank("challenge", form.challenge.data, words)


def check_stays_heard(action: DisciplineAction, kind: DisciplineKind) -> None:
    """Raise Refused for a correction to a kind for which the student would have to be heard, and was not."""
    if action.analysis and kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    asked_before = models.needs_verified_facts(action.kind) or action.facts_verified_at is not None
    if models.needs_verified_facts(kind) and not asked_before:
        raise Refused("kind", _("The student was not heard about this. Record it as a new action."))


def ask_to_hear(uow: UnitOfWork, action: DisciplineAction) -> None:
    """Ask who recorded a removal for a continuing danger to hear the student by the next school day."""
    today, calendar = today_at(action.school_id, uow.now), school_days(action.school_id)
    make(
        uow, school_id=action.school_id, kind=HEARING, owner_id=uow.actor.user_id, single_mail=True,
        due_on=max(models.hear_by(action.starts_on, today, calendar), calendar.on_or_after(today)),
        incident_id=action.incident_id, incident_person_id=_entry_id(uow, action),
    )  # fmt: skip


@use_case
def hear_student(uow: UnitOfWork, action_id: int, student_said: str) -> int:
    """Record that a student who was removed for a continuing danger was heard. Raises Refused where none waits."""
    action = uow.load(DisciplineAction, action_id, Permission.DISCIPLINE_RECORD, uow.version)
    check_no_keeper(uow.actor, action.student_id)
    if not waits_to_be_heard(action):
        raise Refused("", _("No hearing is waiting for this action."))
    refuse_blank("student_said", student_said, _("Enter what the student said, or that they said nothing."))
    action.student_said = student_said
    action.facts_verified_at, action.facts_verified_by_id = uow.now, uow.actor.user_id
    uow.record(action, "discipline.heard")
    for row in _asked(uow, action):
        close_row(uow, row, "done")
    return action.id


def drop_hearing(uow: UnitOfWork, action: DisciplineAction) -> None:
    """Cancel what asks to hear a student whose removal was reversed. For use cases."""
    for row in _asked(uow, action):
        cancel_row(uow, row, _("The removal was reversed."))


def waits_to_be_heard(action: DisciplineAction) -> bool:
    """Whether a student is away for a continuing danger and was not heard yet."""
    return action.danger != "" and action.facts_verified_at is None and action.state is ActionState.STANDING


def _asked(uow: UnitOfWork, action: DisciplineAction) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.kind == HEARING,
        FollowUp.state == FollowUpState.OPEN,
        FollowUp.incident_id == action.incident_id,
        FollowUp.incident_person_id == _entry_id(uow, action),
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


def _entry_id(uow: UnitOfWork, action: DisciplineAction) -> int | None:
    entry = IncidentPerson
    statement = select(entry.id).where(entry.incident_id == action.incident_id, entry.student_id == action.student_id)
    return uow.session.scalar(statement.order_by(entry.id).limit(1))


def _record(uow: UnitOfWork, incident: Incident, form: DisciplineForm) -> int:
    """Record a removal of a student who is reported to have caused harm in this incident.

    Raises Refused first for an exclusion that is not the administrator's; then for pre-K to grade 2, another student,
    impossible days, a student who was not heard, an exclusion whose packet has gaps, and beyond the tenth day of a
    student with a disability without the review acknowledged. The student's return opens in the same act.
    """
    decides = can(uow.actor, Permission.DISCIPLINE_DECIDE, incident)
    if form.is_long and not decides:
        raise Refused("days" if form.span.kind not in WITHOUT_END else "kind", str(ADMINISTRATOR_DECIDES))
    student = student_of(uow, incident, form.chosen_id)
    today, span = today_at(incident.school_id, uow.now), form.span
    calendar = school_days(incident.school_id)
    check_span(span, queries.grade_on(student, span.starts_on), calendar, today)
    _check_heard(form, is_title_ix_matter(incident), calendar, today)
    check_reason(incident.id, student, span.kind, form.told)
    offered = queries.offered_to(student.id, incident.school_id, year_began(today))
    if form.is_long:
        _check_exclusion(form, offered)
    protected, count = _check_disability(student, form, calendar)
    action = uow.add(_made(uow, incident, form, offered, count))
    uow.record(action, "discipline.recorded", what=action.kind.value, days=action.days)
    _open_return(uow, incident, action)
    if action.danger:
        ask_to_hear(uow, action)
    if decides:
        close_hand_off(uow, incident, student.id)
    ask_for_interpreter(uow, incident, student, NOTICE)
    if models.calls_for_review(protected, count):
        raise_alarm(uow, action, count, today, calendar)
    return action.id


record_discipline = Act(_record, Permission.DISCIPLINE_RECORD, Subject(Incident, get_incident), DisciplineForm)


def year_began(today: date) -> date:
    return school_year_bounds(school_year(today))[0]


def _check_exclusion(form: DisciplineForm, offered: list[Offer]) -> None:
    for what in models.gaps({offer.what for offer in offered}, form.answers):
        words = _("No offer is on record. Write what was offered outside the record, or why nothing was.")
        raise Refused(f"answer_{what.value}", words)
    for name in ("disruption", "support_services"):
        words = _("More than 3 days, an expulsion, or a placement needs this in writing.")
        refuse_blank(name, form[name].data, words)


def _check_disability(student: Student, form: DisciplineForm, calendar: SchoolDays) -> tuple[bool, Count]:
    on_record, disability = bool(student.has_iep or student.has_504), Answer(form.disability.data)
    if on_record and disability is not Answer.YES:
        raise Refused("disability", _("The roster shows that this student has an IEP or a 504 plan."))
    protected = models.is_protected(on_record, disability, Answer(form.suspected.data))
    count = models.counted(queries.spans_of(student.id), form.span, calendar)
    check_acknowledged(protected, count, form.acknowledged.data)
    return protected, count


WRITTEN = ("interventions", "disruption", "student_said", "danger", "analysis")
"""Columns that hold what was written, as it was, beside what the family reads."""


def _made(
    uow: UnitOfWork, incident: Incident, form: DisciplineForm, offered: list[Offer], count: Count
) -> DisciplineAction:
    verified = form.facts_verified.data
    return DisciplineAction(
        school_id=incident.school_id,
        incident_id=incident.id,
        student_id=form.chosen_id,
        recorded_by_id=uow.actor.user_id,
        recorded_at=uow.now,
        disability=Answer(form.disability.data),
        suspected=Answer(form.suspected.data),
        year_days=count.after,
        review_acknowledged=form.acknowledged.data,
        facts_verified_at=uow.now if verified else None,
        facts_verified_by_id=uow.actor.user_id if verified else None,
        offered=[{"what": offer.what.value, "on": offer.on.isoformat()} for offer in offered] if form.is_long else [],
        answers={what.value: words for what, words in form.answers.items() if words.strip()},
        **vars(form.span),
        **form.told,
        **{name: form[name].data for name in WRITTEN},
    )


def _open_return(uow: UnitOfWork, incident: Incident, action: DisciplineAction) -> None:
    """Planning the return starts on the day of the removal, in the incident's case. For use cases."""
    away = Away(AwayCause.REMOVAL, f"removal:{action.id}", action.starts_on, back_after(action))
    open_for_incident(uow, incident, action.student_id, away)


def back_after(action: DisciplineAction) -> date | None:
    """Return the first day back after a removal; None while it has no end."""
    days, is_open = school_days(action.school_id), action.kind in WITHOUT_END and action.days == 0
    return back_on(days, action.starts_on, action.ends_on, action.days, is_open)
