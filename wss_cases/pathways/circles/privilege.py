"""The acts around a circle's privilege, with their pages: waivers, legal exceptions, and holds that stop shredding."""

from collections.abc import Callable
from typing import Any

from flask import render_template, url_for
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, printed_address
from wss_cases.foundation.school_time import day_words_with_year, moment_words, today_at, zone_of
from wss_cases.journal.acts import Pages
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways import legal_holds
from wss_cases.pathways.circles.circle.pages import KEPT_CIRCLE, on_circle, subject_of_circle
from wss_cases.pathways.circles.circle.queries import get_circle, with_keepers
from wss_cases.pathways.circles.keepers import parts_of
from wss_cases.pathways.circles.notes.grants import AUDIT_WAIVER, close_waived
from wss_cases.pathways.circles.notes.messages import ExceptionKind, NoteOpening, PrivilegeException, PrivilegeWaiver
from wss_cases.pathways.circles.notes.pages import NOT_WHAT_WAS_SAID, load_for_keeper
from wss_cases.pathways.circles.notes.queries import acts_of, get_hold, get_waiver, openings_of, period_names
from wss_cases.pathways.common.actions import add_audited, not_later
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import ACT, act_context, kind_words, page_of, people_choices
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.roster.telling import refuse_naming_kept_off

AUDIT_WITHDRAWN = "circle.waiver_withdrawn"
AUDIT_EXCEPTION = "circle.privilege_exception"


pages = Pages("privilege", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/privilege")


@pages.get("")
@gate(Permission.CIRCLE_HOLD)
def acts(case_id: int, pathway_id: int) -> Page:
    """Show the recorded acts: to a keeper all of them, to the administrator only the holds."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_HOLD)
    circle, recorded = with_keepers(row), acts_of(row.id)
    is_keeper = can(actor, Permission.CIRCLE_NOTE_READ, circle)
    people = {person.id: person_words(person) for person in participants_of(row.case_id)} if is_keeper else {}
    zone, known = zone_of(row.school_id), period_names(row.id)
    return render_template(
        "pathways/circles/privilege/read.html",
        case=row.case,
        row=row,
        lede=kind_words(row),
        back_href=page_of(row),
        tabs=parts_of(actor, row, circle, "privilege.acts"),
        keeps=is_keeper,
        waivers=[
            {
                "id": act.id,
                "who": people.get(act.participant_id, ""),
                "signed": day_words_with_year(act.signed_on),
                "scope": act.scope,
                "reason": act.reason,
                "withdrawn": day_words_with_year(act.withdrawn_on),
            }
            for act in (recorded.waivers if is_keeper else ())
        ],
        exceptions=[
            {
                "kind": str(act.kind.label),
                "told": act.told_whom,
                "reason": act.reason,
                "when": moment_words(act.recorded_at, zone),
                "by": recorded.names.get(act.recorded_by_id, ""),
            }
            for act in (recorded.exceptions if is_keeper else ())
        ],
        holds=[_hold(act, recorded.names, zone) for act in recorded.holds],
        openings=[_opening(act, known, zone) for act in openings_of(row.id)],
    )


def _opening(opening: NoteOpening, keepers: dict[int, str], zone: str) -> dict[str, Any]:
    waived = _("A person of the circle waived in writing")
    return {
        "ground": str(opening.kind.label) if opening.kind is not None else waived,
        "keeper": keepers.get(opening.keeper_id, ""),
        "asked": moment_words(opening.asked_at, zone),
        "opened": moment_words(opening.opened_at, zone),
        "href": printed_address("note_openings.opening", opening_id=opening.id),
    }


def _hold(hold_row: LegalHold, names: dict[int, str], zone: str) -> dict[str, Any]:
    return {
        "id": hold_row.id,
        "kind": str(hold_row.kind.label),
        "reason": hold_row.reason,
        "opened": moment_words(hold_row.opened_at, zone),
        "by": names.get(hold_row.opened_by_id or 0, ""),
        "closed": moment_words(hold_row.closed_at, zone),
        "closed_by": names.get(hold_row.closed_by_id or 0, ""),
        "closed_reason": hold_row.closed_reason,
    }


def _page_of(row: Pathway, _id: int = 0) -> str:
    return url_for("privilege.acts", case_id=row.case_id, pathway_id=row.id)


def _on_page(*facts: Any) -> Callable[..., dict[str, Any]]:
    return lambda row, _form: on_circle(row, _page_of(row), facts=facts)


class WaiverForm(PlainForm):
    participant = SelectField(_l("Who signed"), validators=[InputRequired(_l("Choose who signed."))])
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    scope = LongText(
        _l("What it covers"), [NotBlank(_l("Write what the waiver covers."))], limit=2000,
        description=_l("As written in the signed waiver: which matter, who it covers, until when."),
    )  # fmt: skip
    reason = LongText(
        _l("Why it was given"), [NotBlank(_l("Write why it was given."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )

    def fit(self, row: Pathway) -> None:
        people = {person.id: person_words(person) for person in participants_of(row.case_id)}
        self.participant.choices = people_choices(people, _("Choose"))


@pages.act(
    "/waiver", KEPT_CIRCLE, WaiverForm, Permission.CIRCLE_NOTE_READ, adds=True, endpoint="waiver", template=ACT,
    title=_l("Record a waiver"), button=_l("Save the waiver"), then=_page_of,
    start=lambda row: {"signed_on": today_at(row.school_id, clock.now())},
    more=_on_page(_l("Only in writing, signed by the participant. It covers only what they said themselves.")),
)  # fmt: skip
def record_waiver(uow: UnitOfWork, row: Pathway, form: WaiverForm) -> int:
    """Record a participant's written waiver of privilege, its scope and reason."""
    not_later(uow, row.school_id, "signed_on", form.signed_on.data)
    waiver = PrivilegeWaiver(
        pathway_id=row.id, school_id=row.school_id, participant_id=int(form.participant.data),
        signed_on=form.signed_on.data, scope=form.scope.data, reason=form.reason.data,
        recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    return add_audited(uow, waiver, AUDIT_WAIVER)


def _waiver(actor: Actor, case_id: int, pathway_id: int, waiver_id: int) -> tuple[Pathway, PrivilegeWaiver]:
    row = get_circle(actor, case_id, pathway_id)
    return row, get_waiver(row.id, waiver_id)


@pages.act(
    "/waivers/<int:waiver_id>/withdraw", subject_of_circle(PrivilegeWaiver, _waiver), PlainForm,
    Permission.CIRCLE_NOTE_READ, adds=True, endpoint="withdraw", template=ACT,
    title=_l("Withdraw the waiver"), button=_l("Record that it was withdrawn"),
    then=lambda seen, _id: _page_of(seen[0]),
    more=lambda seen, _form: on_circle(
        seen[0], _page_of(seen[0]), facts=[_("No reason is needed. What was already shared cannot be taken back.")]
    ),
)  # fmt: skip
def withdraw_waiver(uow: UnitOfWork, waiver: PrivilegeWaiver, _form: PlainForm) -> None:
    """Record that a waiver is withdrawn today; no reason is needed. The notes that it opened close."""
    if waiver.withdrawn_on is not None:
        raise Refused("", _("This waiver was already withdrawn."))
    waiver.withdrawn_on = today_at(waiver.school_id, uow.now)
    close_waived(uow, waiver)
    uow.audit(AUDIT_WITHDRAWN, "privilege_waiver", waiver.id, changes_of(waiver))


class ExceptionForm(PlainForm):
    kind = radio(_l("Which exception"), ExceptionKind.labels(), _l("Choose which exception it was."))
    told_whom = ShortText(_l("Who was told"), [NotBlank(_l("Enter who was told."))])
    reason = LongText(
        _l("Why it was needed"), [NotBlank(_l("Write why it was needed."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )


@pages.act(
    "/exception", KEPT_CIRCLE, ExceptionForm, Permission.CIRCLE_NOTE_READ, adds=True, endpoint="exception",
    template=ACT, title=_l("Record a legal exception"), button=_l("Save the exception"), then=_page_of,
    more=_on_page(),
)  # fmt: skip
def record_exception(uow: UnitOfWork, row: Pathway, form: ExceptionForm) -> int:
    """Record that something privileged was shared under a legal exception: with whom and why, never what."""
    students = [person.student_id for person in row.case.participants if person.student_id is not None]
    refuse_naming_kept_off("told_whom", students, form.told_whom.data)
    used = PrivilegeException(
        pathway_id=row.id, school_id=row.school_id, kind=ExceptionKind(form.kind.data),
        told_whom=form.told_whom.data, reason=form.reason.data,
        recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    return add_audited(uow, used, AUDIT_EXCEPTION)


class HoldForm(PlainForm):
    """A reason to stop shredding."""

    kind = radio(_l("What is open"), HoldKind.labels(), _l("Choose what is open."))
    reason = LongText(
        _l("What it is about"),
        [NotBlank(_l("Write what it is about, without what was said in the circle."))],
        limit=2000,
        description=_l("Who asks, the number and the date. A request that reaches the notes goes to counsel first."),
    )


@pages.act(
    "/hold", KEPT_CIRCLE, HoldForm, Permission.CIRCLE_HOLD, adds=True, endpoint="hold", template=ACT,
    title=_l("Stop shredding"), button=_l("Stop shredding"), then=_page_of, more=_on_page(),
)  # fmt: skip
def open_hold(uow: UnitOfWork, row: Pathway, form: HoldForm) -> int:
    """Stop the shredding of a circle's notes while a request, hold or order is open."""
    kind, reason = HoldKind(form.kind.data), form.reason.data
    hold = LegalHold(pathway_id=row.id, school_id=row.school_id, kind=kind, reason=reason)
    return legal_holds.open_hold(uow, hold).id


class ReleaseForm(BaseForm):
    """The end of a reason to stop shredding."""

    reason = LongText(
        _l("Why it ended"),
        [NotBlank(_l("Write why it ended."))],
        limit=2000,
        description=_l("Who said so, and the date."),
    )


@use_case
def close_hold(uow: UnitOfWork, pathway_id: int, hold_id: int, reason: str) -> int:
    """Record that a request, hold or order has ended; shredding resumes. Raises Refused when it was closed before."""
    row = load_for_keeper(uow, pathway_id, Permission.CIRCLE_HOLD)
    get_hold(row.id, hold_id)
    hold = existing(uow.session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True))
    legal_holds.release_hold(uow, hold, reason, uow.version)
    return hold.id


@pages.route("/holds/<int:hold_id>/close", methods=["GET", "POST"])
@gate(Permission.CIRCLE_HOLD)
def release(case_id: int, pathway_id: int, hold_id: int) -> Page:
    """Record that a request, hold or order has ended."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_HOLD)
    its_hold = get_hold(row.id, hold_id)
    form = ReleaseForm(version=its_hold.version)
    facts = [
        str(HoldKind(its_hold.kind).label),
        _("Once nothing else is open, the notes are permanently shredded on their date."),
    ]
    words = act_context(row, _("It has ended"), _("Resume shredding"), facts=facts, back_href=_page_of(row))
    return act_form(form, lambda call: close_hold(call, row.id, hold_id, form.reason.data or ""), _page_of(row), words)


ROOM = Room(pages=(pages,))
