"""The part of the case page that only a conversation has."""

from datetime import date, datetime

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.steps import Panel, ids


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """Return this pathway's own part of the case page; the caller has checked the pathway."""
    href = url_for("conversations.log", **ids(row)) if row.state in LIVE else None
    return Panel("pathways/conversations/panel.html", {"href": href})
