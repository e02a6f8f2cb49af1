"""Restorative, police, or neither: the figure of two years, what became of the incidents, and its table."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import HarmedSays
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.outcomes.counting.cache import Values, cached_count
from wss_cases.outcomes.counting.measures import MEASURES
from wss_cases.outcomes.counting.repair.mission import (
    LOWEST_GROUP,
    Answered,
    Mission,
    Way,
    beside_ways,
    chosen_words,
    members,
    mission,
    mission_key,
    shown_ways,
    ways_of_people,
)
from wss_cases.outcomes.counting.scope.queries import recorded_year_before
from wss_cases.outcomes.counting.scope.rules import FEWEST, Piece, Scope, Share, shown_share
from wss_cases.outcomes.reports.cases import windows_over
from wss_cases.outcomes.reports.charts import Point, bar
from wss_cases.roster.directory.rules import SchoolDays

WINDOW: Final = 90
"""School days attended in which another incident is looked for."""
TONES: Final = {Way.RESTORATIVE: "moss", Way.BOTH: "sun", Way.POLICE: "brick"}
Behind = Callable[..., str | None]


@dataclass(frozen=True)
class MissionYear:
    """One year's figure. `again` has, by way, the finished windows with another incident of all finished ones; a way is
    missing where the share could point to one student."""

    mission: Mission
    again: dict[str, Share]


def mission_year(actor: Actor, scope: Scope, days: SchoolDays, tells: bool) -> MissionYear:
    """The figure of a scope. `tells`: whether the reader may know of wishes (`tells_wishes`)."""
    return MissionYear(mission(actor, scope), repeated(actor, scope, days, tells))


def mission_year_before(actor: Actor, scope: Scope, days: SchoolDays, tells: bool) -> MissionYear | None:
    """The figure of the same days of the year before as it stood a year ago; None where nothing was recorded then."""
    earlier = recorded_year_before(actor, scope)
    return None if earlier is None else mission_year(actor, earlier, days, tells)


def _repeats_key(actor: Actor, scope: Scope, days: SchoolDays, tells: bool) -> Values:
    return mission_key(actor, scope) if tells else None


@cached_count("mission_repeats", version=2, depends_on=_repeats_key)
def repeated(actor: Actor, scope: Scope, days: SchoolDays, tells: bool) -> dict[str, Share]:
    """By way, the windows of WINDOW school days attended with another incident, of those that are over today; without
    the ways of which a small number could be derived."""
    if days.between(scope.first, scope.today) <= WINDOW:
        return {}  # none can be over
    rows = db.session.execute(ways_of_people(actor, scope))
    of_person: dict[int, str] = {row[0]: row[1] for row in rows}
    over: Counter[tuple[str, str | None, int]] = Counter()
    again: Counter[tuple[str, str | None, int]] = Counter()
    every = 0
    for (network, school_id), person, came in windows_over(actor, scope, days, WINDOW):
        every += 1
        over[of_person.get(person, ""), network, school_id] += 1
        again[of_person.get(person, ""), network, school_id] += came
    shares = {way.value: shown_share(_pieces(way, over, again)) for way in shown_ways(tells)}
    return without_rest({way: share for way, share in shares.items() if share is not None}, every)


def _pieces(
    way: Way, over: Mapping[tuple[str, str | None, int], int], again: Mapping[tuple[str, str | None, int], int]
) -> list[Piece]:
    ways = [each.value for each in members(way)]
    schools: dict[str | None, Counter[int]] = {}
    parts: Counter[str | None] = Counter()
    for (name, network, school_id), number in over.items():
        if name in ways:
            schools.setdefault(network, Counter())[school_id] += number
            parts[network] += again[name, network, school_id]
    return [
        Piece(network, sum(each.values()), parts[network], sum(one for one in each.values() if one < FEWEST))
        for network, each in schools.items()
    ]


def without_rest(shares: Mapping[str, Share], every: int) -> dict[str, Share]:
    """The shares that may stand beside the share of all `every` windows: the smallest are left out until what remains
    after subtracting the shown ones is nothing or at least FEWEST."""
    shown = dict(shares)
    while shown and 0 < every - sum(share.whole for share in shown.values()) < FEWEST:
        del shown[min(shown, key=lambda way: (shown[way].whole, way))]
    return shown


def mission_section(
    now: MissionYear, before: MissionYear | None, lowest: int, tells: bool, change: str, behind: Behind
) -> Point:
    """The figure as a page and paper show it: its sentence, chart, table, and what stands beside it."""
    ways = shown_ways(tells)
    return {
        "title": MEASURES["mission"].title,
        "sentence": _sentence(now.mission, before.mission if before else None, ways),
        "others": " · ".join(f"{way.label}: {now.mission.of(way):,}" for way in ways[1:]),
        "change": _("Share restorative only: %(change)s", change=change),
        "chosen": chosen_words(lowest),
        "chart": _chart(now.mission, before.mission if before else None, ways, behind),
        "rows": [_row(way, now, before, behind) for way in ways],
        "beside": _beside(now.mission, before.mission if before else None, beside_ways(tells), behind),
        "tells": tells,
    }


def lowest_group(scope: Scope) -> int:
    return LOWEST_GROUP.on(scope.today)


def _sentence(now: Mission, before: Mission | None, ways: tuple[Way, ...]) -> str:
    ago = _("not recorded")
    if before is not None:
        ago = _("%(part)s of %(whole)s", part=f"{before.of(ways[0]):,}", whole=f"{before.of(*ways):,}")
    return ngettext(
        "Restorative only: %(alone)s of %(num)s incident; a year ago: %(ago)s",
        "Restorative only: %(alone)s of %(num)s incidents; a year ago: %(ago)s",
        now.of(*ways), alone=f"{now.of(ways[0]):,}", ago=ago,
    )  # fmt: skip


def _chart(now: Mission, before: Mission | None, ways: tuple[Way, ...], behind: Behind) -> list[Point]:
    rows: list[Point] = []
    for way in ways:
        ago = before.of(way) if before else None
        rows.append(bar(str(way.label), now.of(way), TONES.get(way, "teal"), href=list_of(now.of(way), way, behind)))
        words = _("%(what)s, a year ago", what=way.label)
        rows.append(bar(words, ago, "slate", note=_("not recorded") if ago is None else None))
    return rows


def list_of(number: int, way: Way, behind: Behind, step: str | None = None) -> str | None:
    """The address of the list behind a number of a way; None where it is zero or the reader has no list."""
    return behind("mission", choice=way.value, step=step) if number else None


def _row(way: Way, now: MissionYear, before: MissionYear | None, behind: Behind) -> Point:
    """A way: its incidents, and what became of them; each with the same of a year ago ('' where not recorded)."""
    here = now.mission.way(way)
    ago = before.mission.way(way) if before else None
    closed = sum(here.said.values())
    again, again_ago = now.again.get(way.value), before.again.get(way.value) if before else None
    return {
        "label": str(way.label),
        "number": here.incidents,
        "href": list_of(here.incidents, way, behind),
        "ago": None if ago is None else ago.incidents,
        "removed": f"{here.removed:,}",
        "removed_href": list_of(here.removed, way, behind, "removed"),
        "removed_ago": "" if ago is None else f"{ago.removed:,}",
        "again": _of(again),
        "again_href": behind("repeats", choice=str(WINDOW), step=way.value) if again else None,
        "again_ago": "" if before is None else _of(again_ago),
        "said": _said(here),
        "said_href": list_of(closed, way, behind, "closed"),
        "said_ago": "" if ago is None else _said(ago),
    }


def _said(answered: Answered) -> str:
    closed = sum(answered.said.values())
    return _of(Share(answered.said.get(HarmedSays.REPAIRED.value, 0), closed) if closed else None)


def _of(share: Share | None) -> str:
    if share is None:
        return "–"
    return _("%(part)s of %(whole)s", part=f"{share.part:,}", whole=f"{share.whole:,}")


def _beside(now: Mission, before: Mission | None, ways: tuple[Way, ...], behind: Behind) -> list[Point]:
    """What is never in the figure: number and list, and the number of a year ago ('' where not recorded); without what
    has no incident in either year."""
    return [
        {
            "label": str(way.label),
            "number": now.of(way),
            "href": list_of(now.of(way), way, behind),
            "ago": "" if before is None else f"{before.of(way):,}",
        }
        for way in ways
        if now.of(way) or (before is not None and before.of(way))
    ]
