"""What the fields of a row must fulfill together, and numbers typed as a list."""

from typing import Any

from wss_cases.foundation.i18n import _, _l
from wss_cases.routing.engine.table import MOST_SCHOOL_DAYS
from wss_cases.routing.engine.vocabulary import Section
from wss_cases.routing.row_editor.outline import ROW

NEED_ITEMS = (Section.PATHWAYS, Section.FALLBACK)
DUTY_SECTIONS = (Section.DUTIES, Section.AFTER_POLICE)
VERIFIED = {
    "yes": _l("When it is verified"),
    "unknown": _l("While no one knows yet"),
    "no": _l("When it is found not to be true"),
}
"""The three branches of a legal duty, by what is known."""


def what_is_missing(form: Any) -> list[tuple[str, str]]:
    """The fields of a row's form that lack something, each with a message; no field: the whole row."""
    return [*_empty_cases(form), *_without_reason(form), *_without_effect(form)]


def days_in(text: str) -> list[int]:
    """Return the numbers of school days in a typed list. Raises ValueError."""
    days = [int(part) for part in text.split(",")]
    if not all(0 <= day <= MOST_SCHOOL_DAYS for day in days):
        raise ValueError
    return days


def _empty_cases(form: Any) -> list[tuple[str, str]]:
    cases = form.laid_out.cases
    wrong = [] if cases[ROW] else [("", _("Add a case: without one the row never matches."))]
    words = _("Add a line, or remove this case: a case without a line is always true.")
    return wrong + [
        (f"{case.name}_about", words)
        for several in cases.values()
        if len(several) > 1
        for case in several
        if not case.lines
    ]


def _without_reason(form: Any) -> list[tuple[str, str]]:
    if form.text("because"):
        return []
    words = _("Enter a reason here, or one for the whole row.")
    names = (f"{item}_because" for item in form.laid_out.items)
    return [(f"{name}_en", words) for name in names if not form.text(name)]


def _without_effect(form: Any) -> list[tuple[str, str]]:
    wrong = []
    if form.section in NEED_ITEMS and not form.laid_out.items:
        wrong.append(("", _("Add what the row recommends.")))
    if form.section in DUTY_SECTIONS and not any(form[f"verified_{answer}"].data for answer in VERIFIED):
        wrong.append(("verified_yes", _("This row would never raise its duty.")))
    for name in form.laid_out.removals:
        if not any(form[f"{name}_{key}"].data for key in ("kinds", "pathways", "for")):
            wrong.append((f"{name}_kinds", _("Choose what it removes.")))
    return wrong
