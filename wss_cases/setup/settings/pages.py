"""An administrator of the district changes a setting from a day on, or withdraws a change that has not begun."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might, require
from wss_cases.accounts.account.models import Setting, UserAccount
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.foundation.settings import forget
from wss_cases.journal.dated_settings import FURTHEST
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.outcomes.counting.scope.rules import FEWEST
from wss_cases.outcomes.equity.queries import LEAST_CELL, minimums_of
from wss_cases.setup.settings import catalogue
from wss_cases.setup.settings.forms import SettingForm


@dataclass(frozen=True)
class Said:
    """One stored value of a setting. `starts_on` None: it held from when it was saved; `by` '' and `at` None:
    unknown."""

    id: int
    key: str
    text: str
    starts_on: date | None
    by: str
    at: datetime | None
    withdrawn_at: datetime | None

    def is_to_come(self, today: date) -> bool:
        return self.withdrawn_at is None and self.starts_on is not None and self.starts_on > today


def said_of(keys: Sequence[str]) -> list[Said]:
    """All stored values of these settings, the latest first day first."""
    columns = (Setting.id, Setting.key, Setting.value, Setting.starts_on, UserAccount.name)
    statement = (
        select(*columns, Setting.set_at, Setting.withdrawn_at)
        .outerjoin(UserAccount, UserAccount.id == Setting.set_by_id)
        .where(Setting.key.in_(keys))
    )
    rows = [Said(row[0], row[1], row[2], row[3], row[4] or "", row[5], row[6]) for row in db.session.execute(statement)]
    return sorted(rows, key=lambda row: (row.starts_on or date.min, row.id), reverse=True)


def in_force(rows: Sequence[Said], today: date) -> Said | None:
    """The row of a setting in force on a date; None for the default value."""
    return next((row for row in rows if row.withdrawn_at is None and not row.is_to_come(today)), None)


def newest_id(rows: Sequence[Said]) -> int | None:
    return max((row.id for row in rows), default=None)


PAGES: Final = (
    ("outcomes.equity.minimums", _l("Smallest group sizes"), Permission.EQUITY_EDIT),
    ("calendar.home", _l("School calendar and bell times"), Permission.RULES_EDIT),
    ("catalogue.page", _l("Places and behaviors"), Permission.CODES_EDIT),
    ("questions.page", _l("Detail questions"), Permission.CODES_EDIT),
    ("routing.rule_sets", _l("Rules"), Permission.RULES_EDIT),
    ("follow_up_templates.templates", _l("Follow-up templates"), Permission.FOLLOWUP_TEMPLATE_EDIT),
    ("texts.texts", _l("Family texts"), Permission.FAMILY_TEXT_EDIT),
    ("duty_table.table", _l("The table of legal duties"), Permission.DUTY_TABLE_EDIT),
    ("police_settings.approver_list", _l("Second approvals"), Permission.POLICE_APPROVER_EDIT),
    ("retention.schedule", _l("Records retention schedule"), Permission.RETENTION_READ),
    ("clean_slate.settings", _l("Clean slate"), Permission.SIGHT_EDIT),
    ("api_tokens.page", _l("API tokens"), Permission.API_ACCESS_MANAGE),
    ("webhooks.page", _l("Webhooks"), Permission.WEBHOOK_EDIT),
)
"""Settings with a page of their own."""


def pages(actor: Actor, today: date) -> list[dict[str, Any]]:
    """The pages of PAGES that the actor may open, with the current value where one line can say it."""
    least = minimums_of(school_year(today))
    words = {
        "outcomes.equity.minimums": _(
            "This school year: cells of %(cell)d students, groups of %(group)d; never less than %(floor)d.",
            cell=least.cell,
            group=least.group,
            floor=LEAST_CELL,
        )
    }
    return [
        {"title": title, "endpoint": endpoint, "meta": words.get(endpoint, "")}
        for endpoint, title, permission in PAGES
        if might(actor, permission)
    ]


def fixed_rules() -> list[tuple[str, str]]:
    """Rules that apply everywhere and cannot be changed, each with its reason."""
    return [
        (
            _("Shares of fewer than %(num)d answers are not shown.", num=FEWEST),
            _("Fewer could point to one child, and earlier figures could then be worked out."),
        ),
        (
            _("Only a circle’s keeper asks a person harmed whether they want to meet, after offering support."),
            _("Someone who decides about discipline, or knows the other side, could pressure them without meaning to."),
        ),
        (
            _("Each school’s administrator says whether a circle there needs a guardian’s consent."),
            _("They know the families. A guardian who must be kept away by an order is never asked."),
        ),
        (
            _("When two people must agree, they are two different people, and neither is involved in the report."),
            _("The law and the trust of families depend on it, so no one can set it aside."),
        ),
        (
            _("Email that can wait is not sent after 6:00 pm or on days without school."),
            _("Danger, legal duties and same-day tasks are sent at any hour."),
        ),
    ]


def checked(entry: catalogue.Entry, text: str, day: date, now: datetime) -> catalogue.Change:
    """The change that this value would make. Raises Refused for an invalid value, a day in the past or too far
    ahead, and a value that the setting already has on that day."""
    today = today_at(None, now)
    if not today <= day <= today + FURTHEST:
        raise Refused("starts_on", _("The first day must be today or later, at most two years ahead."))
    try:
        value = entry.setting.read(text)
    except ValueError as error:
        raise Refused("value", _("This is not a valid value for the setting.")) from error
    entry.form.sound(value)
    old = entry.setting.on(day)
    if old == value:
        raise Refused("", _("It is already set that way on that day."))
    return catalogue.Change(old, value, day)


@use_case
def set_setting(uow: UnitOfWork, entry: catalogue.Entry, text: str, starts_on: date, seen: int | None) -> int:
    """Set a value from a day on; earlier days keep the previous value.

    Raises Refused for an invalid value, one that the setting already has on that day, a day in the past or too far
    ahead, and when another person saved first.
    """
    require(uow.actor, Permission.SETTINGS_EDIT, uow.actor)
    uow.next_number("setting")
    if newest_id(said_of([entry.setting.key])) != seen:
        raise Refused(
            "", _("Someone else has changed this setting since the page was shown. Please review it, and submit again.")
        )
    change = checked(entry, text, starts_on, uow.now)
    row = Setting(
        key=entry.setting.key, value=text, starts_on=None if entry.at_once else starts_on,
        set_by_id=uow.actor.user_id, set_at=uow.now,
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "setting.changed", what=entry.name)
    entry.follow(uow, change)
    forget()
    return row.id


@use_case
def withdraw_setting(uow: UnitOfWork, entry: catalogue.Entry, setting_id: int) -> int:
    """Withdraw a change before its first day; the previous value stays.

    Raises NotFound for a row of another setting, Refused for a change that has begun or was withdrawn.
    """
    require(uow.actor, Permission.SETTINGS_EDIT, uow.actor)
    row = existing(uow.session.get(Setting, setting_id, with_for_update=True, populate_existing=True))
    if row.key != entry.setting.key:
        raise NotFound
    if row.withdrawn_at is not None or row.starts_on is None or row.starts_on <= today_at(None, uow.now):
        raise Refused(
            "", _("Only a change that has not started can be withdrawn. Set the earlier value again instead.")
        )
    row.withdrawn_at = uow.now
    uow.record(row, "setting.withdrawn", what=entry.name)
    forget()
    return row.id


blueprint = Blueprint("district_settings", __name__, url_prefix="/settings")

TEMPLATE = "setup/settings/change.html"


@blueprint.get("")
@gate(Permission.SETTINGS_EDIT)
def page() -> Page:
    require(current_actor(), Permission.SETTINGS_EDIT, current_actor())
    today, stored = today_at(None, clock.now()), said_of([entry.setting.key for entry in catalogue.ENTRIES])
    rows: dict[catalogue.Group, list[dict[str, Any]]] = {group: [] for group in catalogue.Group}
    for entry in catalogue.ENTRIES:
        rows[entry.group].append(_row(entry, [row for row in stored if row.key == entry.setting.key], today))
    groups = [(group.label, each) for group, each in rows.items() if each]
    return render_template(
        "setup/settings/list.html", groups=groups, pages=pages(current_actor(), today), fixed=fixed_rules()
    )


def _row(entry: catalogue.Entry, said: Sequence[Said], today: date) -> dict[str, Any]:
    to_come = [
        _("From %(day)s: %(value)s", day=day_words_with_year(row.starts_on), value=_value(entry, row))
        for row in reversed(said)
        if row.is_to_come(today)
    ]
    return {
        "title": entry.title,
        "href": url_for(".change", name=entry.name),
        "value": entry.form.words(entry.setting.on(today)),
        "meta": dotted(unconfirmed_words(entry), _said_words(in_force(said, today)), *to_come),
    }


def unconfirmed_words(entry: catalogue.Entry) -> str:
    return _("Needs legal review") if entry.unconfirmed else ""


def _value(entry: catalogue.Entry, row: Said) -> str:
    return entry.form.words(entry.setting.read(row.text))


def _said_words(row: Said | None) -> str:
    if row is None:
        return _("Original setting; no one has changed it.")
    since = day_words_with_year(row.starts_on) if row.starts_on else moment_words(row.at, district_zone())
    return dotted(_("Since %(day)s", day=since) if since else "", row.by)


@blueprint.route("/<name>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.SETTINGS_EDIT)
def change(name: str) -> Page:
    """One setting, its history and the form to change it; colors and logo are previewed before they are saved."""
    require(current_actor(), Permission.SETTINGS_EDIT, current_actor())
    entry, now = existing(catalogue.BY_NAME.get(name)), clock.now()
    stored, today = said_of([entry.setting.key]), today_at(None, now)
    form = _form(entry, stored, today)
    shown = {
        "entry": entry, "value": entry.form.words(entry.setting.on(today)),
        "since": _said_words(in_force(stored, today)), "unconfirmed": unconfirmed_words(entry),
        "kept": _history(entry, stored, today), "preview": {},
    }  # fmt: skip
    if entry.preview and form.is_submitted() and form.validate() and form.shown.data != form.mark():
        try:
            value = checked(entry, form.text(), _first_day(form, today), now).new
        except Refused as refusal:
            apply_refusal(form, refusal)
            return render_template(TEMPLATE, form=form, **shown), 400
        shown["preview"] = {kind: url_for(page, **query) for kind, (page, query) in entry.preview(value).items()}
        if shown["preview"]:
            form.shown.data = form.mark()
            return render_template(TEMPLATE, form=form, **shown)
    return form_page(
        form,
        lambda: set_setting(submitted(form), entry, form.text(), _first_day(form, today), form.seen),
        with_flash(_("The setting is saved."), url_for(".change", name=name)),
        TEMPLATE,
        **shown,
    )


@blueprint.post("/<name>/withdraw")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SETTINGS_EDIT)
def withdraw(name: str) -> Page:
    entry = existing(catalogue.BY_NAME.get(name))
    try:
        withdraw_setting(submitted(BaseForm()), entry, existing(id_in(request.form.get("row", ""))))
    except Refused as refusal:
        flash(refusal.message, "warning")
    else:
        flash(_("The change is withdrawn."))
    return redirect(url_for(".change", name=name), 303)


def _form(entry: catalogue.Entry, said: Sequence[Said], today: date) -> SettingForm:
    """The form with today's value, or with the earlier value that the address asks to use again."""
    form = entry.form(seen_id=newest_id(said) or "", starts_on=today)
    if entry.at_once:
        del form.starts_on
    if not form.is_submitted():
        again = next((row for row in said if row.id == id_in(request.args.get("again", ""))), None)
        form.show(entry.setting.read(again.text) if again else entry.setting.on(today))
    return form


def _first_day(form: SettingForm, today: date) -> date:
    day: date = form.starts_on.data if "starts_on" in form else today
    return day


def _history(entry: catalogue.Entry, said: Sequence[Said], today: date) -> list[dict[str, Any]]:
    current = in_force(said, today)
    rows = []
    for row in said:
        to_come, holds = row.is_to_come(today), current is not None and row.id == current.id
        tags = (_("Upcoming"), "sun") if to_come else (_("In force"), "moss") if holds else (_("Earlier"), "slate")
        rows.append(
            {
                "id": row.id,
                "value": _value(entry, row),
                "from": _("From %(day)s", day=day_words_with_year(row.starts_on)) if row.starts_on else "",
                "by": dotted(row.by, moment_words(row.at, district_zone())),
                "tag": tags if row.withdrawn_at is None else (_("Withdrawn"), "slate"),
                "to_come": to_come,
                "again": url_for(".change", name=entry.name, again=row.id) if not (to_come or holds) else "",
            }
        )
    return rows


_WHAT = {"what": {entry.name: entry.title for entry in catalogue.ENTRIES}}


ROOM = Room(
    pages=(blueprint,),
    sentences={
        "setting.changed": (catalogue.CHANGED, _WHAT),
        "setting.withdrawn": (catalogue.WITHDRAWN, _WHAT),
        "school.hours_moved": catalogue.HOURS_MOVED,
        "school.zone_moved": catalogue.ZONE_MOVED,
    },
)
