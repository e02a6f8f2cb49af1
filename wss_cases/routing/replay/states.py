"""What a replay can find changed, and the states of a replay."""

from enum import StrEnum
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l


class ChangeKind(StrEnum):
    """One way in which an incident would have been routed differently."""

    PATHWAY_ADDED = "pathway_added"
    PATHWAY_REMOVED = "pathway_removed"
    PATHWAY_OTHER_KIND = "pathway_other_kind"
    PATHWAY_CHANGED = "pathway_changed"
    HOLD_ADDED = "hold_added"
    HOLD_REMOVED = "hold_removed"
    DUTY_ADDED = "duty_added"
    DUTY_REMOVED = "duty_removed"
    DUTY_CHANGED = "duty_changed"
    NOTIFICATION_REVIEW = "notification_review"
    FOLLOW_UP_ADDED = "follow_up_added"
    FOLLOW_UP_REMOVED = "follow_up_removed"
    FOLLOW_UP_CHANGED = "follow_up_changed"


CHANGE_LABELS: Final = {
    ChangeKind.PATHWAY_ADDED: _l("Pathway added"),
    ChangeKind.PATHWAY_REMOVED: _l("Pathway removed"),
    ChangeKind.PATHWAY_OTHER_KIND: _l("Another kind in its place"),
    ChangeKind.PATHWAY_CHANGED: _l("Another tier or start"),
    ChangeKind.HOLD_ADDED: _l("Hold added"),
    ChangeKind.HOLD_REMOVED: _l("Hold removed"),
    ChangeKind.DUTY_ADDED: _l("Legal duty added"),
    ChangeKind.DUTY_REMOVED: _l("Legal duty removed"),
    ChangeKind.DUTY_CHANGED: _l("Legal duty in another state"),
    ChangeKind.NOTIFICATION_REVIEW: _l("Another finding about the police"),
    ChangeKind.FOLLOW_UP_ADDED: _l("Follow-up added"),
    ChangeKind.FOLLOW_UP_REMOVED: _l("Follow-up removed"),
    ChangeKind.FOLLOW_UP_CHANGED: _l("Follow-up on another day"),
}


class ReplayState(StrEnum):
    """A replay runs until it is through, somebody stops it, or the rules it replays are changed under it."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    OVERTAKEN = "overtaken"


REPLAY_TRANSITIONS: Final = {
    ReplayState.RUNNING: frozenset({ReplayState.DONE, ReplayState.CANCELLED, ReplayState.OVERTAKEN}),
    ReplayState.DONE: frozenset[ReplayState](),
    ReplayState.CANCELLED: frozenset[ReplayState](),
    ReplayState.OVERTAKEN: frozenset[ReplayState](),
}

REPLAY_LABELS: Final = {
    ReplayState.RUNNING: _l("Under way"),
    ReplayState.DONE: _l("Done"),
    ReplayState.CANCELLED: _l("Cancelled"),
    ReplayState.OVERTAKEN: _l("Ended: the rules were changed meanwhile"),
}

SENTENCES: Final = {
    "rules.replay_asked": _l("Replay asked for, over incidents from %(first)s to %(last)s"),
    "rules.replay_cancelled": _l("Replay cancelled"),
    "rules.replayed": _l("Replayed over %(incidents)s incidents: %(changed)s would have been routed differently"),
    "rules.not_replayed": _l("Published without a replay. The reason: %(reason)s"),
}
