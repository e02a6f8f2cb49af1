"""The events of a calendar's file in words: when each is, what it was taken for and why."""

from collections.abc import Iterable

from wss_cases.foundation.dates import day_words_with_year, time_of_day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.roster.calendar.importing.events import Event


def when_words(event: Event) -> str:
    """Return when an event is: one date, the first and the last one, and how often it comes again."""
    first, last = day_words_with_year(event.starts_on), day_words_with_year(event.ends_on)
    words = first if event.starts_on == event.ends_on else _("%(first)s to %(then)s", first=first, then=last)
    if not event.again:
        return words
    often = ngettext("and %(num)d more time", "and %(num)d more times", len(event.again))
    until = day_words_with_year(event.again[-1])
    return _("%(when)s, %(often)s until %(until)s", when=words, often=often, until=until)


def why_words(event: Event) -> str:
    """Return why an event was taken for what it is; the doubt of the file's own column stands behind."""
    if event.decided is not None and event.by:
        return _("Decided by %(name)s.", name=event.by)
    words = str(event.why.label)
    if event.last_bell:
        words = _("%(words)s Last bell at %(time)s.", words=words, time=time_of_day_words(event.last_bell))
    return f"{words} ({event.confidence})" if event.confidence else words


def event_lines(events: Iterable[Event]) -> list[str]:
    """Return a line for each event, those that wait for a person first."""
    asks = _("Needs a person's decision")
    return [
        f"{when_words(event)}: {event.title} → {asks if event.is_open else event.taken_for.label}. {why_words(event)}"
        for event in sorted(events, key=lambda event: (not event.is_open, event.starts_on, event.row))
    ]
