"""Giving roles to the roster's staff: rules, a second person's confirmation, returning staff, and waves of
invitations."""

from datetime import date

from sqlalchemy import select, update

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.accounts.people.pages import enable, give_grant
from wss_cases.accounts.sign_in.invitations import send_invitation
from wss_cases.accounts.sign_in.sessions.actions import WAVE, tell_administrators
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School, StaffMember, StaffPost
from wss_cases.roster.staff_accounts.models import GIVEN, NEEDS_SECOND, AccountRule, AccountWave, Member
from wss_cases.roster.staff_accounts.queries import newest_rule, open_wave, returning

LARGEST = 5_000
NOT_BACK = _l("This person did not come back, or already has everything.")


@use_case
def set_rule(uow: UnitOfWork, staff_role: str, school_id: int | None, role: Role | None, starts_on: date) -> int:
    """Set which role a roster role gives from a day on, at one school or any; None gives none. A rule for
    administrators counts once a second person confirmed it. Raises Refused for a role or school that the roster does
    not have."""
    require(uow.actor, Permission.ROSTER_ACCOUNTS, uow.actor)
    if uow.session.scalar(select(StaffPost.id).where(StaffPost.role == staff_role).limit(1)) is None:
        raise Refused("staff_role", _("Choose a role that the roster has."))
    if school_id is not None and uow.session.get(School, school_id) is None:
        raise Refused("school_id", _("Choose a school, or any school."))
    if role is not None and role not in GIVEN:
        raise Refused("role", _("The roster gives no such role."))
    if starts_on < today_at(None, uow.now):
        raise Refused("starts_on", _("The first day must be today or later."))
    rule = AccountRule(
        staff_role=staff_role, school_id=school_id, role=role, starts_on=starts_on, said_by_id=uow.actor.user_id,
        said_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(rule, "account_rule.said")


@use_case
def confirm_rule(uow: UnitOfWork, rule_id: int) -> int:
    """Confirm, as a second person, a rule that gives an administrator's role. Raises NotFound, Refused."""
    rule = uow.load(AccountRule, rule_id, Permission.ROSTER_ACCOUNTS)
    if rule.role not in NEEDS_SECOND or rule.confirmed_at is not None:
        raise Refused("", _("Nothing is waiting for a second person."))
    refuse_one_person("", uow.actor.user_id, [rule.said_by_id], uow.now)
    rule.confirmed_by_id, rule.confirmed_at = uow.actor.user_id, uow.now
    uow.audit("account_rule.confirmed", "account_rule", rule.id)
    return rule.id


@use_case
def give_back(uow: UnitOfWork, user_id: int) -> int:
    """Give someone who returned to the roster what the rules give, and enable the account. Raises NotFound; Refused
    if they did not return, or have it all."""
    require(uow.actor, Permission.ROSTER_ACCOUNTS, uow.actor)
    user = existing(uow.session.get(UserAccount, user_id, with_for_update=True, populate_existing=True))
    back = returning(user_id, uow.now)
    if back is None:
        raise Refused("", str(NOT_BACK))
    if user.state is AccountState.DISABLED:
        enable(uow, user)
    tie(uow, back.member, user)
    for role, school_id in back.gives:
        give_grant(uow, user, role, school_id, today_at(school_id, uow.now), None)
    if user.state is AccountState.INVITED:
        send_invitation(uow, user)
    return user.id


def tie(uow: UnitOfWork, member: Member, user: UserAccount) -> None:
    """Step: link an account to these rows of the roster."""
    ours = update(StaffMember).where(StaffMember.id.in_(member.staff_ids)).values(user_id=user.id)
    uow.session.execute(ours.execution_options(synchronize_session=False))


@use_case
def make_wave(uow: UnitOfWork, size: int, seen_rule_id: int | None) -> int:
    """Have the scheduler invite this many people of the roster; the other administrators are told once. Raises
    Refused during another wave, or if the rules changed since the page was shown."""
    require(uow.actor, Permission.ROSTER_ACCOUNTS, uow.actor)
    assert uow.actor.user_id is not None
    rule_id = newest_rule()
    if rule_id is None or rule_id != seen_rule_id:
        raise Refused("", _("The rules have changed since this page was shown. Review who gets an account."))
    if not 1 <= size <= LARGEST:
        raise Refused("size", _("Enter a number from 1 to %(most)d.", most=LARGEST))
    if open_wave() is not None:
        raise Refused("size", _("Invitations are being sent. Wait until they are done."))
    wave = AccountWave(size=size, newest_rule_id=rule_id, made_by_id=uow.actor.user_id, made_at=uow.now)
    uow.add_audited(wave, "account_wave.made")
    maker = uow.session.get_one(UserAccount, uow.actor.user_id)
    tell_administrators(uow, maker, WAVE, but={maker.id})
    return wave.id
