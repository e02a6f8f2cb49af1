"""A replay of the routing rules as a file: the same way as every other file."""

from flask import Blueprint, Response, render_template, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings.reading import setting
from wss_cases.outcomes.documents.rendering import TYPES, Report, rendered
from wss_cases.outcomes.exports.export_log.actions import note_export
from wss_cases.outcomes.exports.export_log.forms import ExportForm
from wss_cases.routing.replay.differences import COLUMNS, Change, table_rows
from wss_cases.routing.replay.queries import Told, get_replay, reported_until, told_after

blueprint = Blueprint("replay_file", __name__, url_prefix="/replays")
NAME = "replay"


@blueprint.route("/<int:replay_id>/file", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def file(replay_id: int) -> Page:
    """Say what for; then a row for each change as CSV. Reports are named to those who may open them."""
    actor = current_actor()
    replay, rule_set = get_replay(actor, replay_id)
    most = setting("EXPORT_ROWS")
    rows: list[list[str]] = [row for one in told_after(actor, replay_id, 0, most + 1) for row in _rows(one)]
    report, year = Report(NAME, {}, COLUMNS, rows, []), clock.school_year(reported_until(replay))
    asked, status = ExportForm(), 200
    if asked.validate_on_submit():
        try:
            note_export(
                actor, report, form="csv", year=year, school_id=None, reason=asked.reason.data or "",
                now=clock.now(),
            )  # fmt: skip
        except Refused as refusal:
            apply_refusal(asked, refusal)
        else:
            answer = Response(rendered(report, "csv"), mimetype=TYPES["csv"])
            answer.headers["Content-Disposition"] = f'attachment; filename="{NAME}-{replay_id}.csv"'
            return answer
    if asked.is_submitted():
        status = 400
    words = {"name": f"{NAME}-{replay_id}.csv", "rows": len(rows), "most": most}
    back = url_for("replays.replay", replay_id=replay_id)
    page = render_template(
        "outcomes/exports/replay_file/reason.html", form=asked, back=back, rule_set=rule_set, **words
    )
    return page, status


def _rows(told: Told) -> list[list[str]]:
    changes = map(Change.of_json, told.changes)
    return table_rows(told.reference, told.school, changes, told.broken, told.is_read)
