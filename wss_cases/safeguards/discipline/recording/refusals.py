"""What is refused of a removal, whether it is recorded or corrected: whose, when, why, beyond the tenth day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.keepers import keeps_circle_of
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals import queries, rules
from wss_cases.safeguards.discipline.removals.rules import Count, Span
from wss_cases.safeguards.discipline.removals.states import WITHOUT_END, DisciplineKind
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
    if not 0 <= span.days <= rules.MOST_DAYS:
        raise Refused("days", _("Enter the school days as a number from 0 to %(most)d.", most=rules.MOST_DAYS))
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
    """Raise Refused for no reason, of a suspension also of its length, or another child's name in what the family
    reads: `told`, by the field."""
    refuse_blank("reason", told["reason"], _("Enter the reason."))
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
