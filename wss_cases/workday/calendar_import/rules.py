"""What people say of an uploaded calendar, as answers by name: pure. Two people's answers are put together."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from wss_cases.foundation.plausible import day_in
from wss_cases.roster.calendar.importing.events import Event, EventKind

FIRST, LAST = "first_day", "last_day"
Answers = dict[str, str]
"""What each event is by `field_of`, and the days given beside them ('' where none is)."""


def field_of(event: Event) -> str:
    """Return the name of an event's answer."""
    return f"event{event.row}"


def answers_of(events: Iterable[Event], first: date | None, last: date | None) -> Answers:
    """Return the answers as they stand."""
    days = {name: day.isoformat() if day else "" for name, day in ((FIRST, first), (LAST, last))}
    return days | {field_of(event): event.taken_for.value for event in events}


def changed(shown: Mapping[str, str], sent: Mapping[str, str]) -> Answers:
    """Return what somebody changed of what their page showed."""
    return {name: value for name, value in sent.items() if value != shown.get(name)}


def conflicts(stored: Mapping[str, str], shown: Mapping[str, str], sent: Mapping[str, str]) -> list[str]:
    """Return the answers that two people changed since a page was shown, and not to the same."""
    mine = changed(shown, sent)
    return [name for name, value in mine.items() if stored.get(name) not in (shown.get(name), value)]


def decided(events: Iterable[Event], said: Mapping[str, str], by: str, *, settle: bool) -> list[Event]:
    """Return the events as a person answered; `settle`: what was open and left so is decided by them as well."""
    found = []
    for event in events:
        kind = EventKind(said.get(field_of(event), event.taken_for))
        changes = kind is not event.taken_for or (settle and event.is_open)
        found.append(replace(event, decided=kind, by=by) if changes else event)
    return found


def day_of(said: Mapping[str, str], name: str, standing: date | None) -> date | None:
    """Return a day that was given, or the standing one where nothing was changed."""
    if name not in said:
        return standing
    return day_in(said[name]) if said[name] else None


def read_answers(text: str) -> Answers:
    """Return the answers of a page's hidden field; none where it is not what the page wrote."""
    try:
        held = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in held.items()} if isinstance(held, dict) else {}


def written_answers(answers: Answers) -> str:
    """Return answers as a page's hidden field holds them."""
    return json.dumps(answers, separators=(",", ":"))
