"""The email that a board report is ready: no figure, no name, only where to look."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.board.report.rules import reads_report
from wss_cases.board.stored_reports.actions import NOTICE
from wss_cases.board.stored_reports.queries import is_wanted, load_report
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage


def _report(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link(f"/outcomes/board/reports/{message.object_id}"), "end": link("/outcomes/board/delivery")}


def _report_still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_report(message.object_id)
    return row is not None and row.asked_by_id == actor.user_id and is_wanted(row) and reads_report(actor, row)


MESSAGES = (MessageKind(NOTICE, "board_report", _report, _report_still_due),)
