"""Accounts from the roster: the rules, who would get an account and why not, and the invitations in waves."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.managed_accounts import schools_to_give
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.roster.directory.states import STAFF_ROLE_LABELS
from wss_cases.roster.staff_accounts import actions, queries
from wss_cases.roster.staff_accounts.forms import RuleForm, WaveForm
from wss_cases.roster.staff_accounts.models import AccountWave
from wss_cases.roster.staff_accounts.rules import NEEDS_SECOND, WILL_CHANGE, Proposal, Standing
from wss_cases.roster.staff_accounts.tallies import Shown, shown

blueprint = Blueprint("roster_accounts", __name__, url_prefix="/people/roster")
FRAME = "layouts/form_page.html"
PAGE = 50
_ASK = _l(
    "The account can sign in again. If it was ended for another reason than leaving the roster, do not give it back."
)


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands above the list of people: the way to the accounts of the roster's staff."""
    return ("roster/staff_accounts/panel.html", {}) if might(actor, Permission.ROSTER_ACCOUNTS) else None


def _staff_role(role: str) -> str:
    return str(STAFF_ROLE_LABELS.get(role.lower(), role)) or _("(no role)")


@blueprint.get("")
@gate(Permission.ROSTER_ACCOUNTS)
def page() -> Page:
    """The rules, how many people get what by them, and those of one standing by name."""
    wanted = {one.value: one for one in Standing}.get(request.args.get("standing", ""), Standing.NEW)
    start = id_in(request.args.get("start")) or 0
    found = shown(wanted, start, PAGE, clock.now())
    names = queries.school_names(school_id for one in found.people for _role, school_id in one.gives)
    return render_template(
        "roster/staff_accounts/page.html",
        rules=[_rule_row(*row) for row in queries.every_rule()],
        standings=[(one, found.numbers[one], url_for(".page", standing=one.value)) for one in Standing],
        wanted=wanted,
        rows=[(one.member.name, _href(one), _words(one, names), _back(one)) for one in found.people],
        newer=url_for(".page", standing=wanted.value) if start else None,
        older=url_for(".page", standing=wanted.value, start=start + PAGE) if found.has_more else None,
        is_known=found.is_known,
        counted=_counted(found),
        will_change=sum(found.numbers[one] for one in WILL_CHANGE),
        waves=[_wave_words(wave, name) for wave, name in queries.waves()],
        key=BaseForm(formdata=None).request_key.data,
    )


def _counted(found: Shown) -> str:
    """Return since when the numbers stand, '' where they are worked out for this page."""
    if found.counted_at is None:
        return ""
    words = [_("Counted on %(moment)s", moment=moment_words(found.counted_at, district_zone()))]
    if found.is_behind:
        words.append(_("The rules or the roster changed since then. The numbers follow in a few minutes."))
    return dotted(*words)


def _rule_row(rule: Any, school: str | None, said_by: str | None, confirmed_by: str | None) -> dict[str, Any]:
    waits = rule.role in NEEDS_SECOND and rule.confirmed_at is None
    gives = ROLE_LABELS[rule.role] if rule.role else _("No account")
    return {
        "id": rule.id,
        "title": f"{_staff_role(rule.staff_role)} → {gives}",
        "meta": " · ".join(
            part
            for part in (
                school or _("any school"),
                _("from %(day)s", day=day_words_with_year(rule.starts_on)),
                said_by or "",
                _("confirmed by %(name)s", name=confirmed_by) if confirmed_by else "",
            )
            if part
        ),
        "waits": waits,
    }


def _href(one: Proposal) -> str | None:
    return url_for("people.person", user_id=one.user_id) if one.user_id else None


def _back(one: Proposal) -> str | None:
    return url_for(".give_back", user_id=one.user_id) if one.standing is Standing.RETURNS else None


def _words(one: Proposal, names: dict[int, str]) -> str:
    gives = ", ".join(f"{ROLE_LABELS[role]} · {names.get(school_id, '')}" for role, school_id in one.gives)
    are = ", ".join(sorted({_staff_role(role) for _school, role in one.member.posts}))
    return " · ".join(part for part in (one.member.email, gives or are) if part)


def _wave_words(wave: AccountWave, name: str) -> tuple[str, str, str]:
    """Return what a wave came to, when and by whom, and how it stands."""
    words = _("%(invited)d of %(size)d invited", invited=wave.invited, size=wave.size)
    ended = _("Stopped: the rules changed") if wave.stopped else _("Ended")
    return (
        words,
        f"{moment_words(wave.made_at, district_zone())} · {name}",
        ended if wave.ended_at else _("In progress"),
    )


@blueprint.route("/rule", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def rule() -> Page:
    """Say what a role of the roster gives from a day on."""
    form = RuleForm(starts_on=today_at(None, clock.now()))
    of_roster = [(role, f"{_staff_role(role)} ({number})") for role, number in queries.staff_roles()]
    form.staff_role.choices = choices([("", _("Choose one")), *of_roster])
    schools = [(str(number), name) for number, name in schools_to_give(current_actor())]
    form.school_id.choices = choices([("", _("Any school")), *schools])
    words = {
        "title": _("New rule"),
        "lede": _(
            "It does not change anyone’s roles automatically. An administrator’s role waits for a second person."
        ),
        "go_words": _("Save the rule"),
        "back_href": url_for(".page"),
    }
    return act_form(
        form,
        lambda call: actions.set_rule(
            call, form.staff_role.data, form.chosen_school, form.chosen_role, form.starts_on.data
        ),
        with_flash(_("The rule is saved. See below who gets what."), url_for(".page")),
        words,
        FRAME,
    )


@blueprint.post("/rules/<int:account_rule_id>/confirm")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def confirm(account_rule_id: int) -> Page:
    """Agree, as a second person, to a rule."""
    try:
        actions.confirm_rule(submitted(BaseForm()), account_rule_id)
    except Refused as refusal:
        flash(refusal.message, "warning")
    return redirect(url_for(".page"), 303)


@blueprint.route("/wave", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def wave() -> Page:
    """Invite the next people; the scheduler sends to them."""
    form = WaveForm(version=queries.newest_rule() or "")
    found = shown(Standing.NEW, 0, 0, clock.now())
    if not found.is_known and not form.is_submitted():
        # the page says that it is being counted: nobody confirms a number that is not there yet
        return redirect(url_for(".page"), 303)
    counted = found.numbers
    words = {
        "title": _("Invite people of the roster"),
        "lede": _(
            "%(new)d people would get an account and a link by email, %(more)d another role. No one is invited twice.",
            new=counted[Standing.NEW],
            more=counted[Standing.ADDS],
        ),
        "go_words": _("Send the invitations"),
        "back_href": url_for(".page"),
    }
    return act_form(
        form,
        lambda call: actions.make_wave(call, form.size.data, call.version),
        with_flash(_("The invitations are being sent now, a few each minute."), url_for(".page")),
        words,
        FRAME,
    )


@blueprint.route("/returns/<int:user_id>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def give_back(user_id: int) -> Page:
    """Ask whether somebody who came back gets what the rules give them, and give it."""
    form, back = BaseForm(), queries.returning(user_id, clock.now())
    if back is None and not form.is_submitted():
        flash(str(actions.NOT_BACK))
        return redirect(url_for(".page"), 303)
    names = queries.school_names(school_id for _role, school_id in back.gives) if back else {}
    words = {
        "title": _("Give back to %(name)s", name=back.member.name) if back else _("Give back"),
        "lede": dotted(_words(back, names) if back else "", _ASK),
        "go_words": _("Give it back"),
        "back_href": url_for(".page", standing=Standing.RETURNS.value),
    }
    return act_form(
        form,
        lambda call: actions.give_back(call, user_id),
        with_flash(_("The account has it again."), url_for(".page", standing=Standing.RETURNS.value)),
        words,
        FRAME,
    )
