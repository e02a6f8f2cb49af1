"""Cover while away: the list, setting one, calling one off."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.coverage import CoverRow, covers_of
from wss_cases.followups.core.pages import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.queries import team_of
from wss_cases.roster.directory.queries import school_days
from wss_cases.workday.cover import actions
from wss_cases.workday.cover.forms import CoverForm

blueprint = Blueprint("covers", __name__)


def school_of(actor: Actor) -> int:
    """Return the school whose work is shown. Raises NotFound where none is chosen."""
    return existing(chosen_school_id(actor, *CASE_TEAM))


@blueprint.get("/desk/cover")
@gate(Permission.COVER_SET)
def covers() -> Page:
    """Who stands in for whom, now and in the days to come: one's own, for an administrator everybody's."""
    actor = current_actor()
    school_id = school_of(actor)
    today = today_at(school_id, clock.now())
    rows = covers_of(_may_set(actor, school_id), school_id, today)
    return render_template(
        "workday/cover/list.html", rows=[_row(actor, row) for row in rows], day_words=day_words, today=today
    )


def _may_set(actor: Actor, school_id: int) -> dict[int, str]:
    people = team_of(school_id, today_at(school_id, clock.now()))
    if actor.covers(school_id, Role.ADMINISTRATOR):
        return people
    return {key: name for key, name in people.items() if key == actor.user_id}


def _row(actor: Actor, row: CoverRow) -> dict[str, Any]:
    words = (
        _("%(name)s is covering for you", name=row.cover_name)
        if row.user_id == actor.user_id
        else _("%(cover)s is covering for %(name)s", cover=row.cover_name, name=row.name)
    )
    return {
        "title": words,
        "meta": _("from %(first)s to %(last)s", first=day_words(row.starts_on), last=day_words(row.ends_on)),
        "note": row.note,
        "end": url_for("covers.end", cover_id=row.id),
    }


@blueprint.route("/desk/cover/new", methods=["GET", "POST"])
@gate(Permission.COVER_SET)
def set_cover() -> Page:
    """Say who stands in, and from when to when."""
    actor = current_actor()
    school_id = school_of(actor)
    today, days = today_at(school_id, clock.now()), school_days(school_id)
    away = _may_set(actor, school_id)
    form = CoverForm(starts_on=today, user=str(actor.user_id))
    form.user.choices = people_choices(away)
    form.cover.choices = people_choices(
        {key: name for key, name in team_of(school_id, today).items() if len(away) > 1 or key not in away}, _("Choose…")
    )
    form.ends_on.quick = days_ahead(today, days, 1, 5, 10)
    return form_page(
        form,
        lambda: actions.set_cover(
            submitted(form),
            school_id,
            number(form.user.data) or 0,
            number(form.cover.data) or 0,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            note=form.note.data or "",
        ),
        url_for("covers.covers"),
        "workday/cover/cover.html",
        alone=len(away) <= 1,
    )


@blueprint.post("/desk/cover/<int:cover_id>/end")
@gate(Permission.COVER_SET)
def end(cover_id: int) -> Page:
    """Call a cover off."""
    actions.end_cover(Invocation(current_actor(), clock.now()), cover_id)
    return redirect(url_for("covers.covers"), 303)
