"""Opening earlier notes to a keeper who began later. Each grant is an audited row with exactly one ground.

The grounds: the keeper who wrote them agrees; or every party whom they concern waived in writing and someone outside
the school saw the papers; or counsel and a second person outside the school open, under an exception, only what is
needed. An administrator cannot open notes, and nobody who decides discipline about a party can be given them.
"""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.accounts.teams import colleagues
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.errors import NotFound, Refused, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleKeeper
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
    bring_over,
    load_for_keeper,
    own_key_of,
    periods_of,
    reading_periods,
    share,
)
from wss_cases.pathways.circles.notes.rules import freed, waivers_from
from wss_cases.pathways.common.actions import add_audited, not_later
from wss_cases.pathways.common.rules import Pathway
from wss_cases.roster.directory.queries import school_days

AUDIT_GRANT = "circle.notes_granted"
AUDIT_ASKED = "circle.notes_opening_asked"
AUDIT_COUNSEL = "circle.notes_opening_counsel"
AUDIT_OPENED = "circle.notes_opened"
AUDIT_WAIVER = "circle.privilege_waived"
OPENS = frozenset({ExceptionKind.PREVENT_HARM, ExceptionKind.COURT_REPORT})


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


@use_case
def ask_by_waiver(uow: UnitOfWork, pathway_id: int, *, participant_id: int, signed_on: date, reason: str) -> int:
    """Record a party's waiver for what concerns them, and ask someone outside the school to see it.

    Only a keeper may ask, and only when the authors could not be reached for two school days. Returns the opening's id.
    """
    row = load_for_keeper(uow, pathway_id)
    period = _period(uow, row, uow.actor.user_id or 0)
    first = waivers_from(local_date(period.added_at, zone_of(row.school_id)), school_days(row.school_id))
    if local_date(uow.now, zone_of(row.school_id)) < first:
        raise Refused("", _("The author is asked first. A waiver opens notes two school days after you started."))
    not_later(uow, row.school_id, "signed_on", signed_on)
    refuse_blank("reason", reason, _("Write why it was given."))
    if participant_id not in _party_ids(uow, row):
        raise Refused("participant", _("Choose who signed."))
    waiver = PrivilegeWaiver(
        pathway_id=row.id, school_id=row.school_id, participant_id=participant_id, signed_on=signed_on, reason=reason,
        scope=_("A keeper who started later can read what concerns this person."), recorded_at=uow.now,
        recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    waiver_id = add_audited(uow, waiver, AUDIT_WAIVER)
    return _ask(uow, row, NoteOpening(keeper_id=period.id, waiver_id=waiver_id, reason=reason))


@use_case
def ask_by_exception(
    uow: UnitOfWork, pathway_id: int, *, user_id: int, kind: ExceptionKind, note_ids: Collection[int], reason: str
) -> int:
    """Ask counsel and a second person outside the school to open chosen notes to a keeper. Returns the opening's id.

    Raises Refused for another exception, without a note or reason, and for a note that is not closed to this keeper.
    """
    row = load_for_keeper(uow, pathway_id, Permission.CIRCLE_HOLD)
    period = _period(uow, row, user_id)
    if kind not in OPENS:
        raise Refused("kind", _("Only to prevent death or bodily harm, or by a court’s order."))
    if not note_ids or not set(note_ids) <= {note.id for note in _closed_to(uow, row, period)}:
        raise Refused("notes", _("Choose only the notes that are needed."))
    refuse_blank("reason", reason, _("Write why it was needed."))
    return _ask(uow, row, NoteOpening(keeper_id=period.id, kind=kind, note_ids=sorted(note_ids), reason=reason))


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


@use_case
def agree_outside(uow: UnitOfWork, opening_id: int) -> int:
    """Agree, from outside the school, to open notes. The person who agrees reads none. Returns the opening's id.

    A waiver needs one person who saw the paper. An exception needs counsel first and then a second person; notes open
    only after both. Raises NotFound for anyone of the school, and Refused for the person who asked or who agreed
    already.
    """
    known = existing(uow.session.get(NoteOpening, opening_id))
    require(uow.actor, Permission.CIRCLE_NOTE_OPEN, known)
    row = existing(uow.session.get(Pathway, known.pathway_id, with_for_update=True, populate_existing=True))
    opening = uow.load(NoteOpening, opening_id, Permission.CIRCLE_NOTE_OPEN)
    if opening.opened_at is not None:
        raise Refused("", _("This was already opened."))
    if uow.actor.user_id in (opening.asked_by_id, opening.counsel_id):
        raise Refused("", _("Two people outside the school must agree, so someone else is needed."))
    refuse_one_person("", uow.actor.user_id, [opening.asked_by_id, opening.counsel_id], uow.now)
    if opening.waiver_id is None and opening.counsel_id is None:
        opening.counsel_id = uow.actor.user_id
        uow.audit(AUDIT_COUNSEL, "circle_note_opening", opening.id, changes_of(opening))
        _ask_to_agree(uow, opening)
        return opening.id
    _opened(uow, row, opening)
    return opening.id


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


def close_waived(uow: UnitOfWork, row: Pathway, waiver: PrivilegeWaiver) -> None:
    """Close the notes that a withdrawn waiver had opened. What was read already stays known."""
    statement = (
        select(NoteShare, CircleNote)
        .join(CircleNote, CircleNote.id == NoteShare.note_id)
        .join(NoteGrant, NoteGrant.id == NoteShare.grant_id)
        .where(NoteGrant.pathway_id == row.id, NoteGrant.waiver_id.is_not(None))
    )
    for opened, note in uow.session.execute(statement):
        if not note.concerns or waiver.participant_id in note.concerns:
            uow.session.delete(opened)
