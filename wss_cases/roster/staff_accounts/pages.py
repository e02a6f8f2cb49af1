"""Rules that give staff roles from the roster, a second person's confirmation, invitations in waves, and returning
staff.

For a large roster the scheduler stores who would get what: again when rules, roster or waves change, and every hour,
because roles given or ended by hand matter too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import delete, func, select, update
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import act_form, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might, require
from wss_cases.accounts.account.models import ROLE_LABELS, AccountState, RoleGrant, UserAccount
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.people.pages import enable, give_grant
from wss_cases.accounts.sign_in.sessions.actions import OWN_ROLES_CHANGED, WAVE, send_invitation, tell_administrators
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, PlainForm, choice_field, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, panel_card, with_flash
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.roster.directory.models import ImportRun, School, StaffMember
from wss_cases.roster.directory.rules import STAFF_ROLE_LABELS
from wss_cases.roster.staff_accounts.models import (
    GIVEN,
    NEEDS_SECOND,
    WILL_CHANGE,
    AccountRule,
    AccountTally,
    AccountWave,
    Member,
    Proposal,
    Standing,
    every_rule,
    newest_rule,
    open_wave,
    proposals,
    returning,
    school_names,
    staff_roles,
    waves,
)

LARGEST = 5_000
NOT_BACK = _l("This person did not come back, or already has everything.")


@use_case
def give_again(uow: UnitOfWork, user_id: int) -> int:
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


class RuleForm(PlainForm):
    """The role that a roster role gives."""

    staff_role = choice_field(_l("Role in the roster"), validators=[InputRequired(_l("Choose a role."))])
    school_id = choice_field(_l("School"), validators=[Optional()])
    role = radio(
        _l("Role here"), [*((role.value, ROLE_LABELS[role]) for role in GIVEN), (NO_ROLE, _l("No account"))],
        _l("Choose a role."),
    )  # fmt: skip
    starts_on = DateField(
        _l("In force from"), [InputRequired(_l("Enter the first day."))], default=lambda: today_at(None, clock.now())
    )

    def fit(self, _record: None) -> None:
        of_roster = [(role, f"{_staff_role(role)} ({number})") for role, number in staff_roles()]
        self.staff_role.choices = choices([("", _("Choose one")), *of_roster])
        schools = db.session.execute(select(School.id, School.name).order_by(School.name, School.id))
        self.school_id.choices = choices([("", _("Any school")), *((str(number), name) for number, name in schools)])


class WaveForm(BaseForm):
    size = IntegerField(
        _l("How many people"),
        [InputRequired(_l("Enter a number.")), NumberRange(1, LARGEST, _l("Enter a number from 1 to %(max)s."))],
        default=50,
    )


blueprint = Pages("roster_accounts", __name__, url_prefix="/people/roster")
FRAME = "layouts/form_page.html"
PAGE = 50
_ASK = _l(
    "The account can sign in again. If it was ended for another reason than leaving the roster, do not give it back."
)


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    may = might(actor, Permission.ROSTER_ACCOUNTS)
    return panel_card(go=(_("Accounts from the roster"), url_for("roster_accounts.page"))) if may else None


def _staff_role(role: str) -> str:
    return str(STAFF_ROLE_LABELS.get(role.lower(), role)) or _("(no role)")


@blueprint.get("")
@gate(Permission.ROSTER_ACCOUNTS)
def page() -> Page:
    """The rules, the number of people by standing, and those with one standing by name."""
    wanted = {one.value: one for one in Standing}.get(request.args.get("standing", ""), Standing.NEW)
    start = id_in(request.args.get("start")) or 0
    result = shown(wanted, start, PAGE, clock.now())
    names = school_names(school_id for one in result.people for _role, school_id in one.gives)
    return render_template(
        "roster/staff_accounts/page.html",
        rules=[_rule_row(*row) for row in every_rule()],
        standings=[(one, result.numbers[one], url_for(".page", standing=one.value)) for one in Standing],
        wanted=wanted,
        rows=[_row(one, names) for one in result.people],
        newer=url_for(".page", standing=wanted.value) if start else None,
        older=url_for(".page", standing=wanted.value, start=start + PAGE) if result.has_more else None,
        is_known=result.is_known,
        counted=_counted(result),
        will_change=sum(result.numbers[one] for one in WILL_CHANGE),
        waves=[_wave_words(wave, name) for wave, name in waves()],
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


def _row(each: Proposal, names: dict[int, str]) -> tuple[str, str | None, str, str | None]:
    """A person's name, account, words, and where what they had is given back."""
    account = url_for("people.person", user_id=each.user_id) if each.user_id else None
    back = url_for(".give_back", user_id=each.user_id) if each.standing is Standing.RETURNS else None
    return each.member.name, account, _words(each, names), back


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


@blueprint.act(
    "/rule", None, RuleForm, Permission.ROSTER_ACCOUNTS, guard=fresh_within(FRESH_MINUTES), endpoint="rule",
    title=_l("New rule"), button=_l("Save the rule"), boxed=False, template=FRAME,
    lede=_l("It does not change anyone’s roles automatically. An administrator’s role waits for a second person."),
    more=lambda *_shown: {"back_href": url_for(".page")},
    then=".page", done=_l("The rule is saved. See below who gets what."),
)  # fmt: skip
def set_rule(uow: UnitOfWork, form: RuleForm) -> int:
    """Set which role a roster role gives from a day on, at one school or any. A rule for administrators counts once a
    second person confirmed it."""
    if form.starts_on.data < today_at(None, uow.now):
        raise Refused("starts_on", _("The first day must be today or later."))
    rule = AccountRule(
        staff_role=form.staff_role.data, school_id=id_in(form.school_id.data),
        role=None if form.role.data == NO_ROLE else Role(form.role.data), starts_on=form.starts_on.data,
        said_by_id=uow.actor.user_id, said_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(rule, "account_rule.said")


@blueprint.button(
    "/rules/<int:account_rule_id>/confirm", AccountRule, Permission.ROSTER_ACCOUNTS,
    guard=fresh_within(FRESH_MINUTES), endpoint="confirm", then=lambda *_answer: url_for(".page"), tells_refusals=True,
)  # fmt: skip
def confirm_rule(uow: UnitOfWork, rule: AccountRule) -> None:
    """Confirm, as a second person, a rule that gives an administrator's role."""
    if rule.role not in NEEDS_SECOND or rule.confirmed_at is not None:
        raise Refused("", _("Nothing is waiting for a second person."))
    refuse_one_person("", uow.actor.user_id, [rule.said_by_id], uow.now)
    rule.confirmed_by_id, rule.confirmed_at = uow.actor.user_id, uow.now
    uow.audit("account_rule.confirmed", "account_rule", rule.id)


@blueprint.route("/wave", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def wave() -> Page:
    """Invite the next people; the scheduler sends the invitations."""
    form = WaveForm(version=newest_rule() or "")
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
        lambda call: make_wave(call, form.size.data, call.version),
        with_flash(_("The invitations are being sent now, a few each minute."), url_for(".page")),
        words,
        FRAME,
    )


@blueprint.route("/returns/<int:user_id>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ROSTER_ACCOUNTS)
def give_back(user_id: int) -> Page:
    """Ask whether someone who returned gets what the rules give, and give it."""
    form, back = BaseForm(), returning(user_id, clock.now())
    if back is None and not form.is_submitted():
        flash(str(NOT_BACK))
        return redirect(url_for(".page"), 303)
    names = school_names(school_id for _role, school_id in back.gives) if back else {}
    words = {
        "title": _("Give back to %(name)s", name=back.member.name) if back else _("Give back"),
        "lede": dotted(_words(back, names) if back else "", _ASK),
        "go_words": _("Give it back"),
        "back_href": url_for(".page", standing=Standing.RETURNS.value),
    }
    return act_form(
        form,
        lambda call: give_again(call, user_id),
        with_flash(_("The account has it again."), url_for(".page", standing=Standing.RETURNS.value)),
        words,
        FRAME,
    )


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.PEOPLE, 20, people_panel),))
