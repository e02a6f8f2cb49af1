"""Editing a row of a draft. When two people changed it, its three versions are shown part by part."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import author
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.routing.drafts.pages import draft_to_edit, refused_page, take_back
from wss_cases.routing.drafts.presenters import part_titles, parts_in_words, words_of
from wss_cases.routing.engine.explain import SECTION_LABELS
from wss_cases.routing.engine.table import read_table, rules_asked_by
from wss_cases.routing.engine.vocabulary import RuleSetState, Section
from wss_cases.routing.row_editor.forms import (
    WITH_ITEMS,
    RowForm,
    blank_row,
    row_form,
    shown_values,
    stored_row,
    subjects_of,
)
from wss_cases.routing.row_editor.rules import MOST, ROW, VERIFIED, Outline, opened, take_step
from wss_cases.routing.rule_sets import RuleSet, get_rule_set

Row = Mapping[str, Any]


class RowChanged(Stale):
    """Someone else changed or removed (None) the row since it was opened; `current` is the present row."""

    def __init__(self, current: Row | None) -> None:
        super().__init__()
        self.current = current


def save_row(actor: Actor, rule_set_id: int, before: Row | None, after: Row, now: datetime) -> None:
    """Replace the row that was opened, or add a new one to its section (`before` None).

    Other people's changes to other rows stay. Raises RowChanged when they changed this one, Refused.
    """
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id)
        rows = draft.table_rows["rows"]
        current = next((row for row in rows if row["id"] == after["id"]), None)
        if before is None and current is not None:
            raise Refused("row_id", _("Another row of this draft has this name."))
        if before is not None and current not in (before, after):
            raise RowChanged(current)
        if current is None:
            _store(uow, draft, _added(rows, after), "rules.row_added", after["id"])
        elif current != after:
            edited = [after if row is current else row for row in rows]
            _store(uow, draft, edited, "rules.row_edited", after["id"])


def move_row(actor: Actor, rule_set_id: int, version: int | None, row_id: str, up: bool, now: datetime) -> None:
    """Swap a row with the one before or after it in its section. Raises Refused, Stale, NotFound."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        rows = list(draft.table_rows["rows"])
        place = _place(rows, row_id)
        other = place - 1 if up else place + 1
        if 0 <= other < len(rows) and rows[other]["section"] == rows[place]["section"]:
            rows[place], rows[other] = rows[other], rows[place]
            _store(uow, draft, rows, "rules.row_moved", row_id)


def remove_row(actor: Actor, rule_set_id: int, version: int | None, row_id: str, now: datetime) -> None:
    """Remove a row from a draft. Raises Refused when another row refers to its rule, Stale, NotFound."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        rows = draft.table_rows["rows"]
        _place(rows, row_id)
        _store(uow, draft, [row for row in rows if row["id"] != row_id], "rules.row_removed", row_id)


def _place(rows: Sequence[Row], row_id: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == row_id:
            return place
    raise NotFound


def _added(rows: Sequence[Row], new: Row) -> list[Row]:
    """Return the rows with a new one at the end of its section."""
    order = list(Section)
    last = order.index(Section(new["section"]))
    place = sum(order.index(Section(row["section"])) <= last for row in rows)
    return [*rows[:place], new, *rows[place:]]


def _store(uow: UnitOfWork, draft: RuleSet, rows: Sequence[Row], kind: str, row_id: str) -> None:
    _refuse_lost_rules(rows)
    read_table(draft.name, draft.number, rows)
    sides = (draft.table_rows["rows"], rows)
    before_and_after = [next((row for row in side if row["id"] == row_id), None) for side in sides]
    draft.table_rows = {**draft.table_rows, "rows": list(rows)}
    take_back(draft)
    uow.session.flush()
    uow.audit("rules.edited", "routing_rule_set", draft.id, {row_id: before_and_after})
    uow.record(draft, kind, row=row_id)


def _refuse_lost_rules(rows: Sequence[Row]) -> None:
    earlier = set[str]()
    for row in rows:
        for rule in rules_asked_by(row):
            if rule not in earlier:
                words = _("Row %(row)s asks whether rule %(rule)s matches, so that rule must stand before it. "
                          "Change row %(row)s first.", row=row["id"], rule=rule)  # fmt: skip
                raise Refused("", words)
        earlier.add(row["rule"])


@dataclass(frozen=True)
class Versions:
    """One part of a row in three versions; an empty list where there is nothing."""

    part: str
    before: list[str]
    theirs: list[str]
    yours: list[str]


def three_versions(
    before: Mapping[str, Any], theirs: Mapping[str, Any] | None, yours: Mapping[str, Any]
) -> list[Versions]:
    """The parts of a row in which its versions differ."""
    sides = [parts_in_words(row) for row in (before, theirs, yours)]
    return [
        Versions(title, *(side[part] for side in sides))
        for part, title in part_titles().items()
        if any(side[part] != sides[0][part] for side in sides)
    ]


blueprint = Blueprint("rule_rows", __name__, url_prefix="/rules")
RowEditorRow = Mapping[str, Any]


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
        lambda seen: move_row(current_actor(), rule_set_id, seen, row_id, up, clock.now()),
        f"#row-{row_id}",
    )


@blueprint.post("/<int:rule_set_id>/rows/<row_id>/remove")
@gate(Permission.RULES_EDIT)
def remove(rule_set_id: int, row_id: str) -> Page:
    """Take a row out of a draft."""
    return _button(rule_set_id, lambda seen: remove_row(current_actor(), rule_set_id, seen, row_id, clock.now()), "")


def _button(rule_set_id: int, act: Any, anchor: str) -> Page:
    try:
        act(BaseForm().seen_version)
    except Refused as refusal:
        return refused_page(rule_set_id, refusal)
    return redirect(_table(rule_set_id) + anchor, 303)


def _table(rule_set_id: int) -> str:
    return url_for("routing.rule_set", rule_set_id=rule_set_id)


def _form_of(rule_set: RuleSet, row: RowEditorRow, before: RowEditorRow | None) -> RowForm:
    """The form of a stored row, or the form saved when a session ended, with its lines."""
    section, rules, kept = Section(row["section"]), _rules_before(rule_set, row), g.get("kept_fields") or {}
    outline, values = opened(row)
    if "outline" in kept:
        outline = Outline.read(kept["outline"], set(map(str, subjects_of(section, rules))))
    form = row_form(section, outline, rules, {**values, **shown_values(row)}, new=before is None)
    form.before.data = kept.get("before") or json.dumps(before)
    return form


def _rules_before(rule_set: RuleSet, row: RowEditorRow) -> list[str]:
    """The rules before a row, or before the end of its section for a new row."""
    order, found = list(Section), dict[str, None]()
    for other in rule_set.table_rows["rows"]:
        if other["id"] == row.get("id") or order.index(Section(other["section"])) > order.index(
            Section(row["section"])
        ):
            break
        found[other["rule"]] = None
    return list(found)


def _sent(rule_set: RuleSet, row_id: str, stored: RowEditorRow | None) -> Page:
    """Take a step in the form, or save the row; after a refusal everything typed is on the page again."""
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


def _opened_row(row_id: str) -> RowEditorRow | None:
    """The row as it was when the form was opened; None for a new one."""
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


def _saved(rule_set: RuleSet, form: RowForm, row_id: str, before: RowEditorRow | None) -> Page:
    names = {"id": row_id, "rule": before["rule"]} if before else _new_names(form)
    row, name = stored_row(form, names, before), names["id"]
    try:
        save_row(current_actor(), rule_set.id, None if form.gone.data else before, row, clock.now())
    except RowChanged as changed:
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


def _page(
    rule_set: RuleSet, form: RowForm, row: RowEditorRow | None, versions: Sequence[Any] = (), by: str = ""
) -> str:
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


ROOM = Room(pages=(blueprint,))
