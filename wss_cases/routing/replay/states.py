"""What a replay can find changed, and the states of a replay."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ChangeKind(Labelled):
    """One way in which an incident would have been routed differently."""

    PATHWAY_ADDED = "pathway_added", _l("Pathway added")
    PATHWAY_REMOVED = "pathway_removed", _l("Pathway removed")
    PATHWAY_OTHER_KIND = "pathway_other_kind", _l("Another kind in its place")
    PATHWAY_CHANGED = "pathway_changed", _l("Another tier or start")
    HOLD_ADDED = "hold_added", _l("Hold added")
    HOLD_REMOVED = "hold_removed", _l("Hold removed")
    HOLD_CHANGED = "hold_changed", _l("Hold in another state")
    DUTY_ADDED = "duty_added", _l("Legal duty added")
    DUTY_REMOVED = "duty_removed", _l("Legal duty removed")
    DUTY_CHANGED = "duty_changed", _l("Legal duty in another state")
    NOTIFICATION_REVIEW = "notification_review", _l("Another finding about the police")
    FOLLOW_UP_ADDED = "follow_up_added", _l("Follow-up added")
    FOLLOW_UP_REMOVED = "follow_up_removed", _l("Follow-up removed")
    FOLLOW_UP_CHANGED = "follow_up_changed", _l("Follow-up on another day")
    QUESTION_ADDED = "question_added", _l("The decision waits for an answer")
    QUESTION_REMOVED = "question_removed", _l("The decision no longer waits for an answer")


class ReplayState(Labelled):
    """A replay runs until it is through, somebody stops it, or the rules it replays are changed under it."""

    RUNNING = "running", _l("In progress")
    DONE = "done", _l("Done")
    CANCELLED = "cancelled", _l("Canceled")
    OVERTAKEN = "overtaken", _l("Ended: the rules were changed meanwhile")


REPLAY_TRANSITIONS: Final = {
    ReplayState.RUNNING: frozenset({ReplayState.DONE, ReplayState.CANCELLED, ReplayState.OVERTAKEN}),
    ReplayState.DONE: frozenset[ReplayState](),
    ReplayState.CANCELLED: frozenset[ReplayState](),
    ReplayState.OVERTAKEN: frozenset[ReplayState](),
}


SENTENCES: Final = {
    "rules.replay_asked": _l("Replay asked for, over incidents from %(first)s to %(last)s"),
    "rules.replay_cancelled": _l("Replay canceled"),
    "rules.replayed": _l("Replayed over %(incidents)s incidents: %(changed)s would have been routed differently"),
    "rules.not_replayed": _l("Published without a replay. The reason: %(reason)s"),
}
