"""Holds on a student or a case, by the district: opened by who was asked, released by a named person with a reason."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.cases.case.models import Case
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, filled, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.legal_holds import HoldKind, LegalHold, open_hold, release_hold
from wss_cases.records.retention.core.queries import record_school
from wss_cases.records.retention.deletion.erasure import PAGE, Held, get_record_hold, holds
from wss_cases.records.retention.deletion.pages import who_when
from wss_cases.roster.directory.models import Student


@dataclass(frozen=True)
class Asked:
    """What a hold is for: whose number it names, who asked and why."""

    number: str
    kind: HoldKind
    asked_by: str
    reason: str


@use_case
def open_record_hold(uow: UnitOfWork, request: Asked) -> int:
    """Hold the record of a student, by their number, or of a case, by its own. Returns the hold's id.

    Raises Refused for a number that is none, or not of a school that the actor reaches: the two look the same.
    """
    refuse_blank("asked_by", request.asked_by, _("Enter who asked for it."))
    hold = _on(uow, request.number.strip())
    if hold is None or not can(uow.actor, Permission.HOLD_MANAGE, hold):
        raise Refused("number", _("There is no case and no student with this number at your schools."))
    hold.kind, hold.asked_by, hold.reason = request.kind, request.asked_by.strip(), request.reason
    open_hold(uow, hold)
    return hold.id


def _on(uow: UnitOfWork, number: str) -> LegalHold | None:
    """Return a hold on what has this number, which is locked; None for nothing, or for more than one."""
    case = uow.session.scalars(select(Case).where(Case.reference == number).with_for_update()).one_or_none()
    if case is not None:
        return LegalHold(case_id=case.id, school_id=case.school_id)
    students = uow.session.execute(
        select(Student.id, record_school()).where(Student.student_number == number, Student.student_number != "")
    ).all()
    if len(students) != 1 or students[0][1] is None:
        return None
    uow.session.get(Student, students[0][0], with_for_update=True)
    return LegalHold(student_id=students[0][0], school_id=students[0][1])


pages = Pages(
    "holds", __name__, url_prefix="/records/holds", trail=lambda _hold: [(_("Records on hold"), url_for("holds.every"))]
)


@pages.get("")
@gate(Permission.HOLD_MANAGE)
def every() -> Page:
    """Every hold on a student or a case of the actor's schools, the newest first."""
    before = id_in(request.args.get("before"))
    rows = holds(current_actor(), before, PAGE + 1)
    return render_template(
        "records/retention/holds/list.html",
        rows=[_words(one) for one in rows[:PAGE]],
        older=url_for("holds.every", before=rows[PAGE - 1].row.id) if len(rows) > PAGE else None,
        newest=url_for("holds.every") if before else None,
    )


def _words(one: Held) -> dict[str, Any]:
    row = one.row
    closed = row.closed_at is not None
    return {
        "title": _("Case %(number)s", number=one.number) if row.case_id else _("Student %(number)s", number=one.number),
        "school": one.school,
        "kind": HoldKind(row.kind).label,
        "asked_by": row.asked_by,
        "reason": row.reason,
        "opened": who_when(one.people, row.opened_by_id, row.opened_at),
        "closed": who_when(one.people, row.closed_by_id, row.closed_at),
        "closed_reason": row.closed_reason,
        "tag": _("Released") if closed else _("Open"),
        "tone": "slate" if closed else "brick",
        "release": None if closed else url_for("holds.release", record_hold_id=row.id),
    }


class HoldForm(BaseForm):
    """Whose record is held, who asked, and why."""

    number = ShortText(
        _l("Number of the case or of the student"),
        [NotBlank(_l("Write the number of the case or of the student."))],
        limit=80,
        description=_l("As written in the order or the request."),
    )
    kind = radio(_l("What is open"), HoldKind.labels(), _l("Choose what is open."))
    asked_by = ShortText(_l("Who asked for it"), [NotBlank(_l("Write who asked for it."))])
    reason = LongText(
        _l("What it is about"),
        [NotBlank(_l("Write what it is about, without what was said in the circle."))],
        limit=2000,
        description=_l("The number and the date of the order or request; no names of children."),
    )


@pages.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.HOLD_MANAGE)
def new() -> Page:
    """Hold the record of a student or a case."""
    form = HoldForm()
    return form_page(
        form,
        lambda: open_record_hold(submitted(form), filled(form, Asked, kind=HoldKind(form.kind.data))),
        with_flash(
            _("It is on hold: nothing in it is deleted, shredded, or moved until it is released."),
            url_for("holds.every"),
        ),
        "records/retention/holds/new.html",
    )


class HoldReleaseForm(PlainForm):
    """That a hold is over, and why."""

    reason = LongText(
        _l("Why it ended"),
        [NotBlank(_l("Write why it ended."))],
        limit=2000,
        description=_l("Who said so, and the date."),
    )


@pages.act(
    "/<int:record_hold_id>/release", Subject(LegalHold, get_record_hold), HoldReleaseForm, Permission.HOLD_MANAGE,
    endpoint="release", guard=fresh_within(FRESH_MINUTES), title=_l("Release the hold"), button=_l("Release it"),
    lede=lambda hold: _(
        "%(kind)s: once nothing else is open, the record follows its schedule again.", kind=HoldKind(hold.kind).label
    ),
    then="holds.every", done=_l("It is released."),
)  # fmt: skip
def release_record_hold(uow: UnitOfWork, hold: LegalHold, form: HoldReleaseForm) -> None:
    """End a hold with a reason. Raises Refused when it is over already."""
    release_hold(uow, hold, form.reason.data, uow.version)


ROOM = Room(pages=(pages,))
