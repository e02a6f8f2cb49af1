"""Today by person: everything due about one person stands under their name, with whom to call and one visit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.followups.about import About, Named, about, block, named_in, person_key
from wss_cases.foundation.i18n import ngettext
from wss_cases.workday.my_day.due import Item
from wss_cases.workday.my_day.presenters import due_row

MOST_PEOPLE, MOST_THINGS = 20, 60
"""What the page shows, and what it looks at for it: the oldest due; more is a line that leads to the whole list."""


@dataclass(frozen=True)
class People:
    """What is due, together by whom it is about; of these groups the first `most` are shown."""

    groups: Sequence[Sequence[Item]]
    names: frozenset[str]
    most: int

    @property
    def shown(self) -> Sequence[Sequence[Item]]:
        """The groups of which the page says more than how many there are."""
        return self.groups[: self.most]


def told(actor: Actor, *parts: tuple[Sequence[Item], int]) -> tuple[list[People], dict[int, About]]:
    """Return these parts of what is due by whom each thing is about, and of what is shown of them whom to call.

    Each part comes with how many groups of it are shown; the first MOST_THINGS of it are looked at. Students of one
    name are told apart from all of them.
    """
    looked_at = [(items[:MOST_THINGS], most) for items, most in parts]
    named = named_in([item.row for items, _most in looked_at for item in items])
    found = [_grouped(items, named, most) for items, most in looked_at]
    shown = [item.row for part in found for group in part.shown for item in group]
    rest = [item.row for part in found for group in part.groups[part.most :] for item in group]
    return found, about(actor, shown, call=True, named=named, beside=rest)


def _grouped(items: Sequence[Item], named: Named, most: int) -> People:
    """What names nobody or several stands by itself; whoever is longest overdue comes first."""
    groups: dict[tuple[str, int], list[Item]] = {}
    for item in items:
        person = person_key(named[item.row.id][0]) if item.row.id in named else ""
        groups.setdefault((person, 0) if person else ("", item.row.id), []).append(item)
    return People(list(groups.values()), frozenset(person for person, _alone in groups if person), most)


def by_person(part: People, count: int, actor: Actor, whom: dict[int, About]) -> dict[str, Any]:
    """Return what is due, under the names of whom it is about; `count` is how many things there are."""
    blocks = [_block(things, actor, whom) for things in part.shown]
    things = sum(len(group) for group in part.shown)
    return {"blocks": blocks, "count": count, "more": max(count - things, 0), "words": _count_words(part.names, count)}


def _count_words(people: Collection[str], things: int) -> str:
    named = ngettext("%(num)d person", "%(num)d people", len(people)) if people else ""
    return ", ".join(part for part in (named, ngettext("%(num)d thing", "%(num)d things", things)) if part)


def _block(things: Sequence[Item], actor: Actor, whom: dict[int, About]) -> dict[str, Any]:
    first = whom[things[0].row.id]
    if not first.person:
        [item] = things
        return {"who": "", "things": [due_row(item, actor, first)]}
    lines = [row | {"href": row["act"]} for row in (due_row(item, actor) for item in things)]
    return block([item.row.id for item in things], things[0].due, whom, lines)
