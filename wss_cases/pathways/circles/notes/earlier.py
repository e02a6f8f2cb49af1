"""Pages that open earlier notes to a keeper, or hand them over when a keeper leaves. They show no note."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.queries import get_circle, keeper_rows, keepers_of, may_keep
from wss_cases.pathways.circles.circle.rules import parties
from wss_cases.pathways.circles.notes import grants
from wss_cases.pathways.circles.notes.messages import ExceptionKind
from wss_cases.pathways.circles.notes.pages import LeaveForm, OpeningForm, PartyWaiverForm
from wss_cases.pathways.circles.notes.queries import closed_to, get_opening, waiting_outside
from wss_cases.pathways.common.pages import ConfirmForm, act_context, number, people_choices
from wss_cases.pathways.common.rules import Pathway
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("note_grants", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")
outside = Blueprint("note_openings", __name__, url_prefix="/circle-notes")


def _keepers_page(row: Pathway) -> str:
    return url_for("keepers.keepers", case_id=row.case_id, pathway_id=row.id)


def _notes_page(row: Pathway) -> str:
    return url_for("notes.notes", case_id=row.case_id, pathway_id=row.id)


def _readers(row: Pathway) -> dict[int, str]:
    """The keepers who may read notes, which are its coordinators: id to name. Other staff who keep it read none."""
    at_work = may_keep(row.school_id, today_at(row.school_id, clock.now()))
    return {key: name for key, name in keepers_of(row.id).items() if key in at_work}


@blueprint.route("/keepers/<int:user_id>/agree", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.CASE_WORK)
def agree(case_id: int, pathway_id: int, user_id: int) -> Page:
    """Let a keeper read what the actor wrote before that keeper began. Only for current and former keepers."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id)
    names = _readers(row)
    if user_id not in names or actor.user_id not in {keeper.user_id for keeper in keeper_rows(row.id)}:
        raise NotFound
    count = len(closed_to(row.id, user_id, actor.user_id))
    facts = [
        ngettext(
            "%(name)s could then read %(num)d note that you wrote before they started. This cannot be undone.",
            "%(name)s could then read %(num)d notes that you wrote before they started. This cannot be undone.",
            count,
            name=names[user_id],
        )
    ]
    title = _("Let %(name)s read what you wrote", name=names[user_id])
    words = act_context(row, title, _("I agree"), facts=facts, back_href=_keepers_page(row))
    return act_form(ConfirmForm(), lambda call: grants.agree(call, row.id, user_id), _keepers_page(row), words)


@blueprint.route("/keepers/<int:user_id>/end", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.CIRCLE_NOTE_READ)
def end(case_id: int, pathway_id: int, user_id: int) -> Page:
    """Remove a keeper: another, or oneself after deciding about a hand-over."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    names = keepers_of(row.id)
    if user_id not in names:
        raise NotFound
    own, others = user_id == actor.user_id, _readers(row).keys() - {user_id}
    form: BaseForm = LeaveForm() if own and others else ConfirmForm()
    if own:
        title = _("Stop keeping this circle")
        gone = _(
            "From then on you cannot read this circle’s notes. Only a keeper or the administrator can add you again."
        )
        facts = [gone, _("The agreement, its dates, and the safety plan pass to the next keeper in any case.")]
        if not others:
            facts.append(
                _("What you wrote stays closed to the next keeper until you agree. If you can, add them first.")
            )
    else:
        title = _("Remove %(name)s as keeper", name=names[user_id])
        facts = [_("From then on %(name)s cannot read this circle’s notes.", name=names[user_id])]
    words = act_context(row, title, _("End it"), facts=facts, back_href=_keepers_page(row))
    return act_form(
        form,
        lambda call: grants.end_keeper(call, row.id, user_id, "hand_over" in form and form["hand_over"].data == "yes"),
        _keepers_page(row),
        words,
    )


@blueprint.route("/notes/waiver", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.CIRCLE_NOTE_READ)
def waive(case_id: int, pathway_id: int) -> Page:
    """Record that a party waives privilege for what concerns them, when the author cannot be reached."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = PartyWaiverForm(signed_on=today_at(row.school_id, clock.now()))
    people = parties(row.for_whom, row.participant_id, participants_of(row.case_id))
    form.participant.choices = people_choices({person.id: person_words(person) for person in people}, _("Choose"))
    facts = [
        _("The authors of the notes are asked first. If none is reached for two school days, each person may waive."),
        _("Someone from the district sees the signed paper before anything opens."),
    ]
    words = act_context(
        row, _("A person lets you read what concerns them"), _("Ask the district"), facts=facts,
        back_href=_notes_page(row),
    )  # fmt: skip
    return act_form(
        form,
        lambda call: grants.ask_by_waiver(
            call, row.id, participant_id=number(form.participant.data) or 0, signed_on=form.signed_on.data,
            reason=form.reason.data,
        ),
        _notes_page(row),
        words,
    )  # fmt: skip


@blueprint.route("/notes/opening", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.CIRCLE_HOLD)
def ask(case_id: int, pathway_id: int) -> Page:
    """Ask counsel and a second person outside the school to open chosen notes to a keeper, under an exception."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_HOLD)
    form, zone = OpeningForm(), zone_of(row.school_id)
    names = _readers(row)
    form.keeper.choices = people_choices(names, _("Choose"))
    closed = {note.id: note for user_id in names for note in closed_to(row.id, user_id)}
    form.notes.choices = choices(
        [(str(key), f"{moment_words(note.written_at, zone)} · {note.name}") for key, note in sorted(closed.items())]
    )
    back = url_for("privilege.acts", case_id=case_id, pathway_id=pathway_id)
    facts = [_("Counsel and someone else from the district agree before anything opens. Choose only what is needed.")]
    words = act_context(row, _("Open earlier notes"), _("Ask counsel"), facts=facts, back_href=back)
    return act_form(
        form,
        lambda call: grants.ask_by_exception(
            call, row.id, user_id=number(form.keeper.data) or 0, kind=ExceptionKind(form.kind.data),
            note_ids=[number(note) or 0 for note in form.notes.data or ()], reason=form.reason.data,
        ),
        back,
        words,
    )  # fmt: skip


@outside.get("")
@gate(Permission.CIRCLE_NOTE_OPEN)
def waiting() -> Page:
    """The list of openings that wait for someone outside the school to agree."""
    rows = [
        {
            "title": _ground(opening),
            "meta": _school_of(opening),
            "href": url_for("note_openings.opening", opening_id=opening.id),
        }
        for opening in waiting_outside(current_actor())
    ]
    return render_template("pathways/circles/notes/waiting.html", rows=rows)


@outside.route("/<int:opening_id>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.CIRCLE_NOTE_OPEN)
def opening(opening_id: int) -> Page:
    """Agree that a keeper reads earlier notes. The person who agrees reads none."""
    request_row = get_opening(current_actor(), opening_id)
    facts = [_school_of(request_row), _ground(request_row), request_row.reason]
    if request_row.waiver_id is not None:
        facts.append(_("Agree only when you have seen the signed paper."))
        go = _("I have seen it")
    elif request_row.counsel_id is None:
        facts.append(_("You agree as the district’s counsel. A second person outside the school agrees after you."))
        go = _("Counsel agrees")
    else:
        facts.append(_("Counsel has agreed. Once you also agree, the keeper can read these notes and no others."))
        go = _("Agree as the second person")
    words: dict[str, Any] = {"title": _("Open notes of a circle"), "go_words": go, "facts": facts}
    back = url_for("note_openings.waiting")
    words["back_href"] = back
    return act_form(
        ConfirmForm(), lambda call: grants.agree_outside(call, opening_id), back, words,
        "pathways/circles/notes/opening.html",
    )  # fmt: skip


def _ground(opening: Any) -> str:
    if opening.kind is None:
        return _("A person of the circle waived in writing")
    count = ngettext("%(num)d note", "%(num)d notes", len(opening.note_ids))
    return f"{ExceptionKind(opening.kind).label} · {count}"


def _school_of(opening: Any) -> str:
    school = get_school(opening.school_id)
    return school.name if school is not None else ""


ROOM = Room(pages=(blueprint, outside))
