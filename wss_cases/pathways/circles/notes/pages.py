"""Writing and reading a circle's notes, and their keys.

Each keeper's period has its own key, sealed by the server's. A note's key is sealed for the periods of its readers. A
keeper who begins later has no key to earlier notes; only a grant makes one, on a ground that the database demands. The
caller has locked the circle.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import Select, and_, exists, or_, select
from wtforms import SelectMultipleField
from wtforms.validators import Optional

from wss_cases.access.actor import STAFF, SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import works
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import Case, CaseState
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, apply_refusal
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.keys import own_key, seal, unseal, unwrap, wrap
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, local_date, moment_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Panel, Place, Room, Shown
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.mail.common.rules import Planned
from wss_cases.mail.delivery.queue import queue
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.circle.queries import decided_about_parties, get_circle, may_keep, with_keepers
from wss_cases.pathways.circles.circle.rules import parties
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.keepers import parts_of
from wss_cases.pathways.circles.notes import messages
from wss_cases.pathways.circles.notes.messages import HAND_OVER, LEFT, CircleNote, NoteShare
from wss_cases.pathways.circles.notes.queries import closed_to, is_held
from wss_cases.pathways.circles.notes.rules import PERIOD, PURPOSE, covered, shred_day
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import kind_words, number, page_of, people_choices

SOON = timedelta(days=7)


def kept_with_notes() -> Select[CircleKeeper]:
    """Select the current periods of keepers who wrote notes in their circle."""
    wrote = exists().where(
        CircleNote.pathway_id == CircleKeeper.pathway_id, CircleNote.author_id == CircleKeeper.user_id
    )
    return select(CircleKeeper).where(CircleKeeper.ended_at.is_(None), wrote).order_by(CircleKeeper.id)


def before_a_role_ends(actor: Actor, user: UserAccount) -> Shown | None:
    """Warn whoever may end this person's roles that only this person can hand over their notes of open cases."""
    of_theirs = kept_with_notes().where(CircleKeeper.user_id == user.id, CircleKeeper.case_id == Case.id)
    periods = list(db.session.scalars(of_theirs.where(Case.state != CaseState.CLOSED)))
    if not periods:
        return None
    sees = any(actor.covers(period.school_id, Role.ADMINISTRATOR) for period in periods)
    words = ngettext(
        "%(name)s keeps circle notes of %(num)d open case.",
        "%(name)s keeps circle notes of %(num)d open cases.",
        len({period.case_id for period in periods}),
        name=user.name,
    )
    return "pathways/circles/notes/_before_a_role_ends.html", {"words": words, "whose": user.id if sees else None}


def tell_of_leaving(now: datetime) -> None:
    """Ask keepers whose work ends within a week to hand over. Tell leads and administrators of keepers who have
    left.
    """

    def at(when: datetime) -> list[CircleKeeper]:
        gone = ~works(CircleKeeper.user_id, CircleKeeper.school_id, STAFF, when)
        return list(db.session.scalars(kept_with_notes().where(gone)))

    left = at(now)
    mails = [_mail(HAND_OVER, period, period.user_id) for period in at(now + SOON) if period not in left]
    for period in left:
        mails += [_mail(LEFT, period, user_id) for user_id in _recipients(period, now)]
    if mails:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            queue(uow, mails)


def _recipients(period: CircleKeeper, now: datetime) -> list[int]:
    day = today_at(period.school_id, now)
    people = {user_id for user_id, _name in holders(Role.ADMINISTRATOR, period.school_id, day)}
    return sorted({*people, db.session.get_one(Case, period.case_id).lead_id or 0} - {0, period.user_id})


def _mail(kind: str, period: CircleKeeper, user_id: int) -> Planned:
    key = f"{kind}:{period.id}:{user_id}"
    return Planned(user_id, kind, "circle_keeper", period.id, period.school_id, key)


def periods_of(uow: UnitOfWork, row: Pathway) -> list[CircleKeeper]:
    """Every period in which someone kept this circle, the first one first."""
    periods = select(CircleKeeper).where(CircleKeeper.pathway_id == row.id).order_by(CircleKeeper.id)
    return list(uow.session.scalars(periods))


def reading_periods(uow: UnitOfWork, row: Pathway) -> list[CircleKeeper]:
    """The periods of current keepers who may read: coordinators who never decided discipline about a party."""
    may = may_keep(row.school_id, today_at(row.school_id, uow.now)).keys() - decided_about_parties(row)
    return [period for period in periods_of(uow, row) if period.ended_at is None and period.user_id in may]


def key_of(period: CircleKeeper) -> str:
    """A period's key, made when it is first needed. Raises ValueError when no key of the server opens it."""
    keys = setting("WSS_KEYS")
    if period.sealed_text is None or period.sealed_key is None:
        own = own_key()
        sealed = seal(keys, PERIOD, own)
        period.sealed_text, period.sealed_key, period.key_name = sealed.text, sealed.key, sealed.key_name
        return own
    return unseal(keys, PERIOD, period.sealed_text, period.sealed_key)


def share(
    uow: UnitOfWork, note_id: int, own: str, periods: Iterable[CircleKeeper], grant_id: int | None = None
) -> None:
    """Let these periods open a note; `own` is the note's key."""
    for period in periods:
        sealed = wrap(key_of(period), own)
        uow.session.add(NoteShare(note_id=note_id, keeper_id=period.id, sealed_key=sealed, grant_id=grant_id))
    uow.session.flush()


def own_key_of(uow: UnitOfWork, note: CircleNote) -> str:
    """A note's key, from any period that opens it. Raises ValueError when none does."""
    shares = select(NoteShare, CircleKeeper).join(CircleKeeper, CircleKeeper.id == NoteShare.keeper_id)
    for note_share, period in uow.session.execute(shares.where(NoteShare.note_id == note.id).order_by(NoteShare.id)):
        try:
            return unwrap(key_of(period), note_share.sealed_key)
        except ValueError:
            continue
    raise ValueError("no period opens this note")


def bring_over(uow: UnitOfWork, row: Pathway) -> None:
    """Seal notes from before periods had keys for the periods in which they were written, and no others.

    Notes that no available key opens, and notes written in no period, stay as they are.
    """
    before = select(CircleNote).where(CircleNote.pathway_id == row.id, CircleNote.sealed_key.is_not(None))
    notes = list(uow.session.scalars(before.order_by(CircleNote.id)))
    periods = periods_of(uow, row) if notes else []
    keys = setting("WSS_KEYS")
    for note in notes:
        readers = covered(note, periods)
        try:
            text = unseal(keys, PURPOSE, note.sealed_text, note.sealed_key or b"")
        except ValueError:
            continue
        if readers:
            own = own_key()
            share(uow, note.id, own, readers)
            note.sealed_text, note.sealed_key, note.key_name = wrap(own, text), None, None
    uow.session.flush()


NOT_WHAT_WAS_SAID = _l("Not what was said in the circle: that stays in its notes.")


class NoteForm(BaseForm):
    text = LongText(
        _l("New note"),
        [NotBlank(_l("Write the note."))],
        description=_l("No draft is kept. The note is sealed when you save it and cannot be changed afterward."),
    )
    concerns = SelectMultipleField(
        _l("Who it is about"), validators=[Optional()],
        description=_l("If the author cannot be reached later, these people may let a new keeper read it."),
    )  # fmt: skip


@dataclass(frozen=True)
class ReadNote:
    """A decrypted note. `text` is None when no key of the server opens it."""

    written_at: datetime
    author: str
    text: str | None = field(repr=False)


def load_for_keeper(uow: UnitOfWork, pathway_id: int, permission: Permission = Permission.CIRCLE_NOTE_READ) -> Pathway:
    """Lock a circle that the actor keeps, or on which they have `permission`. Raises NotFound for anyone else."""
    row = load_any_circle(uow, pathway_id)
    require(uow.actor, permission, with_keepers(row))
    return row


@use_case
def write_note(uow: UnitOfWork, pathway_id: int, text: str, concerns: Collection[int] = ()) -> int:
    """Add a note with its own key, for the current keepers. Notes are never changed. Returns its id.

    `concerns`: participants; empty: every party. Raises NotFound for anyone who does not keep the circle. Raises
    Refused for an empty text, a person of another case, and once the notes' shredding day is past.
    """
    row = load_for_keeper(uow, pathway_id)
    if not text.strip():
        raise Refused("text", _("Write the note."))
    if not set(concerns) <= {person.id for person in participants_of(row.case_id)}:
        raise Refused("concerns", _("Choose people from this case."))
    today = today_at(row.school_id, uow.now)
    shred_on = shred_day(ended_on(uow, row) or today, setting("NOTE_DAYS"))
    if shred_on <= today:
        raise Refused("", _("The notes of this circle were due to be shredded. Nothing more can be added."))
    own = own_key()
    note = CircleNote(
        pathway_id=row.id, author_id=uow.actor.user_id, written_at=uow.now, sealed_text=wrap(own, text),
        shred_on=shred_on, concerns=sorted(concerns),
    )  # fmt: skip
    note_id = add_audited(uow, note, "circle.note_written")
    share(uow, note_id, own, reading_periods(uow, row))
    return note_id


def ended_on(uow: UnitOfWork, row: Pathway) -> date | None:
    """The school-local day on which a circle ended; None while it is live."""
    return today_at(row.school_id, row.ended_at) if row.ended_at is not None else None


def read_notes(actor: Actor, pathway_id: int, now: datetime) -> list[ReadNote]:
    """The decrypted notes of a circle that are open to the actor, newest first: those written since they began and
    those granted. Each reading is an audit row in the same commit.

    Raises NotFound for anyone who does not keep the circle now.
    """
    with unit_of_work(actor, now) as uow:
        row = load_for_keeper(uow, pathway_id)
        bring_over(uow, row)
        period = next(
            (candidate for candidate in reading_periods(uow, row) if candidate.user_id == actor.user_id), None
        )
        if period is None:
            raise NotFound
        opened = and_(NoteShare.note_id == CircleNote.id, NoteShare.keeper_id == period.id)
        # notes that no available key opens are listed, without text, for those who were keepers when they were written
        lost = and_(CircleNote.sealed_key.is_not(None), CircleNote.written_at >= period.added_at)
        statement = (
            select(CircleNote, UserAccount.name, NoteShare.sealed_key)
            .join(UserAccount, UserAccount.id == CircleNote.author_id)
            .outerjoin(NoteShare, opened)
            .where(CircleNote.pathway_id == row.id, or_(NoteShare.id.is_not(None), lost))
            .order_by(CircleNote.written_at.desc(), CircleNote.id.desc())
        )
        rows = uow.session.execute(statement).all()
        uow.audit("circle.notes_read", "pathway", row.id, {"notes": [None, len(rows)]})
        return [ReadNote(note.written_at, author, _text_of(note, sealed, period)) for note, author, sealed in rows]


def _text_of(note: CircleNote, sealed: bytes | None, period: CircleKeeper) -> str | None:
    if sealed is None:
        return None
    try:
        return unwrap(unwrap(key_of(period), sealed), note.sealed_text)
    except ValueError:
        return None


blueprint = Blueprint("notes", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/notes")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.CIRCLE_NOTE_READ)
def notes(case_id: int, pathway_id: int) -> Page:
    """Read the notes, newest first, and write one. Each display of the page is recorded."""
    actor, now = current_actor(), clock.now()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    form = NoteForm()
    people = parties(row.for_whom, row.participant_id, participants_of(row.case_id))
    form.concerns.choices = people_choices({note.id: person_words(note) for note in people})
    if form.validate_on_submit():
        try:
            write_note(
                submitted(form), row.id, form.text.data, [number(note) or 0 for note in form.concerns.data or ()]
            )
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return redirect(url_for("notes.notes", case_id=case_id, pathway_id=pathway_id), 303)
    read = read_notes(actor, row.id, now)
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_NOTE_READ)
    zone = zone_of(row.school_id)
    page = render_template(
        "pathways/circles/notes/list.html",
        form=form,
        case=row.case,
        lede=kind_words(row),
        back_href=page_of(row),
        tabs=parts_of(actor, row, with_keepers(row), "notes.notes"),
        notes=[
            {"when": moment_words(note.written_at, zone), "author": note.author, "text": note.text} for note in read
        ],
        shredding=_shredding(row, zone),
        ids={"case_id": case_id, "pathway_id": pathway_id},
        closed=Counter(note.name for note in closed_to(row.id, actor.user_id)).items(),
    )
    return (page, 400) if form.is_submitted() else page


def _shredding(row: Pathway, zone: str) -> str:
    if is_held(row.id):
        return _("Shredding is stopped: a request, hold or order is open.")
    days = setting("NOTE_DAYS")
    if row.ended_at is None:
        return ngettext(
            "The notes are shredded %(num)d day after the circle has ended.",
            "The notes are shredded %(num)d days after the circle has ended.",
            days,
        )
    day = shred_day(local_date(row.ended_at, zone), days)
    return _("The notes are shredded on %(day)s.", day=day_words_with_year(day))


ROOM = Room(pages=(blueprint,), messages=messages.MESSAGES, panels=(Panel(Place.PERSON, 10, before_a_role_ends),))
