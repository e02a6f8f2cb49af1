"""Whom a district and its schools need, and whether they are there and can sign in."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from wss_cases.access.actor import Role
from wss_cases.access.housing import KNOW
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import in_force_at
from wss_cases.accounts.network_approvers import NetworkApprover, approvers, possible_approvers
from wss_cases.contacts import SchoolSergeant
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.police.review.queries import networks
from wss_cases.setup.checklist.rules import Found, bad, named, ok, warning
from wss_cases.training.records.queries import TrainingRecord, keeping_counts_on


def accounts(now: datetime) -> Found:
    """Whether anybody can sign in who gives roles; where nobody can, nobody else ever will."""
    givers = (
        select(func.count(UserAccount.id.distinct()))
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.role == Role.SYSADMIN, UserAccount.state == AccountState.ACTIVE, in_force_at(now))
    )
    count = db.session.scalar(givers) or 0
    if count == 0:
        return bad(_("No one can give roles: no system administrator is active."))
    if count == 1:
        return warning(_("There is only one system administrator: if that person is away, no one can give roles."))
    return ok(_("%(num)d system administrators are active.", num=count))


def leaders(now: datetime) -> Found:
    """Whether each school has an administrator who can sign in: grants outlive a disabled account, and precede one."""
    led = {school_id for _user, school_id, _role in _at_work(now, [Role.ADMINISTRATOR])}
    return _each_school(
        led,
        _("There is no school yet. Import a roster: flask import oneroster PATH"),
        _("Every school has an administrator."),
        _("Without an administrator, no one decides there"),
    )


def staff(now: datetime) -> Found:
    """Whether each school has somebody who reviews its reports and works its cases."""
    staffed = {school_id for _user, school_id, _role in _at_work(now, [Role.DEAN, Role.COORDINATOR])}
    return _each_school(
        staffed,
        _("There is no school yet, so no one works on cases."),
        _("Every school has a dean or a coordinator."),
        _("Without a dean or coordinator, no one works on cases there"),
    )


def coordinators(now: datetime) -> Found:
    """Whether each school has a coordinator: of a need for housing support nobody else there knows."""
    known = {school_id for _user, school_id, _role in _at_work(now, KNOW)}
    return _each_school(
        known,
        _("There is no school yet, so none has a coordinator."),
        _("Every school has a coordinator."),
        _("No coordinator, so no one sees a student’s need for housing support"),
    )


def keepers(now: datetime) -> Found:
    """Whether each school has a trained keeper: a coordinator who decides no discipline there."""
    day = today_at(None, now)
    trained = set(db.session.scalars(select(TrainingRecord.user_id).where(keeping_counts_on(day))))
    at_work = _at_work(now, [Role.COORDINATOR, *DECIDE])
    decides = {(user_id, school_id) for user_id, school_id, role in at_work if role in DECIDE}
    kept = {at for who, at, role in at_work if role is Role.COORDINATOR and who in trained and (who, at) not in decides}
    return _each_school(
        kept,
        _("There is no school yet, so no one keeps circles."),
        _("Every school has a trained circle keeper."),
        _("Without a trained keeper, no circle can be held there"),
    )


def sergeants(_now: datetime) -> Found:
    """Whether each school has its contact at the police."""
    known = set(db.session.scalars(select(SchoolSergeant.school_id).where(SchoolSergeant.ended_at.is_(None))))
    return _each_school(
        known,
        _("There is no school yet, so none has a School Sergeant."),
        _("Every school has a School Sergeant."),
        _("Without a School Sergeant, no one knows who to call at the police"),
    )


def police_reviewers(now: datetime) -> Found:
    """Whether each network has somebody who gives second approvals, and still may."""
    every = networks()
    if not every:
        return warning(_("There is no school yet, so no one gives second approvals."))
    chosen = approvers()
    return named(
        [
            network or _("(schools in no network)")
            for network in every
            if network not in chosen or not _may_answer(chosen[network], now)
        ],
        _("Every network has someone who gives second approvals."),
        _("No one gives second approvals, so no response means no"),
    )


def _may_answer(chosen: NetworkApprover, now: datetime) -> bool:
    possible = dict(possible_approvers(chosen.network, now))
    return chosen.approver_id in possible or chosen.deputy_id in possible


def _at_work(now: datetime, roles: Collection[Role]) -> list[tuple[int, int | None, Role]]:
    """Return (user id, school id, role) of all who hold one of these roles at a school and can sign in."""
    statement = (
        select(RoleGrant.user_id, RoleGrant.school_id, RoleGrant.role)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.role.in_(roles),
            RoleGrant.school_id.is_not(None),
            UserAccount.state == AccountState.ACTIVE,
            in_force_at(now),
        )
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def _each_school(having: Collection[int | None], none: str, good: str, words: str) -> Found:
    """Return whether every active school is among those that have it; where there is no school, nothing is well."""
    rows = db.session.execute(select(School.id, School.name).where(School.is_active).order_by(School.name)).all()
    if not rows:
        return warning(none)
    return named([name for school_id, name in rows if school_id not in having], good, words)
