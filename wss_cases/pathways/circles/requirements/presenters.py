"""What several pages of circles show: a requirement with the page where it is met."""

from typing import Any

from flask import url_for

from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.pathways.circles.circle.rules import PLAN, Requirement, requirement_words
from wss_cases.pathways.circles.requirements.next_steps import OPENING, requirement_values
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.engine.wording import said


def requirement_row(requirement: Requirement, circle: Circle, row: Pathway) -> dict[str, Any]:
    """Return a requirement as components/gates.html shows it: what is so or missing, and a link to where it is met."""
    words, endpoint = OPENING[requirement.code]
    meta = "" if requirement.done else str(words)
    if requirement.code in ("keeper", "training") and circle.keeper_names:
        meta = ", ".join(circle.keeper_names.values())
    elif requirement.code == "hold" and not requirement.done:
        hold = next(hold for hold in circle.holds if hold.rule == requirement.rule)
        meta = _("until: %(until)s", until=said(hold.until, locale_code()))
        if circle.planned and circle.without_plan and PLAN in requirement.rule.split("+"):
            meta = _("no safety plan agreed for: %(names)s", names=", ".join(circle.without_plan))
    elif requirement.on is not None:
        meta = day_words(requirement.on)
    return {
        "done": requirement.done,
        "text": requirement_words(requirement, circle.names),
        "meta": meta,
        "href": url_for(endpoint, **requirement_values(row, requirement)),
    }
