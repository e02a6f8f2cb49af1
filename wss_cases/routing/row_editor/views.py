"""Pages on the rows of a draft: one row in plain words, and the buttons that move and remove one."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import author
from wss_cases.routing.drafts.presenters import words_of
from wss_cases.routing.drafts.views import refused_page
from wss_cases.routing.engine.labels import SECTION_LABELS
from wss_cases.routing.engine.states import RuleSetState, Section
from wss_cases.routing.row_editor import actions
from wss_cases.routing.row_editor.forms import WITH_ITEMS, RowForm, row_form, subjects_of
from wss_cases.routing.row_editor.outline import MOST, ROW, Outline, opened, take_step
from wss_cases.routing.row_editor.presenters import three_versions
from wss_cases.routing.row_editor.rules import VERIFIED
from wss_cases.routing.row_editor.stored import blank_row, shown_values, stored_row
from wss_cases.routing.rule_sets.models import RuleSet
from wss_cases.routing.rule_sets.queries import get_rule_set

blueprint = Blueprint("rule_rows", __name__, url_prefix="/rules")
Row = Mapping[str, Any]


@blueprint.route("/<int:rule_set_id>/rows/<row_id>", methods=["GET", "POST"])
@gate(Permission.RULES_EDIT)
def edit(rule_set_id: int, row_id: str) -> Page:
    """Change one row of a draft."""
    rule_set = get_rule_set(current_actor(), rule_set_id)
    stored = next((row for row in rule_set.table_rows["rows"] if row["id"] == row_id), None)
    if request.method == "POST":
        return _sent(rule_set, row_id, stored)
    if stored is None or rule_set.state is not RuleSetState.DRAFT:
        raise NotFound
    return _page(rule_set, _form_of(rule_set, stored, stored), stored)


@blueprint.route("/<int:rule_set_id>/add/<section>", methods=["GET", "POST"])
@gate(Permission.RULES_EDIT)
def add(rule_set_id: int, section: str) -> Page:
    """Add a row to a section of a draft."""
    rule_set = get_rule_set(current_actor(), rule_set_id)
    if section not in set(Section):
        raise NotFound
    row = blank_row(Section(section))
    if request.method == "POST":
        return _sent(rule_set, "", row)
    if rule_set.state is not RuleSetState.DRAFT:
        raise NotFound
    return _page(rule_set, _form_of(rule_set, row, None), None)


@blueprint.post("/<int:rule_set_id>/rows/<row_id>/move")
@gate(Permission.RULES_EDIT)
def move(rule_set_id: int, row_id: str) -> Page:
    """Move a row one place up or down in its section."""
    up = request.form.get("to") == "up"
    return _button(
        rule_set_id,
        lambda seen: actions.move_row(current_actor(), rule_set_id, seen, row_id, up, clock.now()),
        f"#row-{row_id}",
    )


@blueprint.post("/<int:rule_set_id>/rows/<row_id>/remove")
@gate(Permission.RULES_EDIT)
def remove(rule_set_id: int, row_id: str) -> Page:
    """Take a row out of a draft."""
    return _button(
        rule_set_id, lambda seen: actions.remove_row(current_actor(), rule_set_id, seen, row_id, clock.now()), ""
    )


def _button(rule_set_id: int, act: Any, anchor: str) -> Page:
    try:
        act(BaseForm().seen_version)
    except Refused as refusal:
        return refused_page(rule_set_id, refusal)
    return redirect(_table(rule_set_id) + anchor, 303)


def _table(rule_set_id: int) -> str:
    return url_for("routing.rule_set", rule_set_id=rule_set_id)


def _form_of(rule_set: RuleSet, row: Row, before: Row | None) -> RowForm:
    """Return the form of a stored row, or what a session's end kept of it: with the lines it had then."""
    section, rules, kept = Section(row["section"]), _rules_before(rule_set, row), g.get("kept_fields") or {}
    outline, values = opened(row)
    if "outline" in kept:
        outline = Outline.read(kept["outline"], set(map(str, subjects_of(section, rules))))
    form = row_form(section, outline, rules, {**values, **shown_values(row)}, new=before is None)
    form.before.data = kept.get("before") or json.dumps(before)
    return form


def _rules_before(rule_set: RuleSet, row: Row) -> list[str]:
    """Return the rules that stand before a row, or before the end of its section where it is new."""
    order, found = list(Section), dict[str, None]()
    for other in rule_set.table_rows["rows"]:
        if other["id"] == row.get("id") or order.index(Section(other["section"])) > order.index(
            Section(row["section"])
        ):
            break
        found[other["rule"]] = None
    return list(found)


def _sent(rule_set: RuleSet, row_id: str, stored: Row | None) -> Page:
    """Take a step in the form, or save the row; whatever is refused, all that was typed is on the page again."""
    before = _opened_row(row_id) if "before" in request.form else stored if row_id else None
    row = before or stored
    if row is None:
        raise NotFound
    section, rules = Section(row["section"]), _rules_before(rule_set, row)
    subjects = set(map(str, subjects_of(section, rules)))
    outline = Outline.read(request.form["outline"], subjects) if "outline" in request.form else opened(row)[0]
    step, refused = request.form.get("step", ""), None
    try:
        take_step(outline, step, request.form.get(f"{step.partition(':')[2]}_about", ""), subjects)
    except Refused as refusal:
        refused = refusal
    form = row_form(section, outline, rules, {}, new=not row_id)
    if refused is not None:
        apply_refusal(form, refused)
    elif step.startswith("line:"):
        form[f"{step.removeprefix('line:')}_about"].data = ""
    if step:
        return _page(rule_set, form, before), 400 if refused else 200
    if not form.validate():
        return _page(rule_set, form, before), 400
    return _saved(rule_set, form, row_id, before)


def _opened_row(row_id: str) -> Row | None:
    """Return the row as the form was opened with it; None for a new one."""
    try:
        before = json.loads(request.form.get("before", ""))
    except ValueError as broken:
        raise NotFound from broken
    if before is not None and (not isinstance(before, dict) or before.get("id") != row_id):
        raise NotFound
    if before is not None:
        try:
            words_of(before)
        except (Refused, KeyError, TypeError, AttributeError) as broken:
            raise NotFound from broken
    return before


def _saved(rule_set: RuleSet, form: RowForm, row_id: str, before: Row | None) -> Page:
    names = {"id": row_id, "rule": before["rule"]} if before else _new_names(form)
    row, name = stored_row(form, names, before), names["id"]
    try:
        actions.save_row(current_actor(), rule_set.id, None if form.gone.data else before, row, clock.now())
    except actions.RowChanged as changed:
        versions = three_versions(before or row, changed.current, row)
        if changed.current is None:
            form.gone.data = "yes"
        else:
            form.before.data = json.dumps(changed.current)
        return _page(rule_set, form, changed.current, versions, _who_changed(rule_set.id, row_id)), 409
    except Refused as refusal:
        apply_refusal(form, refusal)
        return _page(rule_set, form, before), 400
    flash(_("Row %(row)s is saved.", row=name))
    return redirect(f"{_table(rule_set.id)}#row-{name}", 303)


def _new_names(form: RowForm) -> dict[str, str]:
    name = str(form.row_id.data).strip()
    return {"id": name, "rule": str(form.rule.data or "").strip() or name}


def _who_changed(rule_set_id: int, row_id: str) -> str:
    entries = (entry for entry in history("routing_rule_set", rule_set_id) if entry.data.get("row") == row_id)
    return next(map(author, entries), "")


def _page(rule_set: RuleSet, form: RowForm, row: Row | None, versions: Sequence[Any] = (), by: str = "") -> str:
    return render_template(
        "routing/row_editor/row.html",
        rule_set=rule_set,
        row=words_of(row) if row else None,
        row_id=request.view_args["row_id"] if request.view_args and "row_id" in request.view_args else None,
        form=form,
        outline=form.laid_out,
        section=form.section,
        section_label=SECTION_LABELS[form.section],
        own=ROW,
        with_items=form.section in WITH_ITEMS,
        verified=VERIFIED,
        most=MOST,
        versions=versions,
        by=by,
    )
