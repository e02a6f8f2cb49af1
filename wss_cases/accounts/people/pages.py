"""Managing other people's accounts: invite, give and end roles, disable and enable; steps for a partner's people."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import case, column, func, select, table

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account import rules
from wss_cases.accounts.account.models import (
    ROLE_LABELS,
    STATE_LABELS,
    AccountState,
    Invitation,
    RoleGrant,
    UserAccount,
)
from wss_cases.accounts.account.pages import InviteForm, RoleForm
from wss_cases.accounts.calendar_address import end_feeds
from wss_cases.accounts.credentials import FRESH_MINUTES, factor_state
from wss_cases.accounts.grants import in_force_at, is_over
from wss_cases.accounts.held_changes import HeldKind, hold, waiting
from wss_cases.accounts.managed_accounts import Wanted, get_person, networks_to_give, people, roles_of, schools_to_give
from wss_cases.accounts.sign_in.sessions import actions as sessions
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.two_persons import confirm_person, counts_as_person
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Overreach, Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import LEAST_LETTERS, fold_address
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Hit, Place, Room, Searchable
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case

BY_HAND_LASTS = timedelta(days=365)
STAFF = table("staff_member", column("user_id"), column("email"), column("source"), column("is_active"))
"""Accounts may not import the roster, a higher package; these are the columns they need of it."""
MOVED = "account.address_moved"
ADDRESS_OF_ANOTHER = "account.address_of_another"

OF_A_SETUP = 2


@use_case
def invite(uow: UnitOfWork, email: str, name: str, role: Role, school_id: int | None) -> int:
    """Create an account with a first role and send its link. Raises Refused for an address in use. The first two
    accounts, invited by no account, are those of the setup and count as two persons."""
    return invited(uow, email, name, role, school_id).user_id


def invited(uow: UnitOfWork, email: str, name: str, role: Role, school_id: int | None) -> Invitation:
    """Step: `invite` in a caller's unit of work, to invite several people at once."""
    _check_free(uow, email)
    user = UserAccount(email=fold_address(email), name=name, created_at=uow.now, state=AccountState.INVITED)
    user.first_setup = uow.actor.is_system and _is_setup(uow)
    uow.add(user)
    uow.record(user, "account.invited")
    give_grant(uow, user, role, school_id, today_at(school_id, uow.now), None)
    return sessions.send_invitation(uow, user)


def _is_setup(uow: UnitOfWork) -> bool:
    count = select(func.count()).select_from(UserAccount).where(UserAccount.first_setup)
    return (uow.session.scalar(count) or 0) < OF_A_SETUP


def invite_again(actor: Actor, user_id: int, now: datetime) -> None:
    """Send a new link, for a first or forgotten password."""
    with unit_of_work(actor, now) as uow:
        user = _managed(uow, user_id)
        if user.state is AccountState.DISABLED:
            raise Refused("", _("Enable the account first."))
        if HeldKind.ADDRESS in waiting(user.id, now):
            raise Overreach(
                "", _("The address is new: no link is sent to it for 24 hours, unless it is confirmed below.")
            )
        sessions.send_invitation(uow, user)
        uow.record(user, "account.password_reset")


def change_address(uow: UnitOfWork, user_id: int, email: str, version: int | None) -> UserAccount:
    """Step: change the address an account signs in and gets email with. Raises NotFound, Refused, Stale.

    Links sent to the old address end, and someone who was only invited gets a new one. The new address gets no link for
    a day, unless its holder confirms it from the old one or a second administrator agrees. The old address and the
    other administrators are told.
    """
    user = uow.load(UserAccount, user_id, Permission.ACCOUNT_ADDRESS, version)
    if user.email == fold_address(email):
        raise Refused("email", _("This is already their address."))
    _check_free(uow, email)
    hold(uow, user, HeldKind.ADDRESS, user.email)
    user.email = fold_address(email)
    uow.notify(user.id, MOVED, user, f"{MOVED}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)
    sessions.tell_administrators(
        uow, user, ADDRESS_OF_ANOTHER, of=sessions.schools_of(uow, user), but={uow.actor.user_id, user.id}
    )
    if user.state is AccountState.INVITED:
        sessions.send_invitation(uow, user)
    else:
        sessions.end_links(uow, user)
    uow.record(user, "account.address_changed")
    return user


def is_free(uow: UnitOfWork, email: str) -> bool:
    theirs = select(UserAccount.id).where(UserAccount.email == fold_address(email))
    return uow.session.scalars(theirs).first() is None


def _check_free(uow: UnitOfWork, email: str) -> None:
    if not is_free(uow, email):
        raise Refused("email", _("There is already an account with this address."))


def give_role(
    actor: Actor,
    user_id: int,
    role: Role,
    school_id: int | None,
    starts_on: date,
    ends_on: date | None,
    now: datetime,
    network: str | None = None,
) -> None:
    """Give a role with its scope and dates; a district administrator's for one network, or with None for all
    schools. Raises Refused if the actor may not, or to a partner's person."""
    with unit_of_work(actor, now) as uow:
        user = _managed(uow, user_id)
        if ends_on is not None and ends_on < starts_on:
            raise Refused("ends_on", _("The last day is before the first."))
        give_grant(uow, user, role, school_id, starts_on, ends_on, network)


def give_grant(
    uow: UnitOfWork,
    user: UserAccount,
    role: Role,
    school_id: int | None,
    starts_on: date,
    ends_on: date | None,
    network: str | None = None,
) -> None:
    """Step: give a role, and tell its holder and the administrators. Raises Refused as `give_role` does."""
    if role in rules.SCHOOL_ROLES and school_id is None:
        raise Refused("school_id", _("Choose the school where they hold the role."))
    if role not in rules.GIVEN_BY_HAND:
        raise Refused("role", _("Invite a partner’s people from the partner’s page in the directory."))
    if user.id == uow.actor.user_id:
        raise Overreach("role", _("Another administrator gives you a role: people cannot give roles to themselves."))
    if not rules.may_give(uow.actor, role, school_id):
        raise Refused("role", _("You cannot give this role at this school."))
    if any(grant.role is Role.PARTNER and not is_over(grant, uow.now) for grant in user.grants):
        raise Refused("role", _("This person already signs in for a partner."))
    scoped = school_id if role in rules.SCHOOL_ROLES else None
    ends_on = ends_on or _end_by_hand(uow, user, role, starts_on)
    grant = RoleGrant(user_id=user.id, role=role, school_id=scoped, starts_on=starts_on, ends_on=ends_on)
    grant.network = network if role in rules.DISTRICT_ROLES else None
    grant.district = role in rules.DISTRICT_ROLES and not grant.network
    uow.add(grant)
    uow.record(user, "account.role_given", role=role.value)
    sessions.tell_roles_changed(uow, user, grant, given=True)


def _end_by_hand(uow: UnitOfWork, user: UserAccount, role: Role, starts_on: date) -> date | None:
    """When a role given by hand ends: after a year, if there is a roster and it does not know this person. None: no
    end."""
    fed = STAFF.c.is_active & (STAFF.c.source != "manual")
    known = (func.lower(STAFF.c.email) == user.email) | (STAFF.c.user_id == user.id)
    count = select(func.count(), func.sum(case((known, 1), else_=0))).select_from(STAFF).where(fed)
    of_feed, theirs = uow.session.execute(count).one()
    by_hand = of_feed and not theirs and role is not Role.SYSADMIN
    return starts_on + BY_HAND_LASTS if by_hand else None


def end_role(actor: Actor, user_id: int, grant_id: int, now: datetime) -> None:
    """End a role today; it takes effect on the person's next request."""
    with unit_of_work(actor, now) as uow:
        user = _managed(uow, user_id)
        grant = uow.session.get(RoleGrant, grant_id, with_for_update=True)
        if grant is None or grant.user_id != user.id:
            raise NotFound
        if not rules.may_give(actor, grant.role, grant.school_id):
            raise Refused("", _("You cannot end this role."))
        end_grant(uow, user, grant)
        sessions.tell_roles_changed(uow, user, grant, given=False)


def end_grant(uow: UnitOfWork, user: UserAccount, grant: RoleGrant) -> None:
    """Step: end a role today. Raises Overreach if nobody else could then give roles."""
    if grant.role is Role.SYSADMIN:
        _keep_one(uow, user)
    yesterday = today_at(grant.school_id, uow.now) - timedelta(days=1)
    if grant.starts_on <= yesterday:
        grant.ends_on = yesterday
    else:
        uow.session.delete(grant)
    uow.record(user, "account.role_ended", role=grant.role.value)


def set_enabled(actor: Actor, user_id: int, enabled: bool, version: int | None, now: datetime) -> None:
    """Disable an account and end its sessions at once, or enable it again."""
    with unit_of_work(actor, now) as uow:
        user = _managed(uow, user_id, version)
        if user.id == actor.user_id:
            raise Refused("", _("You cannot disable your own account."))
        if enabled:
            enable(uow, user)
            return
        _keep_one(uow, user)
        user.state = AccountState.DISABLED
        sessions.end_all_sessions(uow, user.id)
        end_feeds(uow, user.id)
        uow.record(user, "account.disabled")


def enable(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: let an account sign in again, or finish its invitation."""
    user.state = AccountState.ACTIVE if user.password_hash else AccountState.INVITED
    uow.record(user, "account.enabled")


def _keep_one(uow: UnitOfWork, user: UserAccount) -> None:
    """Raise Overreach for the last account that can give every role."""
    givers = (
        select(UserAccount.id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.role == Role.SYSADMIN, in_force_at(uow.now), UserAccount.state == AccountState.ACTIVE)
    )
    left = set(uow.session.scalars(givers))
    if left == {user.id}:
        raise Overreach("", _("This is the last account that can give roles. Give its role to someone else first."))


def _managed(uow: UnitOfWork, user_id: int, version: int | None = None) -> UserAccount:
    user = uow.load(UserAccount, user_id, Permission.ACCOUNT_MANAGE, version)
    if not rules.manages(uow.actor, [grant for grant in user.grants if not is_over(grant, uow.now)]):
        raise NotFound
    return user


MOST_FOUND = 50


def account_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Search results: accounts by part of their name or address, among the first `MOST_FOUND`."""
    text = " ".join(typed.replace("\0", "").split())
    if len(text) < LEAST_LETTERS or not might(actor, Permission.ACCOUNT_MANAGE):
        return []
    accounts = people(actor, Wanted(text), clock.now(), limit=MOST_FOUND)[skip : skip + limit]
    roles = roles_of([user.id for user in accounts])
    return [
        Hit(
            user.name,
            url_for("people.person", user_id=user.id),
            dotted(*(f"{ROLE_LABELS[grant.role]}{f' ({place})' if place else ''}" for grant, place in roles[user.id])),
            str(STATE_LABELS[user.state]),
        )
        for user in accounts
    ]


blueprint = Blueprint("people", __name__, url_prefix="/people")


def _roles(actor: Actor) -> list[Role]:
    return list(rules.GIVEN_BY_HAND) if actor.has(Role.SYSADMIN) else list(rules.GIVEN_BY_SCHOOL)


@blueprint.route("/new", methods=["GET", "POST"], endpoint="invite")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def invite_page() -> Page:
    actor = current_actor()
    form = InviteForm()
    form.offer(_roles(actor), schools_to_give(actor))
    return form_page(
        form,
        lambda: invite(submitted(form), form.email.data, form.name.data, Role(form.role.data), form.chosen_school),
        lambda user_id: url_for("people.person", user_id=user_id),
        "accounts/people/invite.html",
    )


@blueprint.get("/<int:user_id>")
@gate(Permission.ACCOUNT_MANAGE)
def person(user_id: int) -> Page:
    user = get_person(current_actor(), user_id, clock.now())
    return _person_page(user, RoleForm(formdata=None), 200)


def _person_page(user: UserAccount, form: RoleForm, code: int) -> Page:
    actor = current_actor()
    form.offer(_roles(actor), schools_to_give(actor), networks_to_give(actor))
    grants = roles_of([user.id])[user.id]
    factor = factor_state(user.id)
    return (
        render_template(
            "accounts/people/person.html",
            user=user,
            panels=panels_for(Place.PERSON, actor, user),
            grants=grants,
            endable={grant.id for grant, _place in grants if rules.may_give(actor, grant.role, grant.school_id)},
            form=form,
            waits=waiting(user.id, clock.now()),
            viewer_id=actor.user_id,
            moment=lambda instant: moment_words(instant, district_zone()),
            factor=moment_words(factor.since, district_zone()) if factor else "",
            is_person=counts_as_person(user.id, clock.now()),
            over={grant.id for grant, _place in grants if is_over(grant, clock.now())},
            role_labels=ROLE_LABELS,
            state_labels=STATE_LABELS,
            day_words=day_words_with_year,
            entries=entry_rows(history("user_account", user.id), district_zone()),
        ),
        code,
    )


@blueprint.post("/<int:user_id>/roles", endpoint="give_role")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def give_role_page(user_id: int) -> Page:
    actor, now = current_actor(), clock.now()
    user = get_person(actor, user_id, clock.now())
    form = RoleForm()
    form.offer(_roles(actor), schools_to_give(actor), networks_to_give(actor))
    if form.validate_on_submit():
        starts_on = form.starts_on.data or today_at(form.chosen_school, now)
        role = Role(form.role.data)
        try:
            last, network = form.ends_on.data, form.chosen_network
            give_role(actor, user_id, role, form.chosen_school, starts_on, last, now, network)
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return redirect(url_for("people.person", user_id=user_id), 303)
    return _person_page(user, form, 400)


def _act(user_id: int, act: Callable[[Actor], object], leads_to: str = "") -> Page:
    actor = current_actor()
    user = get_person(actor, user_id, clock.now())
    try:
        act(actor)
    except Refused as refusal:
        form = RoleForm(formdata=None)
        apply_refusal(form, refusal)
        return _person_page(user, form, 400)
    return redirect(leads_to or url_for("people.person", user_id=user_id), 303)


@blueprint.post("/<int:user_id>/roles/<int:grant_id>/end", endpoint="end_role")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def end_role_page(user_id: int, grant_id: int) -> Page:
    """End a role today. Continues to the list, because the actor may no longer manage the person."""
    return _act(user_id, lambda actor: end_role(actor, user_id, grant_id, clock.now()), url_for("people.people"))


@blueprint.post("/<int:user_id>/link")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def send_link(user_id: int) -> Page:
    return _act(user_id, lambda actor: invite_again(actor, user_id, clock.now()))


@blueprint.post("/<int:user_id>/disable")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def disable(user_id: int) -> Page:
    version = BaseForm().seen_version
    return _act(user_id, lambda actor: set_enabled(actor, user_id, False, version, clock.now()))


@blueprint.post("/<int:user_id>/enable", endpoint="enable")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def enable_page(user_id: int) -> Page:
    version = BaseForm().seen_version
    return _act(user_id, lambda actor: set_enabled(actor, user_id, True, version, clock.now()))


@blueprint.post("/<int:user_id>/confirm")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def confirm(user_id: int) -> Page:
    """Confirm that one knows the person behind the account, so that they count as a second person."""
    return _act(user_id, lambda actor: confirm_person(Invocation(actor, clock.now()), user_id))


ROOM = Room(pages=(blueprint,), searchable=(Searchable("accounts", _l("Accounts"), 50, account_hits),))


def invite_for_partner(uow: UnitOfWork, partner_id: int, email: str, name: str) -> UserAccount:
    """Step: create an account whose only role is this partner's, and send its link. Someone who signed in for a
    partner before gets the role again. Raises Refused for any other address in use: school staff never sign in for a
    partner with the same account."""
    named = select(UserAccount).where(UserAccount.email == fold_address(email)).with_for_update()
    user = uow.session.scalars(named).one_or_none()
    if user is None:
        user = uow.add(
            UserAccount(email=fold_address(email), name=name, created_at=uow.now, state=AccountState.INVITED)
        )
        uow.record(user, "account.invited")
    elif any(grant.role is not Role.PARTNER for grant in user.grants):
        raise Refused("email", _("There is already an account with this address."))
    elif user.state is AccountState.DISABLED:
        raise Refused("email", _("This account is disabled. A system administrator can enable it."))
    elif any(not is_over(grant, uow.now) for grant in user.grants):
        raise Refused("email", _("This person already signs in for a partner."))
    today = today_at(None, uow.now)
    uow.add(RoleGrant(user_id=user.id, role=Role.PARTNER, partner_id=partner_id, starts_on=today))
    uow.record(user, "account.role_given", role=Role.PARTNER.value)
    sessions.send_invitation(uow, user)
    return user


def end_for_partner(uow: UnitOfWork, partner_id: int, grant_id: int) -> UserAccount:
    """Step: end a person's access for a partner, and their sessions at once. Raises NotFound for another partner's
    grant."""
    grant = uow.session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None or grant.partner_id != partner_id or is_over(grant, uow.now):
        raise NotFound
    user = uow.session.get_one(UserAccount, grant.user_id, with_for_update=True)
    yesterday = today_at(None, uow.now) - timedelta(days=1)
    if grant.starts_on <= yesterday:
        grant.ends_on = yesterday
    else:
        uow.session.delete(grant)
    sessions.end_all_sessions(uow, user.id)
    uow.record(user, "account.role_ended", role=Role.PARTNER.value)
    return user
