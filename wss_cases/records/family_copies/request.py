"""A family asks for a copy of a record: the request with its clock, and its end without a copy.

The functions that take the unit of work are for use cases, here and in `draft`.
"""

from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from flask import url_for
from sqlalchemy import select
from wtforms import BooleanField, DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row, make_for_event
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import LongText, PlainForm, choice_field, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.pages import place_names, title_words
from wss_cases.intake.offline.models import remind_writers
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.records.family_copies.copy.models import (
    OPEN,
    TRANSITIONS,
    Asker,
    FamilyRelease,
    Part,
    ReleaseState,
    is_eligible,
)
from wss_cases.records.family_copies.copy.pages import cases_with, held_back, reports_about, suspects_abuse
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_student, guardians_of
from wss_cases.roster.names.queries import COLUMNS, finder_beside, students_named

EARLIEST = date(2000, 1, 1)


LANGUAGES = (("en", "English"), ("es", "Español"))

copies = Pages("family_copies", __name__)


class AskForm(PlainForm):
    """Who asked (a guardian's id, or "student"), when, what for, and what goes in."""

    who = radio(
        _l("Who asked"),
        {},
        _l("Choose who asked."),
        validate_choice=False,
        description=_l("Guardians on the roster, which does not include court orders; or the student, from age 18."),
    )
    orders_checked = BooleanField(_l("I checked the student’s file: no court order keeps this person from the record"))
    asked_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    purpose = LongText(_l("What they want it for"), [Optional()], limit=500)
    language = choice_field(_l("Language of the copy"), LANGUAGES, validators=[InputRequired(_l("Choose a language."))])
    reports = SelectMultipleField(
        _l("Reports"), [InputRequired(_l("Choose at least one report of this student."))], choices=[],
        coerce=int, validate_choice=False,
        description=_l(
            "What they asked to see; each report with its case and what happened afterward. For reports from past "
            "years, first view past years on the student’s page."
        ),
    )  # fmt: skip
    parts = SelectMultipleField(
        _l("What goes in"),
        choices=choices([(part.value, label) for part, label in Part.labels().items()]),
        default=[part.value for part in Part],
        description=_l("The facts of each report and its text for the family are always included."),
    )
    note = LongText(
        _l("A note from the school"), [Optional()], limit=4000, description=_l("Appears first in the copy.")
    )


def _offer(pupil: Student, form: AskForm) -> dict[str, Any]:
    """Offer who may ask, and the reports that may go to a family; name those that may not."""
    form.who.choices = choices(_askers(pupil))
    reports, places = reports_about(current_actor(), pupil), place_names()
    form.reports.choices = choices(
        [
            (row.id, f"{row.reference} · {title_words(row.tile, places.get(row.location_code, ''))}")
            for row in reports
            if not suspects_abuse(row)
        ]
    )
    suspected = ", ".join(row.reference for row in reports if suspects_abuse(row))
    not_offered = _(
        "Not offered here, because abuse or neglect is suspected: %(reports)s. Ask the district’s counsel before a "
        "family sees them.",
        reports=suspected,
    )
    missing: tuple[str, ...] | None = None
    if not form.who.choices:
        missing = (
            _("The roster has no guardian, and the student is not known to be 18."),
            _("Ask the office to add one to the student information system."),
        )
    elif not form.reports.choices:
        missing = (_("No report can be included in a copy."),)
    return {"missing": missing, "warning": not_offered if suspected else ""}


def _askers(pupil: Student) -> list[tuple[str, str]]:
    """Return whose right it is: the student's own from 18 on, else each guardian's on the roster."""
    today = today_at(pupil.school_id, clock.now())
    if is_eligible(pupil.birth_date, today):
        return [(Asker.STUDENT.value, _("%(name)s, who is 18 or older", name=pupil.shown_name))]
    return [
        (str(who.id), f"{who.name} ({who.relation})" if who.relation else who.name)
        for who in guardians_of(pupil.id)
        if who.may_receive_records is not False
    ]


@copies.act(
    "/students/<int:student_id>/family-copies/new", Subject(Student, get_student), AskForm,
    Permission.FAMILY_COPY_PREPARE, adds=True, endpoint="new", boxed=False, more=_offer,
    title=_l("Prepare a copy for the family"), button=_l("Make the draft"), lede=attrgetter("shown_name"),
    start=lambda pupil: {"asked_on": today_at(pupil.school_id, clock.now())},
    trail=lambda pupil: [
        (
            _("Copies for the family of %(name)s", name=pupil.shown_name),
            url_for("family_copies.student", student_id=pupil.id),
        )
    ],
    then=lambda _pupil, release_id: url_for("family_copies.draft", release_id=release_id),
)  # fmt: skip
def ask(uow: UnitOfWork, student: Student, form: AskForm) -> int:
    """Write down that a family asks for a copy, with its clock; returns its id."""
    assert student.school_id is not None
    today, asked_on, reports = today_at(student.school_id, uow.now), form.asked_on.data, form.reports.data
    if not EARLIEST <= asked_on <= today:
        raise Refused("asked_on", _("Choose today or an earlier day."))
    who, guardian_id, name = whose_right(student, form.who.data, today)
    if who is Asker.GUARDIAN and not form.orders_checked.data:
        raise Refused("orders_checked", _("Check the student’s file for a court order first."))
    _check_reports(uow.actor, student, reports)
    row = FamilyRelease(
        school_id=student.school_id, student_id=student.id, asked_by=who, guardian_id=guardian_id,
        asked_name=name, asked_on=asked_on, orders_checked=form.orders_checked.data,
        purpose=form.purpose.data.strip(), language=form.language.data, incident_ids=sorted(reports),
        parts=[part for part in Part if part in form.parts.data],
        note=form.note.data, prepared_by_id=uow.actor.user_id, prepared_at=uow.now,
    )  # fmt: skip
    waiting = make_for_event(
        uow, "family_copy_asked", school_id=row.school_id, owner_id=uow.actor.user_id,
        from_day=asked_on, incident_id=row.incident_ids[0],
    )  # fmt: skip
    if waiting:
        row.follow_up_id, row.due_on = waiting[0].id, waiting[0].due_on
    uow.add(row)
    record(uow, row, "asked")
    # what is not filed yet is in no record: whoever wrote of the student without network is asked to file it now
    named = finder_beside((), students_named(select(*COLUMNS).where(Student.id == student.id)))
    remind_writers(uow, student.id, named, f"copy:{row.id}")
    return row.id


def to_draft(row: FamilyRelease) -> list[tuple[Any, str]]:
    """The page above an act on a request: its draft."""
    return [(_("Copy for the family"), url_for("family_copies.draft", release_id=row.id))]


def whose_right(student: Student, who: str, today: date) -> tuple[Asker, int | None, str]:
    """Return who asks, the guardian's id and the name. Raises Refused for whoever has no right to it."""
    eligible = is_eligible(student.birth_date, today)
    if who == Asker.STUDENT and eligible:
        return Asker.STUDENT, None, student.shown_name
    if eligible:
        words = _("The student is 18 or older, so the right is theirs. Others need their written consent.")
        raise Refused("who", words)
    guardian = next((each for each in guardians_of(student.id) if str(each.id) == who), None)
    if guardian is None:
        raise Refused("who", _("Choose who asked."))
    if guardian.may_receive_records is False:
        raise Refused("who", _("This person may not receive records of this student."))
    return Asker.GUARDIAN, guardian.id, guardian.name


def _check_reports(actor: Actor, student: Student, reports: Sequence[int]) -> None:
    known = {incident.id for incident in reports_about(actor, student)}
    if not reports or not set(reports) <= known:
        raise Refused("reports", _("Choose at least one report of this student."))
    check_held_back(actor, "reports", list(reports))


def check_held_back(actor: Actor, field: str, incident_ids: list[Any]) -> None:
    """Raise Refused for reports that never go to a family from here."""
    held = ", ".join(held_back(actor, incident_ids))
    if held:
        words = _(
            "%(reports)s cannot go to a family from here: abuse or neglect may be suspected. Ask the district’s"
            " counsel first.",
            reports=held,
        )
        raise Refused(field, words)


def open_release(uow: UnitOfWork, release_id: int, permission: Permission, version: int | None) -> FamilyRelease:
    """Return a locked request that has not ended. Raises NotFound, Stale or Refused."""
    row = uow.load(FamilyRelease, release_id, permission, version)
    refuse_ended(row)
    return row


def refuse_ended(row: FamilyRelease) -> None:
    if row.state not in OPEN:
        raise Refused("", _("This request has ended. What was released stays as it is."))


def allow(row: FamilyRelease, state: ReleaseState) -> None:
    """Raise Refused where a request cannot become this."""
    if state in TRANSITIONS[row.state]:
        return
    if state is ReleaseState.RELEASED:
        raise Refused("", _("It has not been fully reviewed yet."))
    raise Refused("", _("It is already waiting for a second person."))


def close_follow_up(uow: UnitOfWork, row: FamilyRelease, outcome: str, note: str = "") -> None:
    waiting = uow.session.get(FollowUp, row.follow_up_id, with_for_update=True) if row.follow_up_id else None
    if waiting is not None and waiting.state is FollowUpState.OPEN:
        close_row(uow, waiting, outcome, note)


def record(uow: UnitOfWork, row: FamilyRelease, act: str) -> None:
    """Write the timeline and audit row of one act on a request, in the history of its case too."""
    cases = cases_with(row.student_id, row.incident_ids)
    uow.record(row, f"family_release.{act}", case_id=cases[0][0].id if cases else None)
