"""The common life of every pathway, and the kinds there are."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.roster.directory.rules import NO_LABEL
from wss_cases.routing.engine.pages import PATHWAY_OF, Kind, Pathway, Person

__all__ = ["PATHWAY_OF", "Kind", "Pathway", "Person"]


class PathwayState(Labelled):
    """proposed → consent and preparation → active → completed | ended early | declined."""

    PROPOSED = "proposed", _l("Proposed")
    PREPARING = "preparing", _l("In preparation")
    ACTIVE = "active", _l("Active")
    COMPLETED = "completed", _l("Completed")
    ENDED_EARLY = "ended_early", _l("Ended early")
    DECLINED = "declined", _l("Declined")


TRANSITIONS: dict[PathwayState, frozenset[PathwayState]] = {
    **dict.fromkeys(PathwayState, frozenset()),
    PathwayState.PROPOSED: frozenset({PathwayState.PREPARING, PathwayState.DECLINED, PathwayState.ENDED_EARLY}),
    PathwayState.PREPARING: frozenset({PathwayState.ACTIVE, PathwayState.DECLINED, PathwayState.ENDED_EARLY}),
    PathwayState.ACTIVE: frozenset({PathwayState.COMPLETED, PathwayState.ENDED_EARLY, PathwayState.DECLINED}),
}

LIVE = frozenset({PathwayState.PROPOSED, PathwayState.PREPARING, PathwayState.ACTIVE})
ENDED = frozenset({PathwayState.COMPLETED, PathwayState.ENDED_EARLY, PathwayState.DECLINED})

STANDS = LIVE | {PathwayState.COMPLETED}
"""States in which the same pathway is not opened for the same person once more."""


class EndReason(Labelled):
    """Why a pathway ended before its outcome."""

    MOVED_SCHOOL = "moved_school", _l("The student moved to another school")
    NO_CONTACT = "no_contact", _l("No one could be reached")
    NOT_SUITABLE = "not_suitable", _l("It is not suitable")
    NO_LONGER_NEEDED = "no_longer_needed", _l("It is no longer needed")
    NAMED_IN_ERROR = "named_in_error", _l("The person was named in error")
    OTHER_PATHWAY = "other_pathway", _l("Another pathway takes its place")


OUTCOMES: Final[dict[Pathway, dict[str, object]]] = {
    Pathway.RESTORATIVE_CONVERSATION: {
        "repair_agreed": _l("Talked it through and agreed on a repair"),
        "understood": _l("Talked it through; nothing more is needed"),
        "no_understanding": _l("Talked, without reaching an understanding"),
    },
    Pathway.CIRCLE: {
        "agreement_kept": _l("Agreement made and kept"),
        "agreement_partly_kept": _l("Agreement made and partly kept"),
        "agreement_not_kept": _l("Agreement made and not kept"),
        "held_without_agreement": _l("Held; no agreement was needed or reached"),
    },
    Pathway.MENTORING: {
        "goal_reached": _l("Goal reached"),
        "goal_partly_reached": _l("Goal partly reached"),
        "goal_not_reached": _l("Goal not reached"),
    },
    Pathway.WRAPAROUND: {
        "service_received": _l("The service was received"),
        "service_partly_received": _l("The service was partly received"),
        "service_not_available": _l("No service was available"),
    },
    Pathway.REENGAGEMENT: {
        "settled": _l("Back in class and settled"),
        "back_with_support": _l("Back in class with support going on"),
        "not_back": _l("Not back in class"),
    },
}
"""What a pathway can end with: code to words, by family."""

OUTCOME_LABELS: Final[dict[str, object]] = {
    code: words for family in OUTCOMES.values() for code, words in family.items()
}

_WHAT = {"what": Kind.labels()}

SENTENCES = {
    "pathway.proposed": (_l("%(what)s proposed"), _WHAT),
    "pathway.confirmed": (_l("The decision on the report also calls for it: %(what)s"), _WHAT),
    "pathway.offered": (_l("%(what)s offered by %(by)s"), _WHAT),
    "pathway.accepted": (_l("%(what)s accepted; preparation begins"), _WHAT),
    "pathway.declined": (_l("%(what)s declined"), _WHAT),
    "pathway.left": (_l("%(what)s ended: someone chose to stop"), _WHAT),
    "pathway.started": (_l("%(what)s started"), _WHAT),
    "pathway.next_step": (_l("Next step of the %(what)s set"), _WHAT),
    "pathway.no_school": (
        _l("Next step of the %(what)s moved to %(on)s. There is no school on %(day)s (%(label)s)"),
        _WHAT | NO_LABEL,
    ),
    "pathway.back": (_l("Next step of the %(what)s back on %(on)s. There is school on that day after all"), _WHAT),
    "pathway.owner": (_l("%(what)s handed to %(to)s"), _WHAT),
    "pathway.completed": (_l("%(what)s completed: %(outcome)s"), _WHAT | {"outcome": OUTCOME_LABELS}),
    "pathway.ended_early": (_l("%(what)s ended early: %(reason)s"), _WHAT | {"reason": EndReason.labels()}),
}
