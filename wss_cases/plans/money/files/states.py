"""What a file of money may hold, and its columns."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class FileKind(Labelled):
    """What the rows of a file are."""

    ENTRIES = "entries", _l("Amounts committed or spent")
    FUNDING = "funding", _l("Funding by source")


COLUMNS: Final[dict[FileKind, tuple[str, ...]]] = {
    FileKind.ENTRIES: ("school", "resource", "kind", "amount", "date", "note"),
    FileKind.FUNDING: ("school", "school_year", "source", "amount", "officers_removed", "note"),
}
MAY_LACK: Final = frozenset({"note", "officers_removed"})
"""Columns that a file can do without."""
