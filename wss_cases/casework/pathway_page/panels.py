"""Asks each pathway's room for its own part of the case page."""

from collections.abc import Callable
from datetime import date, datetime

from wss_cases.access.actor import Actor
from wss_cases.pathways.circles.case_page import panel as circles
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.steps import Panel, Step
from wss_cases.pathways.conversations import panel as conversations
from wss_cases.pathways.mentoring.case_page import panel as mentoring
from wss_cases.pathways.reengagement.case_page import panel as reengagement
from wss_cases.pathways.referrals.case_page import panel as referrals
from wss_cases.routing.engine.pages import Pathway as Family

ROOMS: dict[str, Callable[[Actor, Pathway, date, datetime], Panel]] = {
    Family.RESTORATIVE_CONVERSATION: conversations.panel,
    Family.MENTORING: mentoring.panel,
    Family.WRAPAROUND: referrals.panel,
    Family.REENGAGEMENT: reengagement.panel,
}
"""Which room shows which family of pathways, circles aside."""


def panel_of(actor: Actor, row: Pathway, today: date, now: datetime, step: Step | None = None) -> Panel | None:
    """Return a pathway's own part of the case page; the caller has checked the pathway.

    A circle is not read again where its next step was asked for already.
    """
    if row.pathway == Family.CIRCLE:
        return circles.panel(actor, row, today, now, step.seen if step else None)
    ask = ROOMS.get(row.pathway)
    return ask(actor, row, today, now) if ask else None
