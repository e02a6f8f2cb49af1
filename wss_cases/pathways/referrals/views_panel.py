"""What the case page shows of this pathway alone."""

from datetime import date, datetime

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.next_steps import ids
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.steps import Panel
from wss_cases.pathways.referrals.queries import plan_of


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """Return this pathway's own part of the case page; the caller has checked the pathway."""
    plan = plan_of(row.id)
    rows = [
        {"label": _("Partner organisation"), "value": plan.partner_name if plan else ""},
        {"label": _("Sent on"), "value": day_words(plan.sent_on) if plan else ""},
    ]
    href = url_for("referrals.details", **ids(row)) if row.state in LIVE else None
    return Panel("referrals/panel.html", {"title": _("Partner and sending"), "href": href, "rows": rows})
