"""A replay of the routing rules as a file: the same way as every other file."""

from flask import Blueprint, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings.reading import setting
from wss_cases.outcomes.documents.rendering import Report
from wss_cases.outcomes.exports.export_log.views import file_page
from wss_cases.routing.replay.differences import COLUMNS, Change, table_rows
from wss_cases.routing.replay.queries import ReplayedIncident, get_replay, incidents_after, reported_until

blueprint = Blueprint("replay_file", __name__, url_prefix="/replays")
NAME = "replay"


@blueprint.route("/<int:replay_id>/file", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def file(replay_id: int) -> Page:
    """Say what for; then a row for each change as CSV. Reports are named to those who may open them."""
    actor = current_actor()
    replay, rule_set = get_replay(actor, replay_id)
    incidents = incidents_after(actor, replay_id, 0, setting("EXPORT_ROWS") + 1)
    rows: list[list[str]] = [row for one in incidents for row in _rows(one)]
    report, year = Report(NAME, {}, COLUMNS, rows, []), clock.school_year(reported_until(replay))
    template, back = "outcomes/exports/replay_file/reason.html", url_for("replays.replay", replay_id=replay_id)
    return file_page(report, "csv", f"{NAME}-{replay_id}.csv", year, None, template, back=back, rule_set=rule_set)


def _rows(incident: ReplayedIncident) -> list[list[str]]:
    changes = map(Change.of_json, incident.changes)
    return table_rows(incident.reference, incident.school, changes, incident.broken, incident.is_read)
