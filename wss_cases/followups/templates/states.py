"""What happens that makes follow-ups: the events that templates answer."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l

EVENTS: dict[str, Any] = {
    "routed": _l("An incident was routed"),
    "text_added": _l("Text was added to a decided report"),
    "routed_ask_first": _l("An incident was routed, and a student may not be safe at home"),
    "routed_article_26a": _l("An incident was routed to the resource person of Article 26A"),
    "agreement_made": _l("An agreement was made"),
    "agreement_term_made": _l("A term of an agreement was written"),
    "circle_proposed": _l("A circle was proposed"),
    "care_opened": _l("A concern about a student was reported"),
    "meeting_postponed": _l("A meeting was postponed"),
    "meeting_no_show": _l("Someone did not come to a meeting"),
    "meeting_walked_out": _l("Someone left a meeting, and it ended there"),
    "meeting_held": _l("A meeting was held"),
    "mentoring_missed": _l("A mentoring session was missed"),
    "safety_plan_agreed": _l("A safety plan was agreed"),
    "happened_again": _l("Something happened again in a case"),
    "student_moved": _l("A student of a case changed school"),
    "interpreter_needed": _l("A family needs an interpreter"),
    "family_copy_asked": _l("A family asked for a copy of the record"),
    "pathway_started": _l("A pathway began"),
    "pathway_completed": _l("A pathway was completed"),
    "pathway_ended_early": _l("A pathway ended early"),
    "pathway_declined": _l("A pathway was declined or left"),
}

ASKED_FIRST = frozenset({"routed_ask_first", "routed_article_26a"})
"""Events whose templates say whom a call home waits for."""

IN_PATHWAY = frozenset(event for event in EVENTS if event.startswith(("pathway_", "meeting_"))) | {"agreement_made"}
"""Events of a pathway: a template of them may be for one pathway only."""

TIMED = IN_PATHWAY | {
    "mentoring_missed",
    "safety_plan_agreed",
    "happened_again",
    "student_moved",
    "interpreter_needed",
    "family_copy_asked",
}
"""Events whose templates say when something is due; of the others they give the words, and rules give the day."""
