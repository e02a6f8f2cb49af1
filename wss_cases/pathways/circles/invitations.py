"""Calendar invitations to a meeting, sent only to its keepers and the lead of its case.

Every use case that plans, moves or ends a meeting, or changes who belongs to it, ends with `tell_calendars`. It
compares what each person was last sent with the present state and writes only to those for whom something changed.

A calendar entry says the kind of meeting, the time, the room and a link. It carries no name and no case number, because
calendars are shared, synchronized and printed.
"""

from datetime import datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, SYSTEM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import actor_of, in_force_at
from wss_cases.cases.case.models import Case
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.files.icalendar import Entry, Invited, calendar_file
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import CalendarPart, Mail, MessageKind, Paragraph
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.circle.models import (
    STRUCK_OUT,
    CircleKeeper,
    CircleMeeting,
    MeetingInvitation,
    MeetingKind,
    MeetingState,
    meeting_state,
)
from wss_cases.pathways.circles.circle.queries import leads_now
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.training.records.models import TrainingRecord, keeping_counts_on

INVITATION = "circle.invitation"


def invitation_key(row: MeetingInvitation) -> str:
    """The dedupe key of one version of a person's invitation, so that it is queued once."""
    return f"{INVITATION}:{row.id}:{row.sequence}"


def staff_of(meeting: CircleMeeting) -> list[int]:
    """The staff of a meeting, each once: the keepers of its circle and the lead of its case."""
    keepers = select(CircleKeeper.user_id).where(
        CircleKeeper.pathway_id == meeting.pathway_id, CircleKeeper.ended_at.is_(None)
    )
    lead = select(Case.lead_id).where(Case.id == meeting.case_id, Case.lead_id.is_not(None))
    return sorted({*db.session.scalars(keepers), *(user_id for user_id in db.session.scalars(lead) if user_id)})


def reaches(actor: Actor, meeting: CircleMeeting, now: datetime) -> bool:
    """Whether the actor may know of a meeting: they are on its case's team, or lead its circle."""
    return can(actor, Permission.CASE_READ, meeting) or leads_now(actor, meeting.pathway_id, now)


def was_told(row: MeetingInvitation, message: OutboxMessage) -> bool:
    """Whether an earlier message of this invitation was sent, or may have been."""
    earlier = select(OutboxMessage.id).where(
        OutboxMessage.recipient_id == row.user_id,
        OutboxMessage.kind == INVITATION,
        OutboxMessage.object_id == row.id,
        OutboxMessage.id < message.id,
        or_(
            OutboxMessage.state.in_((OutboxState.SENT, OutboxState.CLAIMED, OutboxState.FAILED)),
            OutboxMessage.attempts > 0,
        ),
    )
    return db.session.scalar(earlier.limit(1)) is not None


def meeting_words(kind: str, meeting_kind: MeetingKind) -> str:
    """The name of a meeting: the kind of its circle, and whether it is the agreement's completion meeting."""
    words = str(Kind(kind).label) if kind in set(Kind) else kind
    if meeting_kind is MeetingKind.COMPLETION:
        return _("%(kind)s, agreement completion meeting", kind=words)
    return words


def meeting_uid(meeting_id: int, site: str) -> str:
    """The identifier of a meeting in every calendar; it stays when the meeting moves. `site`: this system's address."""
    return f"circle-meeting-{meeting_id}@{urlsplit(site).hostname or 'localhost'}"


def meeting_file(meeting: CircleMeeting, kind: str, address: str, site: str, now: datetime) -> bytes:
    """A meeting as a calendar file. `kind`: its circle's kind; `address`: its page; `site`: this system's address."""
    entry = Entry(
        uid=meeting_uid(meeting.id, site),
        sequence=meeting.sequence,
        changed=now,
        starts=meeting.starts_at,
        minutes=meeting.minutes,
        summary=meeting_words(kind, meeting.kind),
        address=address,
        room=meeting.room,
        cancelled=meeting_state(meeting.happened, meeting.not_held_reason) in STRUCK_OUT,
    )
    return calendar_file([entry], method="PUBLISH")


def _rows(message: OutboxMessage) -> tuple[MeetingInvitation, CircleMeeting]:
    row = db.session.get_one(MeetingInvitation, message.object_id)
    return row, db.session.get_one(CircleMeeting, row.meeting_id)


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row, meeting = _rows(message)
    if message.dedupe_key != invitation_key(row):
        return False  # a newer message replaced this one
    if row.withdrawn_at is not None:
        return was_told(row, message)  # a person who was never invited has nothing to cancel
    belongs = actor.user_id in staff_of(meeting) and reaches(actor, meeting, now())
    return belongs and meeting.happened is None and meeting.starts_at > now()


def _words(row: MeetingInvitation, meeting: CircleMeeting) -> str:
    return meeting_words(db.session.get_one(Pathway, row.pathway_id).kind, meeting.kind)


def _page(row: MeetingInvitation, actor: Actor) -> str:
    sees_case = can(actor, Permission.CASE_READ, row)
    return link(f"/cases/{row.case_id}/pathways/{row.pathway_id}" if sees_case else f"/keeping/{row.pathway_id}")


def _says(message: OutboxMessage, actor: Actor) -> Mail:
    row, meeting = _rows(message)
    what, when = _words(row, meeting), moment_words(row.starts_at, zone_of(row.school_id))
    subject, words = _news(message, row, meeting, what=what, when=when)
    minutes = _("%(number)d minutes", number=row.minutes)
    return Mail(
        subject,
        [
            words,
            Paragraph(f"{when} · {minutes}", bold=True),
            *([_("Room: %(room)s", room=row.room)] if row.room else []),
            _("No reply is needed. Your calendar saves the meeting.")
            if row.withdrawn_at is None
            else _("Your calendar removes the meeting."),
        ],
        _page(row, actor) if reaches(actor, meeting, now()) else "",
        _("Open the circle’s page"),
        title=what,
    )


def _news(message: OutboxMessage, row: MeetingInvitation, meeting: CircleMeeting, **said: str) -> tuple[str, str]:
    """The subject and the first sentence."""
    if row.withdrawn_at is None and not was_told(row, message):
        return _("Invitation: %(what)s, %(when)s", **said), _("You are invited as staff of this meeting.")
    if row.withdrawn_at is None:
        return _("Changed: %(what)s, %(when)s", **said), _("The meeting has a new time, length or room.")
    if meeting.happened is None:
        # a meeting that still takes place must not be announced as canceled
        subject = _("No longer in your calendar: %(what)s, %(when)s", **said)
        return subject, _("You are no longer part of this meeting. It takes place without you.")
    return _("Canceled: %(what)s, %(when)s", **said), _(
        "This meeting will not take place at this time. You will be invited again when it has a new time."
    )


def _calendar(message: OutboxMessage, actor: Actor) -> CalendarPart:
    row, meeting = _rows(message)
    withdrawn = row.withdrawn_at is not None
    method = "CANCEL" if withdrawn else "REQUEST"
    entry = Entry(
        uid=meeting_uid(row.meeting_id, link("/")),
        sequence=row.sequence,
        changed=row.told_at,
        starts=row.starts_at,
        minutes=row.minutes,
        summary=_words(row, meeting),
        address="" if withdrawn else _page(row, actor),
        room=row.room,
        cancelled=withdrawn,
    )
    # the organizer is the sender: calendars accept changes only from it
    name, address = parseaddr(setting("MAIL_FROM"))
    email = db.session.get_one(UserAccount, row.user_id).email
    return CalendarPart(method, calendar_file([entry], method=method, invited=Invited(address, name, attendee=email)))


MESSAGES = (MessageKind(INVITATION, _says, _still_due, calendar=_calendar),)


def tell_calendars(uow: UnitOfWork, meeting: CircleMeeting) -> None:
    """Invite the people of a meeting, tell them of a change, and withdraw invitations that no longer apply."""
    state = meeting_state(meeting.happened, meeting.not_held_reason)
    if state is not MeetingState.PLANNED and state not in STRUCK_OUT:
        return
    statement = select(MeetingInvitation).where(MeetingInvitation.meeting_id == meeting.id).with_for_update()
    known = {row.user_id: row for row in uow.session.scalars(statement).all()}
    staff = staff_of(meeting) if state is MeetingState.PLANNED else []
    people = {user_id: actor_of(user_id, uow.now) for user_id in staff}
    wanted = [user_id for user_id, person in people.items() if person and reaches(person, meeting, uow.now)]
    for user_id in wanted:
        _invite(uow, meeting, user_id, known.get(user_id))
    for user_id, row in sorted(known.items()):
        if user_id not in wanted and row.withdrawn_at is None:
            _withdraw(uow, row)


def tell_planned(uow: UnitOfWork, which: ColumnElement[bool]) -> None:
    """Call `tell_calendars` for each planned meeting that `which` selects."""
    planned = select(CircleMeeting).where(which, CircleMeeting.happened.is_(None))
    for meeting in uow.session.scalars(planned.order_by(CircleMeeting.id)).all():
        tell_calendars(uow, meeting)


def _invite(uow: UnitOfWork, meeting: CircleMeeting, user_id: int, row: MeetingInvitation | None) -> None:
    when = (meeting.starts_at, meeting.minutes, meeting.room)
    if row is None:
        row = MeetingInvitation(
            meeting_id=meeting.id, user_id=user_id, pathway_id=meeting.pathway_id, case_id=meeting.case_id,
            school_id=meeting.school_id, sequence=meeting.sequence,
        )  # fmt: skip
    elif row.withdrawn_at is None and (row.starts_at, row.minutes, row.room) == when:
        return
    else:
        row.sequence = max(meeting.sequence, row.sequence + 1)
    row.starts_at, row.minutes, row.room = when
    row.withdrawn_at = None
    _send(uow, row, "circle.invited")


def _withdraw(uow: UnitOfWork, row: MeetingInvitation) -> None:
    # keep the time and room they were sent: people who no longer belong learn no new ones
    row.sequence, row.withdrawn_at = row.sequence + 1, uow.now
    _send(uow, row, "circle.uninvited")


def _send(uow: UnitOfWork, row: MeetingInvitation, act: str) -> None:
    row.told_at = uow.now
    add_audited(uow, row, act)
    uow.notify(row.user_id, INVITATION, row, invitation_key(row))


def withdraw_former(now: datetime) -> int:
    """Withdraw the invitations of `former`, whose role ended or whose case got another lead. Returns how many.

    Only meetings still to come are touched; past ones stay in calendars.
    """
    if not former(now):
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        rows = select(MeetingInvitation).where(
            MeetingInvitation.id.in_(former(now)), MeetingInvitation.withdrawn_at.is_(None)
        )
        invitations = uow.session.scalars(rows.order_by(MeetingInvitation.id).with_for_update(skip_locked=True)).all()
        for row in invitations:
            _withdraw(uow, row)
        return len(invitations)


def _works(now: datetime, *roles: Role) -> ColumnElement[bool]:
    """SQL: the invited account works at the meeting's school in one of these roles."""
    works = (
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.user_id == MeetingInvitation.user_id,
            RoleGrant.school_id == MeetingInvitation.school_id,
            RoleGrant.role.in_(sorted(roles)),
            in_force_at(now),
            UserAccount.state == AccountState.ACTIVE,
        )
    )
    return works.exists()


def former(now: datetime) -> list[int]:
    """Invitations to coming meetings whose recipients no longer belong to them, in one query."""
    keeps = select(CircleKeeper.id).where(
        CircleKeeper.pathway_id == MeetingInvitation.pathway_id,
        CircleKeeper.user_id == MeetingInvitation.user_id,
        CircleKeeper.ended_at.is_(None),
    )
    trained = select(TrainingRecord.id).where(
        TrainingRecord.user_id == MeetingInvitation.user_id, keeping_counts_on(today_at(None, now))
    )
    leads = and_(_works(now, *STAFF), trained.exists(), ~_works(now, *DECIDE))
    statement = (
        select(MeetingInvitation.id)
        .join(CircleMeeting, CircleMeeting.id == MeetingInvitation.meeting_id)
        .join(Case, Case.id == MeetingInvitation.case_id)
        .join(Pathway, Pathway.id == MeetingInvitation.pathway_id)
        .where(MeetingInvitation.withdrawn_at.is_(None), MeetingInvitation.starts_at > now)
        .where(CircleMeeting.happened.is_(None))
        .where(
            or_(
                ~or_(_works(now, *CASE_TEAM), and_(keeps.exists(), leads)),
                and_(~keeps.exists(), Case.lead_id.is_distinct_from(MeetingInvitation.user_id)),
                Pathway.state.not_in(LIVE),
            )
        )
    )
    return list(db.session.scalars(statement))


ROOM = Room(messages=MESSAGES)
