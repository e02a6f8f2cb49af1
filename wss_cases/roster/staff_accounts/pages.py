"""Rules that give staff roles from the roster, invitations in waves, and returning staff.

For a large roster the scheduler stores who would get what: again when rules, roster or waves change, and every hour,
because roles given or ended by hand matter too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import delete, func, select
from wtforms import DateField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import act_form, current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import ROLE_LABELS, AccountState, RoleGrant, UserAccount
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.managed_accounts import schools_to_give
from wss_cases.accounts.sign_in.invitations import send_invitation
from wss_cases.accounts.sign_in.sessions.actions import OWN_ROLES_CHANGED
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import ImportRun, StaffMember
from wss_cases.roster.directory.rules import STAFF_ROLE_LABELS
from wss_cases.roster.staff_accounts import actions, queries
from wss_cases.roster.staff_accounts.actions import LARGEST, tie
from wss_cases.roster.staff_accounts.models import (
    GIVEN,
    NEEDS_SECOND,
    WILL_CHANGE,
    AccountRule,
    AccountTally,
    AccountWave,
    Proposal,
    Standing,
)
from wss_cases.roster.staff_accounts.queries import newest_rule, open_wave, proposals

FEW: Final = 2_000
"""This many rows of staff are evaluated within a tenth of a second."""
AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Shown:
    """The number of people by standing, and some of those with one. `counted_at`: when stored numbers were counted;
    `is_behind`: rules or roster changed since; `is_known`: False before the first count."""

    numbers: Mapping[Standing, int]
    people: list[Proposal]
    has_more: bool = False
    counted_at: datetime | None = None
    is_behind: bool = False
    is_known: bool = True


def shown(wanted: Standing, start: int, most: int, now: datetime) -> Shown:
    """Up to `most` people with one standing, by name, after the first `start`, and the number of each standing.
    People whose standing has changed are left out, although stored numbers still include them."""
    if are_few():
        every = proposals(now)
        chosen = [one for one in every if one.standing is wanted]
        numbers = Counter(one.standing for one in every)
        return Shown(numbers, chosen[start : start + most], len(chosen) > start + most)
    statement = select(AccountTally.standing, AccountTally.number, AccountTally.counted_at, AccountTally.seen)
    rows = db.session.execute(statement).all()
    if not rows:
        return Shown(Counter(), [], is_known=False)
    ids = db.session.scalar(select(AccountTally.staff_ids).where(AccountTally.standing == wanted)) or []
    people = [one for one in proposals(now, ids[start : start + most]) if one.standing is wanted]
    return Shown(
        Counter({row[0]: row[1] for row in rows}), people, len(ids) > start + most, rows[0][2], rows[0][3] != _seen(now)
    )


def are_few() -> bool:
    """Whether the roster's staff can be evaluated while a person waits."""
    some = select(StaffMember.id).where(StaffMember.is_active).limit(FEW + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) <= FEW


def keep_tallies(now: datetime) -> dict[str, int]:
    """Count a large roster again if due, and store the result; returns how many people were `judged`."""
    if are_few() or not _is_due(now):
        return {}
    seen, every = _seen(now), proposals(now)
    db.session.remove()
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.next_number("account_tally")  # a second process waits here, then checks again
        if not _is_due(now):
            return {}
        uow.session.execute(delete(AccountTally))
        for standing in Standing:
            ids = [one.member.staff_ids[0] for one in every if one.standing is standing]
            uow.session.add(AccountTally(standing=standing, number=len(ids), staff_ids=ids, seen=seen, counted_at=now))
    return {"judged": len(every)}


def _is_due(now: datetime) -> bool:
    row = db.session.execute(select(AccountTally.counted_at, AccountTally.seen).limit(1)).first()
    return row is None or row[1] != _seen(now) or now - row[0] >= AGAIN


def _seen(now: datetime) -> str:
    """A text that changes with the day, with each new or confirmed rule, each import, and each wave."""
    columns = (
        select(func.max(AccountRule.id)).scalar_subquery(),
        select(func.count(AccountRule.confirmed_at)).scalar_subquery(),
        select(func.max(ImportRun.id)).where(ImportRun.landed).scalar_subquery(),
        select(func.count(AccountWave.ended_at)).scalar_subquery(),
    )
    row = db.session.execute(select(*columns)).one()
    return "/".join(map(str, (today_at(None, now), *row)))


AT_ONCE: Final = 100
"""People invited per tick; each takes some milliseconds."""


def send_waves(now: datetime) -> dict[str, int]:
    """Invite the next people of the open wave; returns how many were `invited`."""
    wave_id = open_wave()
    if wave_id is None:
        return {"invited": 0}
    with unit_of_work(SYSTEM, now) as uow:
        wave = uow.session.get_one(AccountWave, wave_id, with_for_update=True, populate_existing=True)
        uow.no_audit()
        if wave.ended_at is not None:
            return {"invited": 0}
        wave.stopped = newest_rule() != wave.newest_rule_id
        left = 0 if wave.stopped else min(AT_ONCE, wave.size - wave.invited)
        waiting = [one for one in proposals(now) if one.standing in WILL_CHANGE] if left else []
        for each in waiting[:left]:
            _carry_out(uow, each)
        wave.invited += len(waiting[:left])
        if wave.stopped or wave.invited >= wave.size or len(waiting) <= left:
            wave.ended_at = now
        uow.audit("account_wave.sent", "account_wave", wave.id, {"invited": [None, len(waiting[:left])]})
        return {"invited": len(waiting[:left])}


def _carry_out(uow: UnitOfWork, each: Proposal) -> None:
    member = each.member
    if each.user_id is None:
        user = uow.add(
            UserAccount(email=member.email, name=member.name[:200], created_at=uow.now, state=AccountState.INVITED)
        )
        uow.record(user, "account.invited")
    else:
        user = uow.session.get_one(UserAccount, each.user_id, with_for_update=True, populate_existing=True)
    tie(uow, member, user)
    for role, school_id in each.gives:
        starts_on = today_at(school_id, uow.now)
        grant = uow.add(RoleGrant(user_id=user.id, role=role, school_id=school_id, starts_on=starts_on))
        uow.record(user, "account.role_given", role=role.value)
        if user.state is AccountState.ACTIVE:
            key = f"{OWN_ROLES_CHANGED}:{user.id}:{grant.id}"
            uow.notify(user.id, OWN_ROLES_CHANGED, grant, key, at_any_hour=True)
    if each.user_id is None:
        send_invitation(uow, user)


NO_ROLE = "none"


class RuleForm(BaseForm):
    """The role that a roster role gives."""

    staff_role = SelectField(_l("Role in the roster"), choices=[], validators=[InputRequired(_l("Choose a role."))])
    school_id = SelectField(_l("School"), choices=[], validators=[Optional()])
    role = RadioField(
        _l("Role here"),
        choices=choices([*((role.value, ROLE_LABELS[role]) for role in GIVEN), (NO_ROLE, _l("No account"))]),
        validators=[InputRequired(_l("Choose a role."))],
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])

    @property
    def chosen_role(self) -> Role | None:
        """The role, or None for no account."""
        return None if self.role.data == NO_ROLE else Role(self.role.data)

    @property
    def chosen_school(self) -> int | None:
        """The chosen school's id, or None for any."""
        return id_in(self.school_id.data)


class WaveForm(BaseForm):
    size = IntegerField(
        _l("How many people"),
        [InputRequired(_l("Enter a number.")), NumberRange(1, LARGEST, _l("Enter a number from 1 to %(max)s."))],
        default=50,
    )


blueprint = Blueprint("roster_accounts", __name__, url_prefix="/people/roster")
FRAME = "layouts/form_page.html"
PAGE = 50
_ASK = _l(
    "The account can sign in again. If it was ended for another reason than leaving the roster, do not give it back."
)


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    return ("roster/staff_accounts/panel.html", {}) if might(actor, Permission.ROSTER_ACCOUNTS) else None


def _staff_role(role: str) -> str:
    return str(STAFF_ROLE_LABELS.get(role.lower(), role)) or _("(no role)")


@blueprint.get("")
@gate(Permission.ROSTER_ACCOUNTS)
def page() -> Page:
    """The rules, the number of people by standing, and those with one standing by name."""
    wanted = {one.value: one for one in Standing}.get(request.args.get("standing", ""), Standing.NEW)
    start = id_in(request.args.get("start")) or 0
    result = shown(wanted, start, PAGE, clock.now())
    names = queries.school_names(school_id for one in result.people for _role, school_id in one.gives)
    return render_template(
        "roster/staff_accounts/page.html",
        rules=[_rule_row(*row) for row in queries.every_rule()],
        standings=[(one, result.numbers[one], url_for(".page", standing=one.value)) for one in Standing],
        wanted=wanted,
        rows=[(one.member.name, _href(one), _words(one, names), _back(one)) for one in result.people],
        newer=url_for(".page", standing=wanted.value) if start else None,
        older=url_for(".page", standing=wanted.value, start=start + PAGE) if result.has_more else None,
        is_known=result.is_known,
        counted=_counted(result),
        will_change=sum(result.numbers[one] for one in WILL_CHANGE),
        waves=[_wave_words(wave, name) for wave, name in queries.waves()],
        key=BaseForm(formdata=None).request_key.data,
    )


def _counted(found: Shown) -> str:
    """When the numbers were counted; '' if counted for this page."""
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
    """A wave's result, when and by whom, and its state."""
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
    """Set which role a roster role gives from a day on."""
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
    try:
        actions.confirm_rule(submitted(BaseForm()), account_rule_id)
    except Refused as refusal:
        flash(refusal.message, "warning")
    return redirect(url_for(".page"), 303)


@blueprint.route("/wave", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def wave() -> Page:
    """Invite the next people; the scheduler sends the invitations."""
    form = WaveForm(version=queries.newest_rule() or "")
    result = shown(Standing.NEW, 0, 0, clock.now())
    if not result.is_known and not form.is_submitted():
        # The page says that the people are still being counted; nobody confirms an unknown number.
        return redirect(url_for(".page"), 303)
    counted = result.numbers
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
    """Ask whether someone who returned gets what the rules give, and give it."""
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


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.PEOPLE, 20, people_panel),))
