"""The next step of a live conversation: log it."""

from collections.abc import Sequence
from datetime import date, datetime

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.rules import LIVE, Pathway, Step, ids


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    words = _l("Log the conversation")
    return {
        row.id: Step("log", words, "conversations.log", ids(row), on=row.start_by) for row in rows if row.state in LIVE
    }
