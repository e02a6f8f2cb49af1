"""A dean hands a removal of more than 3 days to the administrators: each is asked, and one decision answers for all."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row, make
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.queries import keeps_circle_of
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals import queries, rules
from wss_cases.safeguards.discipline.removals.models import WITHOUT_END, DisciplineKind
from wss_cases.safeguards.discipline.removals.rules import Count, Span
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm

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
    if rules.is_too_young(span.kind, grade):
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
    between = len(rules.dates_of(replace(span, days=0), calendar))
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
    if rules.needs_verified_facts(kind):
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
    if rules.must_acknowledge(protected, count) and not acknowledged:
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
