"""A school's bell times: what holds, what is to come, and the change."""

from datetime import time
from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, time_of_day_words, weekday_name
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.calendar.bells.actions import save_bells
from wss_cases.roster.calendar.bells.forms import BellsForm
from wss_cases.roster.calendar.bells.queries import WEEKDAYS, Bells, bells_on, newest, weeks
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.directory.rules import a_day_of

blueprint = Blueprint("bells", __name__, url_prefix="/school-calendar")


@blueprint.route("/schools/<int:school_id>/bells", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def page(school_id: int) -> Page:
    """When the bells of a school ring, and from when on they ring otherwise."""
    school = existing(get_school(school_id))
    require(current_actor(), Permission.SCHOOL_MANAGE, school)
    today = today_at(school_id, clock.now())
    now = bells_on(school, today)
    form = BellsForm(data=_shown(now) | {"starts_on": today, "seen_id": newest(school_id) or ""})

    def act() -> int:
        try:
            return save_bells(submitted(form), school_id, form.starts_on.data, form.bells(), form.seen)
        except Refused:
            form.seen_id.data = newest(school_id) or ""
            raise

    kept = [{"title": _("From %(day)s", day=day_words_with_year(week.starts_on)), "meta": _words(week.bells),
             "who": week.said_by} for week in weeks(school)]  # fmt: skip
    return form_page(
        form, act, with_flash(_("The bell times are saved."), url_for(".page", school_id=school_id)),
        "roster/calendar/bells.html", school=school, kept=kept, now_words=_words(now),
        days=[(weekday_name(a_day_of(number)), number) for number in WEEKDAYS],
        calendar_href=url_for("calendar.month", school_id=school_id),
    )  # fmt: skip


def _shown(bells: list[Bells]) -> dict[str, Any]:
    shown: dict[str, time] = {}
    for weekday, (first, last) in enumerate(bells):
        shown |= {f"first{weekday}": first, f"last{weekday}": last}
    return shown


def _words(bells: Any) -> str:
    """Return the bells of a week in words, weekdays with the same ones together."""
    parts: dict[Bells, list[str]] = {}
    for weekday, pair in enumerate(bells):
        parts.setdefault(pair, []).append(weekday_name(a_day_of(weekday)))
    return " · ".join(
        _(
            "%(days)s: %(first)s to %(then)s",
            days=", ".join(days),
            first=time_of_day_words(first),
            then=time_of_day_words(last),
        )
        for (first, last), days in parts.items()
    )
