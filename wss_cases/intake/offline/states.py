"""What was written without network: its kinds, and what became of it."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled

WAITS: Final = "offline_entry.waits"
GONE: Final = "offline_entry.gone"
"""Mails about what was not filed: that it goes soon, and that it went."""


class EntryKind(Labelled):
    """Which form it was."""

    REPORT = "report", _l("Report")
    PRACTICE = "practice", _l("Circle for the practice log")


class EntryState(Labelled):
    """Where it is."""

    FILED = "filed", _l("Filed")
    TO_MEND = "to_mend", _l("Needs an answer")
    DISCARDED = "discarded", _l("Deleted by its writer")
    ERASED = "erased", _l("Deleted because it was never filed")
