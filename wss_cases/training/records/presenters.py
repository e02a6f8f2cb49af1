"""A training on record in words: on its own page, in lists, and in files."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.rules import hours_words, in_force


def state_of(row: TrainingRecord, today: date) -> tuple[str, str]:
    """Return whether a training counts, in words, and the tone of its tag."""
    if row.taken_back_at is not None:
        return _("Taken back"), "slate"
    return (_("In force"), "moss") if in_force(row, today) else (_("Expired"), "brick")


def validity(row: TrainingRecord, today: date) -> str:
    """Return until when a training counts."""
    if row.valid_until is None:
        return _("does not expire")
    day = day_words_with_year(row.valid_until)
    return _("expired on %(day)s", day=day) if row.valid_until < today else _("valid until %(day)s", day=day)


def length(minutes: int | None) -> str:
    """Return how long a training took; '' where nobody said."""
    return _("%(hours)s hours", hours=hours_words(minutes)) if minutes is not None else ""


def row_of(row: TrainingRecord, names: Mapping[str, str], today: date, href: str | None = None) -> dict[str, Any]:
    """Return a training as a line of a list: its topic by `names`, what is known of it, whether it counts."""
    tag, tone = state_of(row, today)
    completed = _("completed %(day)s", day=day_words_with_year(row.completed_on))
    return {
        "href": href,
        "title": names.get(row.topic, row.topic),
        "meta": dotted(completed, length(row.minutes), row.provider, row.certificate, validity(row, today)),
        "tag": tag,
        "tone": tone,
        "reason": row.taken_back_reason,
    }
