"""The figures of the first outcomes page, each beside the same days of the year before, and whether it moved.

The figures: is harm repaired, who is not reached yet, who is removed or met by the police.

Shares: the interval of the difference by Newcombe's hybrid of two Wilson scores (Statistics in Medicine 17, 1998,
method 10). Numbers of students or notifications: given both years together, those of this year are a share of them, and
what is expected of it follows from the students of both years (Przyborowski and Wilenski, Biometrika 31, 1940), by the
Wilson interval. Both at 95 percent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

from flask import url_for
from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import Labelled, _, _l, ngettext
from wss_cases.outcomes.counting.cache import cached_count, read_ahead, stored_key
from wss_cases.outcomes.counting.measures import WINDOWS, too_recent_words
from wss_cases.outcomes.counting.repair.offers import Offers, offers, offers_asked
from wss_cases.outcomes.counting.repair.police import OTHERS, Police, apart_words, police
from wss_cases.outcomes.counting.repair.queries import STILL_OPEN, Harms, harms, removed
from wss_cases.outcomes.counting.scope.pages import Shown
from wss_cases.outcomes.counting.scope.queries import (
    PreparedOfScope,
    by_days,
    enrolled_asked,
    enrolled_on,
    first_year_key,
    read_together,
    recorded_year_before,
)
from wss_cases.outcomes.counting.scope.rules import Scope, Share, per, reference_day, year_before
from wss_cases.outcomes.equity.pages import compared, meaning, pooled
from wss_cases.outcomes.equity.queries import FAMILIES, STAGE_LABELS, stored_keys, tables_for
from wss_cases.outcomes.equity.rules import Table, meaning_of, settled
from wss_cases.outcomes.reports.charts import Point, bar
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineAction


@dataclass(frozen=True)
class Answers:
    """The figures of one period. `removed`: different students removed in any way. `students`: enrolled on the period's
    last school day."""

    harms: Harms
    offers: Offers
    removals: int
    removed: int
    police: Police
    students: int


@cached_count("removed_students", version=2, depends_on=by_days)
def removed_in_any_way(actor: Actor, scope: Scope) -> tuple[int, int]:
    """(removals of any kind, different students in them)."""
    row = _REMOVED.row(actor, scope)
    return row[0], row[1]


_REMOVED = PreparedOfScope(
    lambda actor, scope: (
        select(func.count(), func.count(DisciplineAction.student_id.distinct()))
        .select_from(DisciplineAction)
        .where(*removed(actor, scope))
    )
)


def read_answers_ahead(actor: Actor, scope: Scope, days: SchoolDays) -> None:
    """Read the stored figures of the first page and its groups, this year and the year before, in one statement."""
    counts, periods = (harms, offers, police, removed_in_any_way), (scope, year_before(scope, days))
    keys = [stored_key(count, actor, period) for period in periods for count in counts]
    keys += [stored_key(enrolled_on, actor, period, [reference_day(period, days)]) for period in periods]
    counted = _counted_for_groups(scope)
    read_ahead([*keys, first_year_key(actor, scope.school_id), *(stored_keys(counted) if counted else ())])


def answers_of(actor: Actor, scope: Scope, days: SchoolDays) -> Answers:
    """The figures of a period. `days` are the school days of its school or district."""
    day = reference_day(scope, days)
    if by_days(actor, scope) is None:
        read_together(actor, scope, [_REMOVED.asked(), offers_asked(scope), OTHERS.asked(), enrolled_asked([day])])
    removals, students = removed_in_any_way(actor, scope)
    return Answers(
        harms=harms(actor, scope),
        offers=offers(actor, scope),
        removals=removals,
        removed=students,
        police=police(actor, scope),
        students=enrolled_on(actor, scope, [day])[0],
    )


def answers_before(actor: Actor, scope: Scope, days: SchoolDays) -> Answers | None:
    """The figures of the same days of the year before; None where nothing was recorded then."""
    earlier = recorded_year_before(actor, scope)
    return answers_of(actor, earlier, days) if earlier is not None else None


def groups_of(actor: Actor, scope: Scope) -> Mapping[str, Table]:
    """Each kind of group's table, counted to the end of the last month; empty for a network, which has no such
    tables."""
    counted = _counted_for_groups(scope)
    return tables_for(actor, counted) if counted else {}


def _counted_for_groups(scope: Scope) -> Scope | None:
    return settled(scope, school_days(None)) if scope.network is None else None


LEAST: Final = 10
"""Cases, incidents or students needed to name a direction."""
NORMAL: Final = NormalDist().inv_cdf(0.975)


class Change(Labelled):
    """How a figure moved: clearly up or down, not clearly, too few to tell, or no record to compare with."""

    UP = "up", _l("Higher than a year ago; the change is statistically clear.")
    DOWN = "down", _l("Lower than a year ago; the change is statistically clear.")
    NOT_CLEAR = "not_clear", _l("No statistically clear change from a year ago.")
    TOO_FEW = "too_few", _l("Too few to tell a change from a year ago.")
    NOT_RECORDED = "not_recorded", _l("A year ago is not recorded, so no change can be told.")


def change_of_share(now: Share, before: Share | None) -> Change:
    """How a share moved. `before` is None where the year before was not recorded."""
    if before is None:
        return Change.NOT_RECORDED
    if min(now.whole, before.whole) < LEAST:
        return Change.TOO_FEW
    low, high = difference(now, before)
    if low > 0:
        return Change.UP
    return Change.DOWN if high < 0 else Change.NOT_CLEAR


def difference(share: Share, other: Share) -> tuple[float, float]:
    """The 95 % interval of the first share minus the second. Neither `whole` may be zero."""
    low, high = wilson(share)
    other_low, other_high = wilson(other)
    rate, other_rate = share.part / share.whole, other.part / other.whole
    between = rate - other_rate
    return (
        between - sqrt((rate - low) ** 2 + (other_high - other_rate) ** 2),
        between + sqrt((high - rate) ** 2 + (other_rate - other_low) ** 2),
    )


def change_of_number(now: Share, before: Share | None) -> Change:
    """How a number per student moved. `part` is the number, `whole` the students."""
    if before is None:
        return Change.NOT_RECORDED
    both = Share(now.part, now.part + before.part)
    if both.whole < LEAST or not now.whole or not before.whole:
        return Change.TOO_FEW
    expected = now.whole / (now.whole + before.whole)
    low, high = wilson(both)
    if low > expected:
        return Change.UP
    return Change.DOWN if high < expected else Change.NOT_CLEAR


def wilson(share: Share) -> tuple[float, float]:
    """Wilson's 95 % interval of a share whose `whole` is not zero."""
    size, rate = share.whole, share.part / share.whole
    middle = rate + NORMAL**2 / (2 * size)
    half = NORMAL * sqrt(rate * (1 - rate) / size + NORMAL**2 / (4 * size**2))
    return (middle - half) / (1 + NORMAL**2 / size), (middle + half) / (1 + NORMAL**2 / size)


REACH = ("offered", "accepted", "held")
"""The stages at which a restorative pathway reaches someone."""


@dataclass(frozen=True)
class Answer:
    """One sentence of the page. `sure` says its direction and how sure it is; `rows` are its chart, `links` its list
    and page."""

    name: str
    sentence: str
    sure: list[str]
    chart: str
    rows: list[Point]
    heads: tuple[str, str]
    links: list[tuple[str, str]]
    cap: int | None = None


def answers(page: Shown, now: Answers, before: Answers | None, groups: Mapping[str, Table]) -> list[Answer]:
    return [_repaired(page, now, before), _reached(page, now, before, groups), _removed(page, now, before)]


def _repaired(page: Shown, now: Answers, before: Answers | None) -> Answer:
    ago = _("not recorded")
    if before is not None:
        ago = _(
            "%(repaired)s of %(of)s, partly %(partly)s",
            repaired=f"{before.harms.repaired:,}", of=f"{before.harms.of:,}", partly=f"{before.harms.partly:,}",
        )  # fmt: skip
    sentence = ngettext(
        "Harm repaired: %(repaired)s of %(num)s case, partly %(partly)s; a year ago: %(ago)s",
        "Harm repaired: %(repaired)s of %(num)s cases, partly %(partly)s; a year ago: %(ago)s",
        now.harms.of, repaired=f"{now.harms.repaired:,}", partly=f"{now.harms.partly:,}", ago=ago,
    )  # fmt: skip
    parts: tuple[tuple[str, str, str], ...] = (
        (_("Repaired"), "repaired", "moss"),
        (_("Partly repaired"), "partly", "sun"),
    )
    open_words = _("Still open after %(days)s school days", days=WINDOWS["repaired"])
    parts += ((_("Not repaired"), "not_repaired", "brick"), (open_words, STILL_OPEN, "brick"))
    rows = [
        row
        for label, name, tone in parts
        for row in _beside(label, getattr(now.harms, name), getattr(before.harms, name) if before else None, tone)
    ]
    return Answer(
        "repair",
        sentence,
        [
            change_of_share(now.harms.share, before.harms.share if before else None).label,
            *([too_recent_words(now.harms.too_recent)] if now.harms.too_recent else []),
        ],
        _("Cases with a person harmed, opened at least %(days)s school days ago", days=WINDOWS["repaired"]),
        rows,
        (_("Closed as"), _("Cases")),
        _links((_("List of these cases"), page.behind("harms")), (_("How harm was repaired"), page.at("repair"))),
    )


def _reached(page: Shown, now: Answers, before: Answers | None, groups: Mapping[str, Table]) -> Answer:
    offered, offered_before = now.offers.share, before.offers.share if before else None
    missed, ago = offered.whole - offered.part, _("not recorded")
    if offered_before is not None:
        part = offered_before.whole - offered_before.part
        ago = _("%(part)s of %(whole)s", part=f"{part:,}", whole=f"{offered_before.whole:,}")
    sentence = ngettext(
        "Who it does not reach yet: %(missed)s of %(num)s incident without an offer to repair; a year ago: %(ago)s",
        "Who it does not reach yet: %(missed)s of %(num)s incidents without an offer to repair; a year ago: %(ago)s",
        offered.whole, missed=f"{missed:,}", ago=ago,
    )  # fmt: skip
    change = change_of_share(offered, offered_before)
    rows = [
        _percent_bar(_("Incidents with an offer"), offered, "teal"),
        _percent_bar(_("The same days a year ago"), offered_before, "slate"),
    ]
    return Answer(
        "reach",
        sentence,
        [
            _("Share with an offer: %(change)s", change=change.label),
            *_beside_offers(now.offers),
            *_groups(page, groups),
        ],
        _("Share of incidents at least %(days)s school days old with an offer to repair", days=WINDOWS["offered"]),
        rows,
        (_("When"), _("With an offer, in percent")),
        _links(
            (_("List of incidents without an offer"), page.behind("unoffered") if missed else None),
            (_("School by school"), page.schools("offered")),
            (_("Equity at every stage"), url_for("outcomes.equity.table", year=page.scope.year)),
        ),
        cap=100,
    )


def _beside_offers(counted: Offers) -> list[str]:
    """The sentences about incidents too young to tell, and about the reports that need no offer, with their share."""
    words = [too_recent_words(counted.too_recent)] if counted.too_recent else []
    apart = {"unfounded": counted.unfounded, "withdrawn": counted.withdrawn, "duplicates": counted.duplicates}
    if any(apart.values()):
        shares = {name: _of_reports(Share(number, counted.reports)) for name, number in apart.items()}
        sentence = ngettext(
            "Left out, of %(num)s report: %(unfounded)s unfounded, %(withdrawn)s withdrawn, %(duplicates)s duplicate",
            "Left out, of %(num)s reports: %(unfounded)s unfounded, %(withdrawn)s withdrawn, %(duplicates)s duplicate",
            counted.reports, **shares,
        )  # fmt: skip
        words.append(sentence)
    return words


def _of_reports(share: Share) -> str:
    return f"{share.part:,} ({share.percent or 0:.0f}%)"


def _groups(page: Shown, groups: Mapping[str, Table]) -> list[str]:
    """Sentences that name the groups clearly less likely to be reached, and those too small to show."""
    if page.scope.network is not None:
        return [_("Groups are counted for a school or the whole district, not for a network.")]
    rows = [row for family, table in groups.items() for row in compared(family, table, REACH)]
    if not rows:
        return [_("Differences between groups of students: too few to show.")]
    less = [
        f"{group}, {STAGE_LABELS[stage]}: {meaning(against)}"
        for group, stage, against in rows
        if against is not None and meaning_of(against.ratio) == "less"
    ]
    alone = [name for family, table in groups.items() for name in pooled(family, table)]
    hidden = [str(FAMILIES[family][0]) for family, table in groups.items() if "offered" not in table.stages]
    words = less or [_("No group that is shown is clearly reached less often than all others.")]
    if alone:
        words.append(_("Too few to show alone: %(names)s", names=", ".join(alone)))
    return [*words, _("Too few to show: %(names)s", names=", ".join(hidden))] if hidden else words


def _removed(page: Shown, now: Answers, before: Answers | None) -> Answer:
    sentence = _(
        "Removals and police: %(now)s; a year ago: %(ago)s",
        now=_acts(now), ago=_acts(before) if before else _("not recorded"),
    )  # fmt: skip
    removed = change_of_number(
        Share(now.removed, now.students), Share(before.removed, before.students) if before else None
    )
    change = change_of_number(
        Share(now.police.students, now.students), Share(before.police.students, before.students) if before else None
    )
    rows = [
        *_beside(_("Removals"), now.removals, before.removals if before else None, "brick", now, before, 100),
        *_beside(
            _("Police notifications"),
            now.police.instances,
            before.police.instances if before else None,
            "brick",
            now,
            before,
            1000,
        ),
    ]
    return Answer(
        "removals",
        sentence,
        [
            _("Students removed: %(change)s", change=removed.label),
            _("Students in police notifications: %(change)s", change=change.label),
            apart_words(now.police.unconfirmed, now.police.law_unconfirmed),
        ],
        _("Removals and police notifications, this year and the same days a year ago"),
        rows,
        (_("What"), _("Instances")),
        _links(
            (_("List of removals"), page.behind("removals") if now.removals else None),
            (_("List of police notifications"), page.behind("notifications") if now.police.instances else None),
            (_("Removals and police in full"), page.at("removals")),
        ),
    )


def _acts(figures: Answers) -> str:
    removals = ngettext("%(num)s removal", "%(num)s removals", figures.removals)
    police = ngettext("%(num)s police notification", "%(num)s police notifications", figures.police.instances)
    return _(
        "%(removals)s and %(police)s, %(avoidable)s avoidable",
        removals=removals, police=police, avoidable=f"{figures.police.avoidable:,}",
    )  # fmt: skip


def _beside(
    label: str,
    number: int,
    ago: int | None,
    tone: str,
    now: Answers | None = None,
    before: Answers | None = None,
    base: int = 0,
) -> list[Point]:
    """Two bars: a number and the same number a year ago. With a base, each bar shows its rate."""
    words = _("%(what)s, a year ago", what=label)
    return [
        bar(label, number, tone, note=_rate(number, now, base)),
        bar(words, ago, "slate", note=_("not recorded") if ago is None else _rate(ago, before, base)),
    ]


def _rate(number: int, figures: Answers | None, base: int) -> str | None:
    rate = per(number, figures.students, base) if figures and base else None
    if rate is None:
        return None
    if base == 1000:
        return _("%(rate)s per 1,000 students", rate=f"{rate:.2f}")
    return _("%(rate)s per 100 students", rate=f"{rate:.2f}")


def _percent_bar(label: str, share: Share | None, tone: str) -> Point:
    if share is None:
        return bar(label, None, tone, note=_("not recorded"))
    if share.percent is None:
        return bar(label, None, tone, note=_("no incidents"))
    note = _("%(part)s of %(whole)s", part=f"{share.part:,}", whole=f"{share.whole:,}")
    return bar(label, share.percent, tone, figure=f"{share.percent:.0f}%", note=note)


def _links(*links: tuple[str, str | None]) -> list[tuple[str, str]]:
    return [(words, href) for words, href in links if href is not None]
