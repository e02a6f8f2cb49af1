"""The acts that a case page can ask for next, in words."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class Act(enum.StrEnum):
    """What stands at the top of a case or pathway page."""

    DUTY = "duty"
    ANSWER_MEETING = "answer_meeting"
    FOLLOW_UP = "follow_up"
    CHOOSE_LEAD = "choose_lead"
    OFFER = "offer"
    ACCEPT = "accept"
    START = "start"
    LOG_CONVERSATION = "log_conversation"
    CONSENT = "consent"
    LIFT_HOLD = "lift_hold"
    PLAN_MEETING = "plan_meeting"
    AGREEMENT = "agreement"
    MARK_TERM = "mark_term"
    COMPLETE = "complete"
    PLAN_STEP = "plan_step"
    DECLINE = "decline"
    END = "end"
    REVIEW = "review"
    ADD_PATHWAY = "add_pathway"
    CLOSE = "close"
    WAIT = "wait"
    REOPEN = "reopen"


ACT_LABELS = {
    Act.DUTY: _l("Record what was done for the legal duty"),
    Act.ANSWER_MEETING: _l("Say whether the meeting happened"),
    Act.FOLLOW_UP: _l("Close the follow-up that is due"),
    Act.CHOOSE_LEAD: _l("Choose a coordinator"),
    Act.OFFER: _l("Record the offer"),
    Act.ACCEPT: _l("Record the answer"),
    Act.START: _l("Record the start"),
    Act.LOG_CONVERSATION: _l("Log the conversation"),
    Act.CONSENT: _l("Record the consent"),
    Act.LIFT_HOLD: _l("Look at the hold that applies"),
    Act.PLAN_MEETING: _l("Plan the meeting"),
    Act.AGREEMENT: _l("Record the agreement"),
    Act.MARK_TERM: _l("Mark the term that is due"),
    Act.COMPLETE: _l("Complete it with its outcome"),
    Act.PLAN_STEP: _l("Set the next step"),
    Act.DECLINE: _l("Record that it was declined"),
    Act.END: _l("End it: a hold stands"),
    Act.REVIEW: _l("Review the case"),
    Act.ADD_PATHWAY: _l("Propose a pathway"),
    Act.CLOSE: _l("Close the case"),
    Act.WAIT: _l("Nothing is due"),
    Act.REOPEN: _l("Reopen the case"),
}


class Stuck(enum.StrEnum):
    """Why a case does not move."""

    REVIEW = "review"
    LEAD = "lead"
    FOLLOW_UPS = "follow_ups"
    PATHWAY = "pathway"


STUCK_LABELS = {
    Stuck.REVIEW: _l("Review overdue"),
    Stuck.LEAD: _l("No coordinator"),
    Stuck.FOLLOW_UPS: _l("Follow-up overdue"),
    Stuck.PATHWAY: _l("Nothing under way"),
}

SECTION_LABELS = {
    "summary": _l("Summary"),
    "people": _l("People"),
    "pathways": _l("Pathways and agreement"),
    "follow_ups": _l("Follow-ups"),
    "history": _l("History"),
}
