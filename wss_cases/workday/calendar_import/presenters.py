"""An uploaded calendar in words: its events in three groups, and what writing it changes."""

from collections.abc import Iterable, Sequence
from typing import Any

from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import district_zone
from wss_cases.roster.calendar.importing.actions import when_words, why_words
from wss_cases.roster.calendar.importing.events import Event, EventKind
from wss_cases.roster.calendar.importing.queries import Change, Uploaded
from wss_cases.workday.calendar_import.rules import field_of

MOST_CHANGES = 60
"""Lines of what changes; the rest is a number."""


def groups(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the events that ask for a person, those understood, and those ignored, each in the order of days."""
    titles = (_("These need your decision"), _("These were understood"), _("These change nothing"))
    rows: tuple[list[dict[str, Any]], ...] = ([], [], [])
    for event in sorted(events, key=lambda event: (event.starts_on, event.row)):
        place = 0 if event.is_open else 2 if event.taken_for is EventKind.IGNORED else 1
        rows[place].append(
            {"name": field_of(event), "title": event.title, "meta": f"{when_words(event)}. {why_words(event)}",
             "what": event.taken_for.label}
        )  # fmt: skip
    return [{"title": title, "rows": found} for title, found in zip(titles, rows, strict=True)]


def change_lines(changes: Sequence[Change]) -> list[dict[str, str]]:
    """Return a line for each date that becomes something else, as far as they are shown."""
    return [
        {"title": day_words_with_year(change.day), "meta": _change_words(change)} for change in changes[:MOST_CHANGES]
    ]


def _change_words(change: Change) -> str:
    label = change.becomes.label
    words = _("%(now)s until now, then: %(what)s", now=change.now.label, what=label) if change.now else str(label)
    if change.declared:
        words = _("%(words)s. What someone set for this day stays.", words=words)
    return f"{words} – {change.label}" if change.label else words


def more_words(changes: Sequence[Change]) -> str:
    """Return how many dates more change than are shown; '' for none."""
    more = len(changes) - MOST_CHANGES
    return ngettext("and %(num)d more day", "and %(num)d more days", more) if more > 0 else ""


def upload_lines(found: Iterable[Uploaded]) -> list[dict[str, Any]]:
    """Return a line for each uploaded calendar: which file and year, and who did what when."""
    return [
        {"id": one.draft.id, "title": f"{one.draft.school_year} · {one.draft.source}", "meta": state_words(one),
         "waits": one.draft.written_at is None}
        for one in found
    ]  # fmt: skip


def state_words(one: Uploaded) -> str:
    """Return who wrote an uploaded calendar and when, or who uploaded it."""
    nobody = _("the operator")
    if one.draft.written_at is not None:
        when = moment_words(one.draft.written_at, district_zone())
        return _("Saved by %(name)s, %(when)s", name=one.written_by or nobody, when=when)
    when = moment_words(one.draft.made_at, district_zone())
    return _("Uploaded by %(name)s, %(when)s; not saved yet", name=one.made_by or nobody, when=when)
