"""One part of a plan on a page: its form is shown and saved; where two people wrote at once, both texts are shown."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import render_template, request

from wss_cases.access.act_pages import act_form
from wss_cases.access.invocation import Invocation
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page

FORM: Final = "plans/part.html"
CONFLICT: Final = 409
UNSAID: Final = frozenset({"HiddenField", "CSRFTokenField", "BooleanField"})


def part_page(
    form: BaseForm,
    act: Callable[[Invocation], int],
    words: Mapping[str, Any],
    current: Callable[[], BaseForm] | None = None,
) -> Page:
    """Show the form of a part and save it; `words` with `back_href`, where to go then.

    `current` makes the form of what is stored now: it stands beside what was typed where somebody else saved first.
    """
    try:
        return act_form(form, act, words["back_href"], words, FORM)
    except Stale:
        if current is None:
            raise
        yours = _labelled(form)
    try:
        theirs = _labelled(current())
    except NotFound:
        theirs = [(words["title"], _("It was removed."))]
    return render_template("errors/409.html", theirs=theirs, yours=yours, back_href=request.path), CONFLICT


def _labelled(form: BaseForm) -> list[tuple[str, str]]:
    """Return what a form says, field by field."""
    return [(field.label.text, _said(field)) for field in form if field.type not in UNSAID]


def _said(field: Any) -> str:
    if field.data in (None, ""):
        return "–"
    if hasattr(field, "iter_choices"):
        return next((str(choice.label) for choice in field.iter_choices() if choice.value == field.data), "–")
    return day_words_with_year(field.data) if hasattr(field.data, "isoformat") else str(field.data)
