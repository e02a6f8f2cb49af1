"""Calendar invitations of a meeting: to its keepers and to who leads the case, and to nobody else.

Each act that plans, moves or ends a meeting, or changes who belongs to it, ends with `tell_calendars`: what each person
was last told is compared with what is, and only those are written to for whom something changed.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, SYSTEM, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import actor_of, in_force_at
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting, MeetingInvitation
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.pathways.circles.circle.states import STRUCK_OUT, MeetingState, meeting_state
from wss_cases.pathways.circles.invitations.queries import INVITATION, invitation_key, reaches, staff_of
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.training.records.queries import TrainingRecord, keeping_counts_on


def tell_calendars(uow: UnitOfWork, meeting: CircleMeeting) -> None:
    """Invite whoever belongs to a meeting, tell them of a change, and withdraw what no longer holds."""
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
    """Do what `tell_calendars` does for each planned meeting of a circle, or of a case."""
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
    # the time and room stay those they were told: who no longer belongs is told of no other
    row.sequence, row.withdrawn_at = row.sequence + 1, uow.now
    _send(uow, row, "circle.uninvited")


def _send(uow: UnitOfWork, row: MeetingInvitation, act: str) -> None:
    row.told_at = uow.now
    add_audited(uow, row, act)
    uow.notify(row.user_id, INVITATION, row, invitation_key(row))


def withdraw_former(now: datetime) -> int:
    """Withdraw the invitations of `former`, whose role ended or whose case got another lead. Returns how many.

    Only of meetings still to come: what is past stays in calendars as it was.
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
    """Whether whoever was invited works at the meeting's school in one of these roles."""
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
    """Return the invitations to meetings still to come whose people no longer belong to them, in one query."""
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
