"""What closes a follow-up, and what was said to show that it is done, in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.evidence.states import CLOSES_WITH, RECORD_ACTS
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted, either
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.states import MANNER_LABELS


def closes_with(kind: str, template: FollowUpTemplate | None) -> str:
    """Return what closes a follow-up: as its template says it, else in its kind's own words."""
    words = either(template.closes_with_en, template.closes_with_es) if template is not None else ""
    return words or str(CLOSES_WITH.get(kind, CLOSES_WITH["other"]))


def record_words(kind: str) -> str:
    """Return what the button says that records a follow-up: the act itself, as "Log check-in"."""
    return str(RECORD_ACTS[kind]) if kind in RECORD_ACTS else _("Record it")


def evidence_rows(stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is stored beside the note, as rows of a summary: how, when, whom, in which language, how often."""
    language = stored.get("language", "")
    if stored.get("interpreter"):
        language = dotted(language, _("with an interpreter"))
    rows = [
        (_("How"), str(MANNER_LABELS.get(stored.get("manner", ""), ""))),
        (_("When"), day_words_with_year(date.fromisoformat(stored["on"])) if stored.get("on") else ""),
        (_("Who was reached"), stored.get("who", "")),
        (_("Language"), language),
        (_("Attempts"), stored.get("attempts") or ""),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]
