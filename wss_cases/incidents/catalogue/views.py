"""The lists of places and behaviors: what there is, what is retired, and a page for each."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import dotted, in_language
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.catalogue import editing, forms
from wss_cases.incidents.catalogue.queries import (
    BEHAVIORS,
    MAPPED,
    MODELS,
    PLACES,
    every_behavior,
    get_code,
    known_codes,
)
from wss_cases.incidents.incident.models import BehaviorCode
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.states import Place

blueprint = Blueprint("catalogue", __name__, url_prefix="/settings/codes")
TEMPLATE = "incidents/catalogue/form.html"


@blueprint.get("")
@gate(Permission.CODES_EDIT)
def page() -> Page:
    """Every place and behavior, with the codes that exports read."""
    _may_edit()
    today = today_at(None, clock.now())
    groups = [(_("Places"), [_row(PLACES, one, today) for one in locations()])]
    for (code_set, group), rows in groupby(every_behavior(), lambda one: (one.code_set, one.behavior_group)):
        in_group = _("Behaviors, group %(number)s", number=group)
        words = in_group if code_set == "groups" else _("Behaviors, pre-K to grade 2")
        groups.append((words, [_row(BEHAVIORS, one, today) for one in rows]))
    return render_template("incidents/catalogue/list.html", groups=groups)


def _row(which: str, one: Any, today: date) -> dict[str, Any]:
    ended = one.ends_on is not None and one.ends_on < today
    until = _("until %(day)s", day=day_words_with_year(one.ends_on)) if one.ends_on and not ended else ""
    codes: Sequence[str] = [getattr(one, name) for name in MAPPED[which] if getattr(one, name)]
    return {
        "title": in_language(one, "label"),
        "href": url_for(".change", which=which, code_id=one.id),
        "meta": dotted(*codes, until),
        "tag": _("Retired") if ended else None,
    }


@blueprint.route("/places/add", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def add_place() -> Page:
    """Add a place."""
    _may_edit()
    form = forms.PlaceForm()
    form.offer(known_codes(PLACES))
    return form_page(
        form,
        lambda: editing.add_place(submitted(form), form.texts(), Place(form.place.data)),
        with_flash(_("It can be chosen from now on."), url_for(".page")),
        TEMPLATE,
        title=_("Add a place"),
    )


@blueprint.route("/behaviors/add", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def add_behavior() -> Page:
    """Add a behavior from a day on."""
    _may_edit()
    form = forms.NewBehaviorForm(starts_on=today_at(None, clock.now()))
    form.offer(known_codes(BEHAVIORS))

    def act() -> int:
        group = int(form.group.data) if form.group.data else None
        return editing.add_behavior(submitted(form), form.texts(), group, _flags(form), form.starts_on.data)

    return form_page(
        form, act, with_flash(_("It can be chosen starting on its first day."), url_for(".page")), TEMPLATE,
        title=_("Add a behavior"),
    )  # fmt: skip


@blueprint.route("/<which>/<int:code_id>", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def change(which: str, code_id: int) -> Page:
    """Rename a place or a behavior, or map it otherwise."""
    one = _load(which, code_id)
    form = forms.PlaceForm(data=forms.shown(one)) if which == PLACES else forms.BehaviorForm(data=forms.shown(one))
    form.offer(known_codes(which))

    def act() -> int:
        more = {"place": Place(form["place"].data)} if which == PLACES else _flags(form)
        return editing.change_code(submitted(form), which, code_id, form.texts(), more)

    return form_page(
        form,
        act,
        with_flash(_("The change is saved."), url_for(".page")),
        TEMPLATE,
        title=in_language(one, "label"),
        retire_href=url_for(".retire", which=which, code_id=code_id),
    )


@blueprint.route("/<which>/<int:code_id>/retire", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def retire(which: str, code_id: int) -> Page:
    """Say until when it can be chosen; what was coded by it stays."""
    one = _load(which, code_id)
    form = forms.RetireForm(ends_on=one.ends_on or today_at(None, clock.now()))
    return form_page(
        form,
        lambda: editing.retire_code(submitted(form), which, code_id, form.ends_on.data),
        with_flash(_("The change is saved."), url_for(".page")),
        TEMPLATE,
        title=_("Retire %(name)s", name=in_language(one, "label")),
        lede=_("After that day no one can choose it. Reports that have it keep it, and exports still use its codes."),
    )


def _may_edit() -> None:
    require(current_actor(), Permission.CODES_EDIT, BehaviorCode())


def _load(which: str, code_id: int) -> Any:
    if which not in MODELS:
        raise NotFound
    _may_edit()
    return get_code(which, code_id)


def _flags(form: forms.CodeForm) -> dict[str, bool]:
    return {name: form[name].data == "yes" for name in ("is_subjective", "is_attendance")}
