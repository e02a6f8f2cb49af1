"""Today by person: everything due about one person stands under their name, with whom to call and one visit."""

from collections.abc import Sequence
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.followups.about.presenters import block
from wss_cases.followups.about.queries import About
from wss_cases.foundation.i18n import ngettext
from wss_cases.workday.my_day.due import Item
from wss_cases.workday.my_day.presenters import due_row

MOST_PEOPLE, MOST_THINGS = 20, 60
"""What the page shows, and what it looks at for it: the oldest due; more is a line that leads to the whole list."""


def by_person(
    items: Sequence[Item], count: int, actor: Actor, whom: dict[int, About], most: int = MOST_PEOPLE
) -> dict[str, Any]:
    """Return what is due, under the names of whom it is about; what names nobody or several stands by itself.

    `whom` says of the first MOST_THINGS whom each is about, `count` how many there are. Whoever is longest overdue
    comes first.
    """
    looked_at = list(items[:MOST_THINGS])
    groups: dict[tuple[str, int], list[Item]] = {}
    for item in looked_at:
        person = whom[item.row.id].person
        groups.setdefault((person, 0) if person else ("", item.row.id), []).append(item)
    blocks = [_block(person, things, actor, whom) for (person, _alone), things in groups.items()]
    shown = blocks[:most]
    things = sum(len(block["things"]) for block in shown)
    people = {person for person, _alone in groups if person}
    return {"blocks": shown, "count": count, "more": max(count - things, 0), "words": _count_words(people, count)}


def _count_words(people: set[str], things: int) -> str:
    named = ngettext("%(num)d person", "%(num)d people", len(people)) if people else ""
    return ", ".join(part for part in (named, ngettext("%(num)d thing", "%(num)d things", things)) if part)


def _block(person: str, things: list[Item], actor: Actor, whom: dict[int, About]) -> dict[str, Any]:
    first = whom[things[0].row.id]
    if not person:
        [item] = things
        return {"who": "", "things": [due_row(item, actor, first)]}
    lines = [row | {"href": row["act"]} for row in (due_row(item, actor) for item in things)]
    return block([item.row.id for item in things], things[0].due, whom, lines)
