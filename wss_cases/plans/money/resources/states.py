"""What the money of a plan pays for, and what becomes of it."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ResourceKind(Labelled):
    """What a strategy needs."""

    POSITION = "position", _l("Position")
    PROGRAM = "program", _l("Program")
    TRAINING = "training", _l("Training")
    WRAP_AROUND = "wrap_around", _l("Wrap-around support or mentoring")
    REENGAGEMENT = "reengagement", _l("Re-engagement")
    MATERIALS = "materials", _l("Materials or space")
    STIPEND = "stipend", _l("Stipend")
    OTHER = "other", _l("Other")


class EntryKind(Labelled):
    """What became of an amount."""

    COMMITTED = "committed", _l("Committed")
    SPENT = "spent", _l("Spent")


class Staffing(Labelled):
    """How a position stands."""

    VACANT = "vacant", _l("Vacant")
    FILLED = "filled", _l("Filled")


SENTENCES: dict[str, Any] = {
    "plan_resource.added": (_l("Resource added: %(kind)s"), {"kind": ResourceKind.labels()}),
    "plan_resource.changed": (_l("Resource changed: %(kind)s"), {"kind": ResourceKind.labels()}),
    "resource_entry.added": (_l("Entry added: %(kind)s"), {"kind": EntryKind.labels()}),
    "resource_entry.corrected": (_l("Entry corrected: %(kind)s"), {"kind": EntryKind.labels()}),
}
