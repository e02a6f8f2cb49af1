"""The record of disclosures of a student: reading it, adding to it by hand, and everyone's for those who verify it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import ColumnElement, or_, select, true
from wtforms import BooleanField, DateField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor, Role, in_schools, may_know_of_housing
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.access.visibility import first_in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, panel_card
from wss_cases.foundation.school_time import at_local, day_words_with_year, local_date, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.models import Disclosure
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.referrals.referral.models import FIELD_LABELS
from wss_cases.pathways.referrals.referral.queries import purpose_read, service_words
from wss_cases.roster.directory.models import Student

PAGE = 20
RECORD_ROLES = (Role.COORDINATOR, Role.ADMINISTRATOR)
"""Who keeps the disclosures of their school's students; auditors read them all."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Students whose disclosures the actor may read: the record goes with the student."""
    return true() if actor.has(Role.AUDITOR) else in_schools(Student.school_id, actor, *RECORD_ROLES)


def in_window(actor: Actor) -> ColumnElement[bool]:
    """Disclosures of students in reach that the actor's years still show; one tells what else has faded from view."""
    if actor.has(Role.AUDITOR):
        return true()
    parts: list[ColumnElement[bool]] = [Disclosure.student_id.in_(sorted(actor.past_students))]
    for grant in actor.grants:
        here = in_schools(Student.school_id, replace(actor, grants=(grant,)), *RECORD_ROLES)
        first = grant.sees_from
        parts.append(here if first is None else here & (Disclosure.at >= at_local(first, 0, 0, zone_of(None))))
    return or_(*parts)


def shown_as(actor: Actor, student: Student) -> str:
    """Return how a student is called in the record: an auditor reads what went where beside a number, not a name."""
    keeps = actor.covers(student.school_id, *RECORD_ROLES)
    return student.shown_name if keeps else student.student_number or _("Student %(number)s", number=student.id)


@dataclass(frozen=True)
class ListedDisclosure:
    """One disclosure with the names that stand beside it; `made_by` is '' for the system.

    `veiled`: it tells of a need for housing support, of which the reader may not know.
    """

    row: Disclosure
    student: Student
    made_by: str
    veiled: bool


def get_student(actor: Actor, student_id: int) -> Student:
    """Return a student whose disclosures the actor may read. Raises NotFound."""
    return existing(db.session.scalar(select(Student).where(Student.id == student_id, visible_to(actor))))


def disclosures(
    actor: Actor, student_id: int | None = None, before: tuple[datetime, int] | None = None, limit: int = PAGE
) -> list[ListedDisclosure]:
    """Return disclosures of one student, or of all that the actor may read, the latest first.

    `before` is the time and id of the last one shown.
    """
    statement = (
        select(Disclosure, Student, UserAccount.name)
        .join(Student, Student.id == Disclosure.student_id)
        .outerjoin(UserAccount, UserAccount.id == Disclosure.made_by_id)
    )
    if student_id is not None:
        statement = statement.where(Disclosure.student_id == student_id)
    if before is not None:
        at, number = before
        later = (Disclosure.at == at) & (Disclosure.id < number)
        statement = statement.where((Disclosure.at < at) | later)
    ordered = (
        statement.where(visible_to(actor), in_window(actor))
        .order_by(Disclosure.at.desc(), Disclosure.id.desc())
        .limit(limit)
    )
    return [
        ListedDisclosure(row, student, name or "", row.of_housing and not may_know_of_housing(actor, student.school_id))
        for row, student, name in db.session.execute(ordered)
    ]


class DisclosureForm(PlainForm):
    """Who asked, who got what, why, when."""

    asked_by = ShortText(_l("Who asked for it"), [NotBlank(_l("Write who asked for it."))])
    told_whom = ShortText(_l("Who received it"), [NotBlank(_l("Write who received it."))])
    told_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    what = LongText(
        _l("What was disclosed"),
        [NotBlank(_l("Write what was disclosed."))],
        limit=500,
        description=_l("What kind of thing, for example attendance this year; not what it says."),
    )
    interest = ShortText(_l("Their legitimate interest"), [NotBlank(_l("Write why they may have it."))], limit=300)
    purpose = ShortText(_l("What they will use it for"), [NotBlank(_l("Write what they will use it for."))], limit=300)
    of_housing = BooleanField(
        _l("It mentions a need for housing: only the coordinator can read who received it and why")
    )


EARLIEST = date(2000, 1, 1)


pages = Pages("disclosures", __name__)
ON_PAPER = 1000
SCHOOL = _l("The school")
UNASKED = {
    "referral": _l("The school, with written consent"),
    "police_notification": _l("The school, without consent (police notification)"),
}
"""Where nobody asked: on what ground the school told somebody, by what it was told with."""


@pages.get("/disclosures")
@gate(Permission.DISCLOSURE_READ)
def everyone() -> Page:
    """Every disclosure that the actor may read, the latest first."""
    actor = current_actor()
    rows = disclosures(actor, before=_before(request.args.get("before", "")), limit=PAGE + 1)
    older = None
    if len(rows) > PAGE:
        last = rows[PAGE - 1].row
        older = url_for("disclosures.everyone", before=f"{last.at.isoformat()}~{last.id}")
    return render_template(
        "records/disclosures/list.html",
        rows=[
            _line(row) | {"student": shown_as(actor, row.student), "href": _address(row.student)} for row in rows[:PAGE]
        ],
        older=older,
        newest=url_for("disclosures.everyone") if request.args.get("before") else None,
    )


@pages.get("/students/<int:student_id>/disclosures")
@gate(Permission.DISCLOSURE_READ)
def student(student_id: int) -> Page:
    """One student's disclosures; `paper` for the sheet that is kept with the record."""
    actor = current_actor()
    pupil = get_student(actor, student_id)
    on_paper = "paper" in request.args
    since = None if actor.has(Role.AUDITOR) else first_in_view(actor, pupil.school_id, *RECORD_ROLES)
    return render_template(
        "records/disclosures/sheet.html" if on_paper else "records/disclosures/student.html",
        student=pupil,
        name=shown_as(actor, pupil),
        faded_before=day_words_with_year(since) if since and pupil.id not in actor.past_students else "",
        rows=[_line(row) for row in disclosures(actor, student_id, limit=ON_PAPER)],
        may_record=can(actor, Permission.DISCLOSURE_RECORD, pupil),
        may_open=can(actor, Permission.STUDENT_READ, pupil),
        printed_on=day_words_with_year(today_at(pupil.school_id, clock.now())),
    )


@pages.act(
    "/students/<int:student_id>/disclosures/new", Subject(Student, get_student), DisclosureForm,
    Permission.DISCLOSURE_RECORD, adds=True, endpoint="record", title=_l("Record a disclosure"), button=_l("Record it"),
    lede=_l("Not for the guardian, an eligible student, or school staff who need it for their work."), boxed=False,
    trail=lambda pupil: [(_("Disclosures of %(name)s", name=pupil.shown_name), _address(pupil))],
    then=lambda pupil, _answer: _address(pupil),
)  # fmt: skip
def record_disclosure(uow: UnitOfWork, student: Student, form: DisclosureForm) -> int:
    """Add one disclosure of a student by hand; returns its id."""
    zone, told_on = zone_of(student.school_id), form.told_on.data
    if not EARLIEST <= told_on <= local_date(uow.now, zone):
        raise Refused("told_on", _("Choose today or an earlier day."))
    texts = {name: form[name].data.strip() for name in ("asked_by", "told_whom", "interest", "purpose")}
    what, at = [form.what.data.strip()], at_local(told_on, 12, 0, zone)
    return uow.disclose(student, student.id, fields=what, at=at, of_housing=form.of_housing.data, **texts).id


def student_panel(actor: Actor, pupil: Student) -> tuple[str, dict[str, Any]] | None:
    """Return the link to a student's disclosures on the student's page; None for whoever may not read them."""
    if not can(actor, Permission.DISCLOSURE_READ, pupil):
        return None
    return panel_card(link=(_("Disclosures of this record"), _address(pupil)))


def _line(disclosure: ListedDisclosure) -> dict[str, Any]:
    row, veiled = disclosure.row, disclosure.veiled
    by_hand, partner = row.object_type == "student", _("A partner of the school")
    what = [_("A need")] if veiled and by_hand else row.fields
    return {
        "on": day_words_with_year(local_date(row.at, zone_of(disclosure.student.school_id))),
        "asked_by": partner if veiled and row.asked_by else row.asked_by or str(UNASKED.get(row.object_type, SCHOOL)),
        "told_whom": partner if veiled else row.told_whom,
        "what": "; ".join(name if by_hand else _field_words(name) for name in what),
        "interest": _("Support by a partner") if veiled else service_words(row.interest) or _read(row, row.interest),
        "purpose": _("Support by a partner") if veiled else _purpose(row),
        "made_by": disclosure.made_by or _("The system"),
    }


def _read(row: Disclosure, words: str) -> str:
    """Return words in the reader's language where the system wrote them; what somebody wrote stays as it is."""
    return _(words) if words and row.object_type not in ("student", "referral") else words


def _purpose(row: Disclosure) -> str:
    of_referral = row.object_type == "referral"
    return purpose_read(row.purpose, row.told_whom, row.interest) if of_referral else _read(row, row.purpose)


def _field_words(name: str) -> str:
    """Return a field of the record in words; a correction names the day on which the mistake was told."""
    try:
        return day_words_with_year(date.fromisoformat(name))
    except ValueError:
        return str(FIELD_LABELS.get(name, name))


def _address(pupil: Student) -> str:
    return url_for("disclosures.student", student_id=pupil.id)


def _before(text: str) -> tuple[datetime, int] | None:
    at, _tilde, digits = text.partition("~")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    number = id_in(digits)
    if instant.tzinfo is None or number is None:
        return None
    return (instant, number) if 2000 <= instant.year < 2200 else None


ROOM = Room(pages=(pages,), panels=(Panel(Place.STUDENT, 40, student_panel),))
