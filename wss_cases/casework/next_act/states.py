"""The acts of a case itself, in words; those of its pathways come from their rooms as steps."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Act(enum.StrEnum):
    """What stands at the top of a case or pathway page."""

    DUTY = "duty"
    FOLLOW_UP = "follow_up"
    CHOOSE_LEAD = "choose_lead"
    STEP = "step"
    REVIEW = "review"
    ADD_PATHWAY = "add_pathway"
    CLOSE = "close"
    WAIT = "wait"
    REOPEN = "reopen"


ACT_LABELS: dict[Act, Any] = {
    Act.DUTY: _l("Record what was done for the legal duty"),
    Act.CHOOSE_LEAD: _l("Choose a coordinator"),
    Act.REVIEW: _l("Review the case"),
    Act.ADD_PATHWAY: _l("Add a circle or support"),
    Act.CLOSE: _l("Close the case"),
    Act.WAIT: _l("Nothing is due"),
    Act.REOPEN: _l("Reopen the case"),
}


class Stuck(Labelled):
    """Why a case does not move."""

    REVIEW = "review", _l("Review overdue")
    LEAD = "lead", _l("No coordinator")
    FOLLOW_UPS = "follow_ups", _l("Follow-up overdue")
    PATHWAY = "pathway", _l("Nothing in progress")


SECTION_LABELS = {
    "summary": _l("Summary"),
    "people": _l("People"),
    "pathways": _l("Pathways and agreement"),
    "follow_ups": _l("Follow-ups"),
    "history": _l("History"),
}
