"""What a file of money may hold, and its columns."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class FileKind(Labelled):
    """What the rows of a file are."""

    ENTRIES = "entries", _l("Amounts committed or spent")
    FUNDING = "funding", _l("Funding by source")
    RESOURCES = "resources", _l("New resources and positions")


COLUMNS: Final[dict[FileKind, tuple[str, ...]]] = {
    FileKind.ENTRIES: ("school", "resource", "kind", "amount", "date", "note"),
    FileKind.RESOURCES: (
        "school",
        "strategy",
        "kind",
        "title",
        "planned",
        "job_code",
        "fte",
        "filled_on",
        "vacant_since",
    ),
    FileKind.FUNDING: ("school", "school_year", "source", "amount", "officers_removed", "note"),
}
HELP: Final[dict[FileKind, Any]] = {
    FileKind.ENTRIES: _l("resource is its name in the plan."),
    FileKind.RESOURCES: _l(
        "strategy is what the plan says after “If”. The job code, the share, and the days are for positions."
    ),
    FileKind.FUNDING: _l("officers_removed is for former school police money."),
}
"""What a column of a file means where its name does not say it."""
MAY_LACK: Final = frozenset({"note", "officers_removed", "job_code", "fte", "filled_on", "vacant_since"})
"""Columns that a file can do without."""
