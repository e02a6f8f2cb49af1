"""The one page on which a yes is written down, for a call and for a notice."""

from collections.abc import Callable
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.telling.forms import MayTellForm


def may_tell_page(form: MayTellForm, act: Callable[[], Any], done: Any, back: str, lede: str) -> Page:
    """Show the page, or write the yes down and go on."""
    title = _("What the family may be told")
    shown = {"title": title, "lede": lede, "go_words": _("Record the yes"), "back_href": back}
    return form_page(form, act, done, "layouts/form_page.html", **shown)
