"""Managing accounts: people, invitations, roles."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.forms import InviteForm, RoleForm
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.rules import GIVEN_BY_HAND, GIVEN_BY_SCHOOL, may_give
from wss_cases.accounts.account.states import ROLE_LABELS, STATE_LABELS
from wss_cases.accounts.credentials.queries import factor_state
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.grants.queries import is_over
from wss_cases.accounts.held_changes.queries import waiting
from wss_cases.accounts.managed_accounts.queries import get_person, networks_to_give, roles_of, schools_to_give
from wss_cases.accounts.people import actions
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.accounts.two_persons.actions import confirm_person
from wss_cases.accounts.two_persons.queries import counts_as_person
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Place
from wss_cases.journal.timeline import entry_rows

blueprint = Blueprint("people", __name__, url_prefix="/people")


def _roles(actor: Actor) -> list[Role]:
    return list(GIVEN_BY_HAND) if actor.has(Role.SYSADMIN) else list(GIVEN_BY_SCHOOL)


@blueprint.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def invite() -> Page:
    """Invite a person by mail."""
    actor = current_actor()
    form = InviteForm()
    form.offer(_roles(actor), schools_to_give(actor))
    return form_page(
        form,
        lambda: actions.invite(
            submitted(form), form.email.data, form.name.data, Role(form.role.data), form.chosen_school
        ),
        lambda user_id: url_for("people.person", user_id=user_id),
        "accounts/people/invite.html",
    )


@blueprint.get("/<int:user_id>")
@gate(Permission.ACCOUNT_MANAGE)
def person(user_id: int) -> Page:
    """One account: state, roles, history."""
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
            endable={grant.id for grant, _place in grants if may_give(actor, grant.role, grant.school_id)},
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


@blueprint.post("/<int:user_id>/roles")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def give_role(user_id: int) -> Page:
    """Give a role with its scope and dates."""
    actor, now = current_actor(), clock.now()
    user = get_person(actor, user_id, clock.now())
    form = RoleForm()
    form.offer(_roles(actor), schools_to_give(actor), networks_to_give(actor))
    if form.validate_on_submit():
        starts_on = form.starts_on.data or today_at(form.chosen_school, now)
        role = Role(form.role.data)
        try:
            last, network = form.ends_on.data, form.chosen_network
            actions.give_role(actor, user_id, role, form.chosen_school, starts_on, last, now, network)
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


@blueprint.post("/<int:user_id>/roles/<int:grant_id>/end")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def end_role(user_id: int, grant_id: int) -> Page:
    """End a role today; without it the person may be another's to manage, so the list is next."""
    return _act(
        user_id, lambda actor: actions.end_role(actor, user_id, grant_id, clock.now()), url_for("people.people")
    )


@blueprint.post("/<int:user_id>/link")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def send_link(user_id: int) -> Page:
    """Send a new link for a first or forgotten password."""
    return _act(user_id, lambda actor: actions.invite_again(actor, user_id, clock.now()))


@blueprint.post("/<int:user_id>/disable")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def disable(user_id: int) -> Page:
    """Disable an account; its sessions end at once."""
    version = BaseForm().seen_version
    return _act(user_id, lambda actor: actions.set_enabled(actor, user_id, False, version, clock.now()))


@blueprint.post("/<int:user_id>/enable")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def enable(user_id: int) -> Page:
    """Enable an account again."""
    version = BaseForm().seen_version
    return _act(user_id, lambda actor: actions.set_enabled(actor, user_id, True, version, clock.now()))


@blueprint.post("/<int:user_id>/confirm")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_MANAGE)
def confirm(user_id: int) -> Page:
    """Say that one knows the person behind the account, so that they count as a second person."""
    return _act(user_id, lambda actor: confirm_person(Invocation(actor, clock.now()), user_id))
