"""A row as it is stored, made of its form; what was not changed stays as it was written."""

from collections.abc import Mapping
from typing import Any

from wss_cases.routing.engine.conditions import ALWAYS
from wss_cases.routing.engine.facts import FACTS, FactType
from wss_cases.routing.engine.states import Section
from wss_cases.routing.row_editor.cases import OPEN, Line, Op, Question, condition_of, same_cases
from wss_cases.routing.row_editor.forms import WITH_ITEMS, RowForm
from wss_cases.routing.row_editor.outline import ROW, opened, texts
from wss_cases.routing.row_editor.rules import DUTY_SECTIONS, VERIFIED, days_in

Json = dict[str, Any]


def blank_row(section: Section) -> Json:
    """Return a new row of a section, nothing filled in yet."""
    items: list[Json] = [{}] if section in (Section.PATHWAYS, Section.FALLBACK) else []
    return {"section": str(section), "when": ALWAYS, "items": items}


def shown_values(row: Mapping[str, Any]) -> Json:
    """Return the values of a row's own fields, those beside conditions, items and removals."""
    values = {key: row.get(key) for key in ("keeps", "applies_to", "duty", "follow_up")}
    for key in ("because", "until", "clock"):
        values |= texts(key, row.get(key))
    values |= {f"verified_{answer}": state or "" for answer, state in row.get("verified", {}).items()}
    return values | {"school_days": ", ".join(map(str, row.get("school_days", [])))}


def stored_row(form: RowForm, names: Mapping[str, str], before: Mapping[str, Any] | None) -> Json:
    """Return the row that a sound form says; `names` its `id` and `rule`, `before` the row as it was opened."""
    old = before or {}
    row: Json = {**names, "section": str(form.section)}
    row |= _condition(form, ROW, old)
    row |= _text(form, "because", "because")
    row |= _of_section(form, old)
    if form.section in WITH_ITEMS:
        # an outline is named by its order, so the items of the row as it was opened have the same names
        were = dict(zip(opened(old)[0].items, old.get("items", []), strict=True))
        row["items"] = [_item(form, name, were.get(name, {})) for name in form.laid_out.items]
    return row


def _condition(form: RowForm, owner: str, old: Mapping[str, Any]) -> Json:
    new = condition_of([[_line(form, *line) for line in case.lines.items()] for case in form.laid_out.cases[owner]])
    if same_cases(old.get("when", ALWAYS), new):
        new = old.get("when", ALWAYS)
    return {"when": new} if owner == ROW or new != ALWAYS or "when" in old else {}


def _line(form: RowForm, name: str, about: str) -> Line:
    op = Op(form[f"{name}_op"].data)
    value = form[f"{name}_value"].data if f"{name}_value" in form else None
    if op in OPEN:
        value = None
    elif about in FACTS and FACTS[about].type is FactType.TEXT:
        value = tuple(code for code in map(str.strip, str(value).split(",")) if code)
    elif isinstance(value, list):
        value = tuple(value)
    return Line(Question(about) if about not in FACTS else about, op, value)


def _item(form: RowForm, name: str, old: Mapping[str, Any]) -> Json:
    values = {key: form[f"{name}_{key}"].data for key in ("kind", "for", "start")}
    item = values | {"tier": int(form[f"{name}_tier"].data)}
    return item | _condition(form, name, old) | _text(form, f"{name}_because", "because")


def _text(form: RowForm, name: str, key: str) -> Json:
    text = form.text(name)
    return {key: text} if text else {}


def _of_section(form: RowForm, old: Mapping[str, Any]) -> Json:
    match form.section:
        case Section.GRADE_LIMIT:
            return {"keeps": _kept(form.keeps.data, old.get("keeps"))}
        case Section.HOLDS:
            removes = [_removal(form, name) for name in form.laid_out.removals]
            were = dict(zip(opened(old)[0].removals, old.get("removes", []), strict=True))
            pairs = zip(form.laid_out.removals, removes, strict=True)
            kept = [
                {key: _kept(values, were.get(name, {}).get(key)) for key, values in new.items()} for name, new in pairs
            ]
            return {"applies_to": form.applies_to.data, **_text(form, "until", "until"), "removes": kept}
        case section if section in DUTY_SECTIONS:
            states = {answer: form[f"verified_{answer}"].data or None for answer in VERIFIED}
            return {"duty": form.duty.data, **_text(form, "clock", "clock"), "verified": states}
        case Section.FOLLOW_UPS:
            return {"follow_up": form.follow_up.data, "school_days": days_in(str(form.school_days.data))}
        case _:
            return {}


def _removal(form: RowForm, name: str) -> Json:
    found = {key: form[f"{name}_{key}"].data for key in ("kinds", "pathways", "for")}
    return {key: values for key, values in found.items() if values}


def _kept(new: list[str], old: list[str] | None) -> list[str]:
    """Return the list as it was written where it names the same."""
    return old if old is not None and sorted(old) == sorted(new) else new
