"""Opening earlier notes to a keeper who began later. Each grant is an audited row with exactly one ground.

The grounds: the keeper who wrote them agrees; or every party whom they concern waived in writing and someone outside
the school saw the papers; or counsel and a second person outside the school open, under an exception, only what is
needed. An administrator cannot open notes, and nobody who decides discipline about a party can be given them.
"""

from collections.abc import Iterable
from typing import Any

from flask import render_template, url_for
from sqlalchemy import select
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import colleagues
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, radio
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import local_date, moment_words, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.circle.pages import KEPT_CIRCLE, on_circle
from wss_cases.pathways.circles.circle.queries import get_circle, keeper_rows, keepers_of, may_keep
from wss_cases.pathways.circles.circle.rules import parties
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.keepers import end_keeping
from wss_cases.pathways.circles.notes.messages import (
    WORD_ASKED,
    CircleNote,
    ExceptionKind,
    NoteGrant,
    NoteOpening,
    NoteShare,
    PrivilegeWaiver,
)
from wss_cases.pathways.circles.notes.pages import (
    NOT_WHAT_WAS_SAID,
    bring_over,
    load_for_keeper,
    own_key_of,
    periods_of,
    reading_periods,
    share,
)
from wss_cases.pathways.circles.notes.queries import closed_to, get_opening, waiting_outside
from wss_cases.pathways.circles.notes.rules import freed, waivers_from
from wss_cases.pathways.common.actions import add_audited, not_later
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import ACT, ConfirmForm, act_context, people_choices
from wss_cases.roster.directory.queries import get_school, school_days

AUDIT_GRANT = "circle.notes_granted"
AUDIT_ASKED = "circle.notes_opening_asked"
AUDIT_COUNSEL = "circle.notes_opening_counsel"
AUDIT_OPENED = "circle.notes_opened"
AUDIT_WAIVER = "circle.privilege_waived"
OPENS = (ExceptionKind.PREVENT_HARM, ExceptionKind.COURT_REPORT)


def _period(uow: UnitOfWork, row: Pathway, user_id: int) -> CircleKeeper:
    """The current period of a keeper who may read notes. Older notes and the period's key are brought over first.

    Raises Refused for anyone else.
    """
    bring_over(uow, row)
    period = next((candidate for candidate in reading_periods(uow, row) if candidate.user_id == user_id), None)
    if period is None:
        words = _(
            "Earlier notes open only to a keeper of this circle who does not decide discipline about its parties."
        )
        raise Refused("", words)
    return period


def _closed_to(uow: UnitOfWork, row: Pathway, period: CircleKeeper) -> list[CircleNote]:
    opened = select(NoteShare.note_id).where(NoteShare.keeper_id == period.id)
    closed = select(CircleNote).where(CircleNote.pathway_id == row.id, CircleNote.id.not_in(opened))
    return list(uow.session.scalars(closed.order_by(CircleNote.id)))


def _open(uow: UnitOfWork, grant: NoteGrant, period: CircleKeeper, notes: Iterable[CircleNote]) -> int:
    grant_id = add_audited(uow, grant, AUDIT_GRANT)
    for note in notes:
        try:
            own = own_key_of(uow, note)
        except ValueError:
            continue  # no available key opens this note, so nobody can read it
        share(uow, note.id, own, [period], grant_id)
    return grant_id


@use_case
def agree(uow: UnitOfWork, pathway_id: int, user_id: int) -> int:
    """Let a keeper read what the actor wrote in this circle before that keeper began. Returns the grant's id.

    Raises NotFound for someone who never kept the circle. Raises Refused for an administrator, for a reader who is no
    keeper or decides discipline, and when no note of the actor is closed to them.
    """
    row = load_any_circle(uow, pathway_id)
    if uow.actor.user_id not in {period.user_id for period in periods_of(uow, row)}:
        raise NotFound
    return _agree(uow, row, _period(uow, row, user_id))


def _agree(uow: UnitOfWork, row: Pathway, period: CircleKeeper) -> int:
    if uow.actor.covers(row.school_id, Role.ADMINISTRATOR):
        raise Refused("", _("A school administrator cannot open notes, not even those they wrote."))
    mine = [note for note in _closed_to(uow, row, period) if note.author_id == uow.actor.user_id]
    if not mine:
        raise Refused("", _("You did not write anything that is closed to this keeper."))
    grant = NoteGrant(
        pathway_id=row.id, keeper_id=period.id, granted_at=uow.now, consent_by_id=uow.actor.user_id
    )  # fmt: skip
    return _open(uow, grant, period, mine)


@use_case
def end_keeper(uow: UnitOfWork, pathway_id: int, user_id: int, hand_over: bool = False) -> int:
    """Remove a keeper of a circle. `hand_over`: the remaining keepers may read what the actor wrote.

    Raises what `end_keeping` raises, and Refused for a hand-over of someone else's notes.
    """
    row = load_for_keeper(uow, pathway_id)
    if hand_over and user_id != uow.actor.user_id:
        raise Refused("hand_over", _("Only the author can share notes."))
    if hand_over:
        bring_over(uow, row)
        for period in reading_periods(uow, row):
            mine = [note for note in _closed_to(uow, row, period) if note.author_id == uow.actor.user_id]
            if period.user_id != uow.actor.user_id and mine:
                _agree(uow, row, period)
    return end_keeping(uow, row.id, user_id)


def _party_ids(uow: UnitOfWork, row: Pathway) -> set[int]:
    people = uow.session.scalars(select(CaseParticipant).where(CaseParticipant.case_id == row.case_id)).all()
    return {person.id for person in parties(row.for_whom, row.participant_id, people)}


def _ask(uow: UnitOfWork, row: Pathway, opening: NoteOpening) -> int:
    opening.pathway_id, opening.school_id = row.id, row.school_id
    opening.asked_at, opening.asked_by_id = uow.now, uow.actor.user_id or 0
    opening_id = add_audited(uow, opening, AUDIT_ASKED)
    _ask_to_agree(uow, opening)
    return opening_id


def _ask_to_agree(uow: UnitOfWork, opening: NoteOpening) -> None:
    """Mail everyone outside the school who may agree now: first counsel, then the second person."""
    district_staff = [
        user_id for user_id, _name in holders_anywhere(Role.DISTRICT, today_at(opening.school_id, uow.now))
    ]
    for user_id, actor in colleagues(district_staff, uow.now).items():
        if user_id not in (opening.asked_by_id, opening.counsel_id) and can(
            actor, Permission.CIRCLE_NOTE_OPEN, opening
        ):
            key = f"{WORD_ASKED}:{opening.id}:{opening.counsel_id or 0}:{user_id}"
            uow.notify(user_id, WORD_ASKED, opening, key)


def _opened(uow: UnitOfWork, row: Pathway, opening: NoteOpening) -> None:
    keeper = existing(uow.session.get(CircleKeeper, opening.keeper_id))
    if keeper.ended_at is not None:
        raise Refused("", _("This keeper no longer keeps this circle."))
    period = _period(uow, row, keeper.user_id)
    waiver = uow.session.get(PrivilegeWaiver, opening.waiver_id) if opening.waiver_id is not None else None
    if waiver is not None and waiver.withdrawn_on is not None:
        raise Refused("", _("This waiver was already withdrawn."))
    opening.opened_at = uow.now
    uow.audit(AUDIT_OPENED, "circle_note_opening", opening.id, changes_of(opening))
    grant = NoteGrant(
        pathway_id=row.id, keeper_id=period.id, granted_at=uow.now, waiver_id=opening.waiver_id,
        opening_id=opening.id if waiver is None else None, counsel_id=opening.counsel_id,
        approver_id=uow.actor.user_id,
    )  # fmt: skip
    closed = _closed_to(uow, row, period)
    if waiver is None:
        _open(uow, grant, period, [note for note in closed if note.id in set(opening.note_ids)])
        return
    waived = {*_waived(uow, period), waiver.participant_id}
    _open(uow, grant, period, [note for note in closed if freed(note, _party_ids(uow, row), waived)])


def _waived(uow: UnitOfWork, period: CircleKeeper) -> set[int]:
    statement = (
        select(PrivilegeWaiver.participant_id)
        .join(NoteGrant, NoteGrant.waiver_id == PrivilegeWaiver.id)
        .where(NoteGrant.keeper_id == period.id, PrivilegeWaiver.withdrawn_on.is_(None))
    )
    return set(uow.session.scalars(statement))


def close_waived(uow: UnitOfWork, waiver: PrivilegeWaiver) -> None:
    """Close the notes that a withdrawn waiver had opened. What was read already stays known."""
    statement = (
        select(NoteShare, CircleNote)
        .join(CircleNote, CircleNote.id == NoteShare.note_id)
        .join(NoteGrant, NoteGrant.id == NoteShare.grant_id)
        .where(NoteGrant.pathway_id == waiver.pathway_id, NoteGrant.waiver_id.is_not(None))
    )
    for opened, note in uow.session.execute(statement):
        if not note.concerns or waiver.participant_id in note.concerns:
            uow.session.delete(opened)


pages = Pages("note_grants", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")
outside = Pages("note_openings", __name__, url_prefix="/circle-notes")
WAIVING = (
    _l("The authors of the notes are asked first. If none is reached for two school days, each person may waive."),
    _l("Someone from the district sees the signed paper before anything opens."),
)
COUNSEL = (_l("Counsel and someone else from the district agree before anything opens. Choose only what is needed."),)


def _keepers_page(row: Pathway) -> str:
    return url_for("keepers.keepers", case_id=row.case_id, pathway_id=row.id)


def _notes_page(row: Pathway, _id: int = 0) -> str:
    return url_for("notes.notes", case_id=row.case_id, pathway_id=row.id)


def _privilege_page(row: Pathway, _id: int = 0) -> str:
    return url_for("privilege.acts", case_id=row.case_id, pathway_id=row.id)


def _readers(row: Pathway) -> dict[int, str]:
    """The keepers who may read notes, which are its coordinators: id to name. Other staff who keep it read none."""
    at_work = may_keep(row.school_id, today_at(row.school_id, clock.now()))
    return {key: name for key, name in keepers_of(row.id).items() if key in at_work}


@pages.route("/keepers/<int:user_id>/agree", methods=["GET", "POST"], endpoint="agree")
@fresh_within(FRESH_MINUTES)
@gate(Permission.CASE_WORK)
def agree_page(case_id: int, pathway_id: int, user_id: int) -> Page:
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
    return act_form(ConfirmForm(), lambda call: agree(call, row.id, user_id), _keepers_page(row), words)


class LeaveForm(BaseForm):
    """Ending one's own keeping: share one's notes with the remaining keepers, or leave them closed."""

    hand_over = radio(
        _l("May the remaining keepers read what you wrote before they started?"),
        [("yes", _l("Yes, share my notes with them")), ("no", _l("No, keep what I wrote closed to them"))],
        _l("Answer whether you share your notes."),
    )


@pages.route("/keepers/<int:user_id>/end", methods=["GET", "POST"])
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
        lambda call: end_keeper(call, row.id, user_id, "hand_over" in form and form["hand_over"].data == "yes"),
        _keepers_page(row),
        words,
    )


class PartyWaiverForm(PlainForm):
    """A party's waiver, so that a later keeper can read what concerns them."""

    participant = SelectField(_l("Who signed"), validators=[InputRequired(_l("Choose who signed."))])
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    reason = LongText(
        _l("Why it was given"), [NotBlank(_l("Write why it was given."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )

    def fit(self, row: Pathway) -> None:
        people = parties(row.for_whom, row.participant_id, participants_of(row.case_id))
        self.participant.choices = people_choices({person.id: person_words(person) for person in people}, _("Choose"))


@pages.act(
    "/notes/waiver", KEPT_CIRCLE, PartyWaiverForm, Permission.CIRCLE_NOTE_READ, adds=True, endpoint="waive",
    guard=fresh_within(FRESH_MINUTES), template=ACT, title=_l("A person lets you read what concerns them"),
    button=_l("Ask the district"), then=_notes_page,
    start=lambda row: {"signed_on": today_at(row.school_id, clock.now())},
    more=lambda row, _form: on_circle(row, _notes_page(row), facts=WAIVING),
)  # fmt: skip
def ask_by_waiver(uow: UnitOfWork, row: Pathway, form: PartyWaiverForm) -> int:
    """Record a party's waiver for what concerns them, and ask someone outside the school to see it.

    Only a keeper may ask, and only when the authors could not be reached for two school days. Returns the opening's id.
    """
    period, reason = _period(uow, row, uow.actor.user_id or 0), form.reason.data
    first = waivers_from(local_date(period.added_at, zone_of(row.school_id)), school_days(row.school_id))
    if local_date(uow.now, zone_of(row.school_id)) < first:
        raise Refused("", _("The author is asked first. A waiver opens notes two school days after you started."))
    not_later(uow, row.school_id, "signed_on", form.signed_on.data)
    waiver = PrivilegeWaiver(
        pathway_id=row.id, school_id=row.school_id, participant_id=int(form.participant.data),
        signed_on=form.signed_on.data, reason=reason, recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
        scope=_("A keeper who started later can read what concerns this person."),
    )  # fmt: skip
    waiver_id = add_audited(uow, waiver, AUDIT_WAIVER)
    return _ask(uow, row, NoteOpening(keeper_id=period.id, waiver_id=waiver_id, reason=reason))


class OpeningForm(PlainForm):
    """Which earlier notes counsel is asked to open, to which keeper, and why."""

    keeper = SelectField(_l("To which keeper"), validators=[InputRequired(_l("Choose a keeper of this circle."))])
    kind = radio(_l("Which exception"), {kind: kind.label for kind in OPENS}, _l("Choose which exception it was."))
    notes = SelectMultipleField(
        _l("Which notes"), validators=[InputRequired(_l("Choose only the notes that are needed."))]
    )
    reason = LongText(
        _l("Why it was needed"), [NotBlank(_l("Write why it was needed."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )

    def fit(self, row: Pathway) -> None:
        """Offer the keepers who may read, and the notes that are closed to one of them."""
        names, zone = _readers(row), zone_of(row.school_id)
        self.keeper.choices = people_choices(names, _("Choose"))
        closed = {note.id: note for user_id in names for note in closed_to(row.id, user_id)}
        words = {key: f"{moment_words(note.written_at, zone)} · {note.name}" for key, note in sorted(closed.items())}
        self.notes.choices = people_choices(words)


@pages.act(
    "/notes/opening", KEPT_CIRCLE, OpeningForm, Permission.CIRCLE_HOLD, adds=True, endpoint="ask",
    guard=fresh_within(FRESH_MINUTES), template=ACT, title=_l("Open earlier notes"), button=_l("Ask counsel"),
    then=_privilege_page, more=lambda row, _form: on_circle(row, _privilege_page(row), facts=COUNSEL),
)  # fmt: skip
def ask_by_exception(uow: UnitOfWork, row: Pathway, form: OpeningForm) -> int:
    """Ask counsel and a second person outside the school to open chosen notes to a keeper. Returns the opening's id."""
    period, note_ids = _period(uow, row, int(form.keeper.data)), {int(key) for key in form.notes.data}
    if not note_ids <= {note.id for note in _closed_to(uow, row, period)}:
        raise Refused("notes", _("Choose only the notes that are needed."))
    kind, reason = ExceptionKind(form.kind.data), form.reason.data
    return _ask(uow, row, NoteOpening(keeper_id=period.id, kind=kind, note_ids=sorted(note_ids), reason=reason))


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


def _opening_words(request_row: NoteOpening, _form: PlainForm) -> dict[str, Any]:
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
    return {"go_words": go, "facts": facts, "back_href": url_for("note_openings.waiting")}


@outside.act(
    "/<int:opening_id>",
    Subject(NoteOpening, get_opening, above=lambda opening: (Pathway, opening.pathway_id)),
    PlainForm, Permission.CIRCLE_NOTE_OPEN, adds=True, endpoint="opening", guard=fresh_within(FRESH_MINUTES),
    template="pathways/circles/notes/opening.html", title=_l("Open notes of a circle"), button="", then=".waiting",
    more=_opening_words, boxed=False,
)  # fmt: skip
def agree_outside(uow: UnitOfWork, opening: NoteOpening, _form: PlainForm) -> None:
    """Agree, from outside the school, to open notes to a keeper. The person who agrees reads none.

    A waiver needs one person who saw the paper. An exception needs counsel first and then a second person; notes open
    only after both. Refused for the person who asked or who agreed already.
    """
    if opening.opened_at is not None:
        raise Refused("", _("This was already opened."))
    if uow.actor.user_id in (opening.asked_by_id, opening.counsel_id):
        raise Refused("", _("Two people outside the school must agree, so someone else is needed."))
    refuse_one_person("", uow.actor.user_id, [opening.asked_by_id, opening.counsel_id], uow.now)
    if opening.waiver_id is None and opening.counsel_id is None:
        opening.counsel_id = uow.actor.user_id
        uow.audit(AUDIT_COUNSEL, "circle_note_opening", opening.id, changes_of(opening))
        _ask_to_agree(uow, opening)
    else:
        _opened(uow, uow.session.get_one(Pathway, opening.pathway_id), opening)


def _ground(opening: Any) -> str:
    if opening.kind is None:
        return _("A person of the circle waived in writing")
    count = ngettext("%(num)d note", "%(num)d notes", len(opening.note_ids))
    return f"{ExceptionKind(opening.kind).label} · {count}"


def _school_of(opening: Any) -> str:
    school = get_school(opening.school_id)
    return school.name if school is not None else ""


ROOM = Room(pages=(pages, outside))
