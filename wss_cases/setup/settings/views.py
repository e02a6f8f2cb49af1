"""The settings of the district on one page, and a page for each with its history and the change."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.setup.settings import elsewhere
from wss_cases.setup.settings.actions import checked, set_setting, withdraw_setting
from wss_cases.setup.settings.catalogue import BY_NAME, ENTRIES
from wss_cases.setup.settings.entries import Entry
from wss_cases.setup.settings.forms import SettingForm
from wss_cases.setup.settings.queries import Said, in_force, newest_id, said_of
from wss_cases.setup.settings.states import Group

blueprint = Blueprint("district_settings", __name__, url_prefix="/settings")

TEMPLATE = "setup/settings/change.html"


@blueprint.get("")
@gate(Permission.SETTINGS_EDIT)
def page() -> Page:
    """Every setting by group: what it is, since when, who set it, and what is to come."""
    require(current_actor(), Permission.SETTINGS_EDIT, current_actor())
    today, said = today_at(None, clock.now()), said_of([entry.setting.key for entry in ENTRIES])
    rows: dict[Group, list[dict[str, Any]]] = {group: [] for group in Group}
    for entry in ENTRIES:
        rows[entry.group].append(_row(entry, [row for row in said if row.key == entry.setting.key], today))
    groups = [(group.label, each) for group, each in rows.items() if each]
    return render_template(
        "setup/settings/list.html",
        groups=groups,
        pages=elsewhere.pages(current_actor(), today),
        fixed=elsewhere.fixed_rules(),
    )


def _row(entry: Entry, said: Sequence[Said], today: date) -> dict[str, Any]:
    to_come = [
        _("From %(day)s: %(value)s", day=day_words_with_year(row.starts_on), value=_value(entry, row))
        for row in reversed(said)
        if row.is_to_come(today)
    ]
    return {
        "title": entry.title,
        "href": url_for(".change", name=entry.name),
        "value": entry.words(entry.setting.on(today)),
        "meta": dotted(unconfirmed_words(entry), _said_words(in_force(said, today)), *to_come),
    }


def unconfirmed_words(entry: Entry) -> str:
    """Return the mark of a setting whose first value no one has checked; nothing for another one."""
    return _("Needs legal review") if entry.unconfirmed else ""


def _value(entry: Entry, row: Said) -> str:
    return entry.words(entry.setting.read(row.text))


def _said_words(row: Said | None) -> str:
    """Return since when something holds and who said so."""
    if row is None:
        return _("Original setting; no one has changed it.")
    since = day_words_with_year(row.starts_on) if row.starts_on else moment_words(row.at, district_zone())
    return dotted(_("Since %(day)s", day=since) if since else "", row.by)


@blueprint.route("/<name>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.SETTINGS_EDIT)
def change(name: str) -> Page:
    """One setting: what it was, and a change; colors and logo are shown before they are saved."""
    require(current_actor(), Permission.SETTINGS_EDIT, current_actor())
    entry, now = existing(BY_NAME.get(name)), clock.now()
    said, today = said_of([entry.setting.key]), today_at(None, now)
    form = _form(entry, said, today)
    shown = {
        "entry": entry, "value": entry.words(entry.setting.on(today)), "since": _said_words(in_force(said, today)),
        "unconfirmed": unconfirmed_words(entry), "kept": _history(entry, said, today), "preview": {},
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
    """Take back a change that has not begun."""
    entry = existing(BY_NAME.get(name))
    try:
        withdraw_setting(submitted(BaseForm()), entry, existing(id_in(request.form.get("row", ""))))
    except Refused as refusal:
        flash(refusal.message, "warning")
    else:
        flash(_("The change is withdrawn."))
    return redirect(url_for(".change", name=name), 303)


def _form(entry: Entry, said: Sequence[Said], today: date) -> SettingForm:
    """Return the form, as it is first shown with the value of today, or an earlier one that is to be used again."""
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


def _history(entry: Entry, said: Sequence[Said], today: date) -> list[dict[str, Any]]:
    """Return everything that was said of a setting, what counts last first."""
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
