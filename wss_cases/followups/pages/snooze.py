"""The page that pauses the reminders of a follow-up."""

from flask import Blueprint

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.pages import quick_days
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.followups.pages.follow_up import SnoozeForm, act_words, page_of
from wss_cases.followups.snooze import latest_snooze, snooze, why_not
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("snoozing", __name__)


@blueprint.route("/follow-ups/<int:follow_up_id>/pause", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_WORK)
def pause(follow_up_id: int) -> Page:
    row = get_follow_up(current_actor(), follow_up_id)
    form = SnoozeForm(version=row.version)
    today, days = today_at(row.school_id, clock.now()), school_days(row.school_id)
    latest = latest_snooze(row.due_on, days)
    form.until.quick = [(words, day) for words, day in quick_days(today, days) if day <= latest.isoformat()]
    words = act_words(
        row,
        _("Pause its reminders"),
        _("Pause the reminders"),
        latest=day_words(latest),
        refusal=why_not(row.kind, row.same_day, row.due_on, row.snooze_count, today, days),
    )
    template = "followups/pages/snooze/pause.html"
    return act_form(
        form, lambda call: snooze(call, row.id, form.until.data, form.reason.data), page_of(row), words, template
    )


ROOM = Room(pages=(blueprint,))
