"""Clean slate: how long past years stay in view for each role; the district's to set, from a day on."""

from datetime import date
from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.states import ROLE_LABELS
from wss_cases.accounts.visibility.actions import set_years
from wss_cases.accounts.visibility.forms import VisibilityWindowForm
from wss_cases.accounts.visibility.models import VisibilityWindow
from wss_cases.accounts.visibility.queries import visibility_windows
from wss_cases.accounts.visibility.rules import WINDOWED_ROLES, sees_from
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at

blueprint = Blueprint("clean_slate", __name__, url_prefix="/clean-slate")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.SIGHT_EDIT)
def settings() -> Page:
    """What is in force and to come for each role, and the form for a change."""
    actor, now = current_actor(), clock.now()
    require(actor, Permission.SIGHT_EDIT, actor)
    today = today_at(None, now)
    form = VisibilityWindowForm(starts_on=today)

    return form_page(
        form,
        lambda: set_years(submitted(form), form.chosen, form.school_years.data or 0, form.starts_on.data),
        with_flash(_("The change is saved."), url_for("clean_slate.settings")),
        "accounts/visibility/clean_slate.html",
        roles=_roles(today),
    )


def _roles(today: date) -> list[dict[str, Any]]:
    rows = visibility_windows()
    return [
        {
            "role": ROLE_LABELS[role],
            "now": _words(next(row for row in rows if row.role is role and row.starts_on <= today), today),
            "coming": [
                _("from %(first)s", first=day_words_with_year(row.starts_on)) + ": " + _years(row)
                for row in reversed(rows)
                if row.role is role and row.starts_on > today
            ],
        }
        for role in WINDOWED_ROLES
    ]


def _words(row: VisibilityWindow, today: date) -> str:
    first = sees_from(row.school_years, today)
    return f"{_years(row)} · " + _("since %(day)s", day=day_words_with_year(first))


def _years(row: VisibilityWindow) -> str:
    return ngettext("%(num)d school year", "%(num)d school years", row.school_years)
