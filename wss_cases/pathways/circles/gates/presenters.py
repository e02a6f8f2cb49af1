"""What several pages of circles show: a gate with the page that opens it, and who is invited and came, by role."""

from typing import Any

from flask import url_for

from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.pathways.circles.circle.rules import PLAN, Gate, gate_words
from wss_cases.pathways.circles.gates.next_steps import OPENING, gate_values
from wss_cases.pathways.circles.gates.queries import Circle
from wss_cases.pathways.common.models import Pathway


def gate_row(gate: Gate, circle: Circle, row: Pathway) -> dict[str, Any]:
    """Return a gate as components/gates.html shows it: what is so or missing, and a link to what opens it."""
    words, endpoint = OPENING[gate.code]
    meta = "" if gate.done else str(words)
    if gate.code in ("keeper", "training") and circle.keeper_names:
        meta = ", ".join(circle.keeper_names.values())
    elif gate.code == "hold" and not gate.done:
        hold = next(hold for hold in circle.holds if hold.rule == gate.rule)
        until = hold.until.get(locale_code()) or hold.until["en"]
        meta = _("until: %(until)s", until=until)
        if circle.planned and circle.without_plan and PLAN in gate.rule.split("+"):
            meta = _("no safety plan is agreed for: %(names)s", names=", ".join(circle.without_plan))
    elif gate.on is not None:
        meta = day_words(gate.on)
    return {
        "done": gate.done,
        "text": gate_words(gate, circle.names),
        "meta": meta,
        "href": url_for(endpoint, **gate_values(row, gate)),
    }
