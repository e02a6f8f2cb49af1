"""A person's own trainings and hours."""

from typing import Any

from flask import Blueprint, render_template

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.training.records.models import own_records
from wss_cases.training.records.pages import hours_words, row_of, total_minutes
from wss_cases.training.requirements.models import own_due
from wss_cases.training.requirements.pages import TONES
from wss_cases.training.topics import topic_names

blueprint = Blueprint("own_trainings", __name__, url_prefix="/training/mine")


def panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands on the account's page of whoever works in a school: the way to their own trainings."""
    return ("training/own/panel.html", {}) if might(actor, Permission.TRAINING_OWN) else None


@blueprint.get("")
@gate(Permission.TRAINING_OWN)
def page() -> Page:
    """One's own trainings and hours, and what is required of one."""
    actor = current_actor()
    today = today_at(min(actor.school_ids(*STAFF), default=None), clock.now())
    rows, names = own_records(actor), topic_names()
    required = [
        {
            "title": names[one.requirement.topic],
            "meta": _("Due %(day)s", day=day_words_with_year(one.due_on)) if one.due_on else "",
            "tag": one.standing.label,
            "tone": TONES[one.standing],
        }
        for one in own_due(actor, today)
    ]
    return render_template(
        "training/own/page.html",
        rows=[row_of(row, names, today) for row in rows],
        hours=hours_words(total_minutes(rows)),
        required=required,
    )


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.OWN_ACCOUNT, 15, panel),))
