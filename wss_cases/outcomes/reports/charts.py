"""Figures in the form that charts and tables of a page need: labels, links, tones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from wss_cases.foundation.clock import school_year
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import weekday_name
from wss_cases.incidents.lists import A_MONDAY, month_words
from wss_cases.outcomes.counting.daily_figures.actions import breakdowns
from wss_cases.outcomes.counting.repair.police import LAW_NOT_CONFIRMED, NOT_CONFIRMED, NOT_CONFIRMED_LABELS
from wss_cases.outcomes.counting.repair.queries import AGREEING, AGREEMENT_STEPS
from wss_cases.outcomes.counting.scope.pages import Shown, address_by_key
from wss_cases.outcomes.counting.scope.rules import Count, Scope, Share, outlier, years_between
from wss_cases.outcomes.counting.totals import Core, Repair
from wss_cases.outcomes.published.queries import (
    FOLLOW_UP_LABELS,
    HISTORY_LABELS,
    REMARKABLE_YEARS,
    STEP_LABELS,
    Figures,
    Live,
    SchoolYear,
)
from wss_cases.routing.engine.vocabulary import Pathway
from wss_cases.safeguards.discipline.consequences import ConsequenceKind
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.police.review.models import NotificationGround

LONGEST = 10
BASES = {
    "proposed": "incidents",
    "offered": "proposed",
    "accepted": "offered",
    "held": "accepted",
    "agreement": "circles_held",
    "kept": "agreement",
}
"""Each step of the funnel with the step that it is a share of."""
Point = dict[str, Any]


def month_rows(core: Core, page: Shown) -> list[Point]:
    """The months with their rate and its parts, each linked to its incidents."""
    return [
        {
            "label": month_words(month.first),
            "value": month.rate,
            "figure": None if month.rate is None else f"{month.rate:.2f}",
            "incidents": month.incidents,
            "school_days": month.school_days,
            "students": month.students,
            "href": page.incidents(month=f"{month.first:%Y-%m}") if month.incidents else None,
        }
        for month in core.months
        if month.school_days or month.incidents
    ]


def breakdown_rows(core: Core, page: Shown) -> dict[str, list[Point]]:
    """Each breakdown's bars, linked to their incidents; long lists end with one row for all others."""
    return {part: bars(part, rows, LONGEST, page.incidents) for part, rows in breakdowns(core.parts).items()}


def bar(label: str, value: Any, tone: str, **more: Any) -> Point:
    """One bar of a chart."""
    return {"label": label, "value": value, "tone": tone, **more}


def bars(part: str, rows: list[Count], longest: int, link: Callable[..., str | None]) -> list[Point]:
    """The bars of one breakdown, each linked to its incidents. A code list longer than `longest` ends with one bar for
    all others."""
    is_long = part in ("behavior", "place") and len(rows) > longest + 1
    first, rest = (rows[:longest], rows[longest:]) if is_long else (rows, [])
    shown, address = [], address_by_key(part, link)
    for row in first:
        href = address(row.key or "none") if row.number and (row.key or part == "group") else None
        # in a sentence Spanish writes days of the week without a capital
        spoken = weekday_name(A_MONDAY + timedelta(days=int(row.key))) if part == "weekday" else row.label
        shown.append(bar(row.label, row.number, "teal" if row.key else "slate", href=href, said=spoken))
    number = sum(row.number for row in rest)
    return [*shown, bar(_("All others"), number, "slate")] if number else shown


def most(rows: list[Point]) -> str | None:
    """The phrase for the single largest row of a breakdown; None without one, or when two are equal."""
    known = sorted((row for row in rows if row["tone"] == "teal"), key=lambda row: -int(row["value"]))
    if not known or not known[0]["value"] or (len(known) > 1 and known[0]["value"] == known[1]["value"]):
        return None
    return str(known[0]["said"])


def funnel_rows(total: int, repair: Repair, pathway: str, page: Shown) -> list[Point]:
    """The steps of one pathway ('' is any) as bars, each linked to its incidents."""
    steps = {"incidents": total, **repair.funnel.get(pathway or "any", {})}
    steps["circles_held"] = repair.funnel.get(Pathway.CIRCLE.value, {}).get("held", 0)
    rows: list[Point] = []
    for step, label in STEP_LABELS.items():
        if step in AGREEMENT_STEPS and (pathway or "any") not in AGREEING:
            continue  # this pathway leads to no agreement
        number, base = steps.get(step, 0), BASES.get(step)
        if step == "incidents":
            href = page.incidents() if total else None
        else:
            href = page.behind("funnel", step=step, choice=pathway or None) if number else None
        note = _of_before(Share(number, steps.get(base, 0)), base) if base else None
        rows.append(bar(str(label), number, "moss" if step == "kept" else "teal", href=href, note=note))
    return rows


def _of_before(share: Share, base: str) -> str | None:
    """A step as a share of the step before it, with the numbers of both bars."""
    if share.percent is None:
        return None
    numbers = {"percent": f"{share.percent:.0f}%", "part": f"{share.part:,}", "whole": f"{share.whole:,}"}
    if base == "circles_held":
        return _("%(percent)s: %(part)s of %(whole)s with a circle or conference held", **numbers)
    return _("%(percent)s: %(part)s of %(whole)s", **numbers)


def pathway_choices(repair: Repair) -> list[tuple[str, str]]:
    """(pathway, label) of the pathways of this period, and of any."""
    used = [(name, str(words)) for name, words in Pathway.labels().items() if name in repair.funnel]
    return [("", _("Any pathway")), *used]


def contact_rows(repair: Repair) -> list[Point]:
    """How soon people harmed were contacted."""
    words = (_("Same day"), _("1 school day"), _("2 school days"), _("3 to 5 school days"), _("6 school days or more"))
    reach = repair.reach
    rows = [
        bar(label, number, "moss" if place < 2 else "teal")
        for place, (label, number) in enumerate(zip(words, reach.bands, strict=True))
    ]
    return [*rows, bar(_("Not reached"), reach.of_all - sum(reach.bands), "brick")]


def follow_up_rows(repair: Repair, page: Shown) -> list[Point]:
    """The share done on time, and of how many, for the most frequent kinds of follow-up; all others in one row."""
    most_due = sorted(repair.follow_ups.items(), key=lambda pair: -pair[1].whole)
    several = len(most_due) > LONGEST + 1
    rows = [
        _share_row(str(FOLLOW_UP_LABELS.get(kind, FOLLOW_UP_LABELS["other"])), share)
        | {"href": page.behind("follow_ups", choice=kind)}
        for kind, share in (most_due[:LONGEST] if several else most_due)
    ]
    rest = [share for _kind, share in most_due[LONGEST:]] if several else []
    others = Share(sum(count.part for count in rest), sum(count.whole for count in rest))
    return [*rows, _share_row(_("All others"), others) | {"tone": "slate"}] if rest else rows


def _share_row(label: str, share: Share) -> Point:
    return {
        "label": label,
        "value": share.percent,
        "figure": f"{share.percent or 0:.0f}%",
        "note": _("%(part)s of %(whole)s", part=share.part, whole=share.whole),
    }


def removal_rows(repair: Repair, page: Shown) -> list[Point]:
    """Removals and police notifications: instances and students, each linked to its list."""
    rows: list[Point] = []
    for kind in DisciplineKind:
        instances, students = repair.removals.get(kind.value, (0, 0))
        href = page.behind("removals", choice=kind.value) if instances else None
        rows.append({"label": DisciplineKind(kind).label, "instances": instances, "students": students, "href": href})
    for door in NotificationGround:
        number = repair.police.by_door.get(door, 0)
        href = page.behind("notifications", choice=door.value) if number else None
        label = _("Police notification: %(door)s", door=NotificationGround(door).label)
        rows.append({"label": label, "instances": number, "students": None, "href": href})
    police = repair.police
    for choice, number in ((NOT_CONFIRMED, police.unconfirmed), (LAW_NOT_CONFIRMED, police.law_unconfirmed)):
        href = page.behind("notifications", choice=choice) if number else None
        rows.append({"label": NOT_CONFIRMED_LABELS[choice], "instances": number, "students": None, "href": href})
    for label, number, different, name in (
        (_("Police notifications, all"), police.instances, police.students, "notifications"),
        (_("Police-notification reviews refused"), police.refused, None, "refusals"),
    ):
        href = page.behind(name) if number else None
        rows.append({"label": label, "instances": number, "students": different, "href": href})
    return rows


def consequence_rows(counts: Mapping[str, tuple[int, int]]) -> list[Point]:
    """The minor consequences given; kinds without any are left out. They link to no list of children."""
    return [
        {"label": label, "instances": counts[kind][0], "students": counts[kind][1], "href": None}
        for kind, label in ConsequenceKind.labels().items()
        if kind in counts
    ]


def year_points(metric: str, published: Mapping[str, Figures], live: Live, scope: Scope) -> list[Point]:
    """One point per school year from the first known to the current one; None is a gap with a note.

    Only whole years of the same kind of count are joined by a line: published years and years counted here are
    separate, and so are parts of a year and whole years.
    """
    known = [*published, *live.figures]
    if not known:
        return []
    current = school_year(scope.today)
    years = years_between(min(known), max(*known, current))
    values = [(published.get(year) or live.figures.get(year) or {}).get(metric) for year in years]
    far = outlier(values)
    points: list[Point] = []
    for place, (year, value) in enumerate(zip(years, values, strict=True)):
        note, figure = str(REMARKABLE_YEARS.get(year, "")), None
        whole = year in published or (year in live.figures and live.is_whole(year, scope.today))
        if value is None:
            note = "" if place and values[place - 1] is None else gap_words(year, published)
        elif place == far:
            note = _("far above every other year")
        elif year not in published and year == current:
            figure = _("%(number)s so far", number=f"{value:,}")
        elif not whole and live.begun is not None:
            note = _("from %(month)s on", month=month_words(live.begun))
        before = years[place - 1] if place else None
        joined = before is not None and whole and ((year in published) is (before in published))
        joined = joined and (before in published or live.is_whole(before or year, scope.today))
        is_far = value is not None and place == far
        points.append(
            {
                "year": year, "label": year.replace("-", "–"), "value": value, "figure": figure, "note": note,
                "mark": is_far, "joined": joined,
            }
        )  # fmt: skip
    return points


def gap_words(year: str, published: Collection[str]) -> str:
    """Why a year has no figure: it is not published, or it is before this system's records."""
    return _("not published") if published and year <= max(published) else _("not recorded")


def year_notes(metric: str, published: Mapping[str, int], live: Live, today: date) -> str:
    """The notes of a chart of years: this year so far beside the same days a year before, and the number of schools in
    each year. `published` are the schools of each published year."""
    words = []
    current = school_year(today)
    if current in live.figures:
        numbers = {"year": current.replace("-", "–"), "number": _count(live.figures[current][metric])}
        ago = _("not recorded") if live.ago is None else _count(live.ago[metric])
        words.append(_("So far in %(year)s: %(number)s; the same days a year before: %(ago)s.", **numbers, ago=ago))
    schools = sorted((year, number) for year, number in {**published, **live.schools}.items() if number)
    if len(schools) > 1:
        words.append(_("Schools with figures in each year: %(schools)s.", schools="; ".join(_runs(schools))))
    return " ".join(words)


def _runs(schools: Sequence[tuple[str, int]]) -> list[str]:
    """The number of schools in each year; consecutive years with the same number are combined."""
    runs: list[tuple[str, str, int]] = []
    for year, number in schools:
        first, last, before = runs[-1] if runs else ("", "", None)
        if number == before and years_between(last, year) == [last, year]:
            runs[-1] = (first, year, number)
        else:
            runs.append((year, year, number))
    return [
        f"{first}: {number:,}" if first == last else _("%(first)s to %(last)s: %(number)s", **_run(first, last, number))
        for first, last, number in ((run.replace("-", "–"), two.replace("-", "–"), n) for run, two, n in runs)
    ]


def _run(first: str, last: str, number: int) -> dict[str, str]:
    return {"first": first, "last": last, "number": f"{number:,}"}


def _count(number: int | float | None) -> str:
    return "–" if number is None else f"{number:,}"


def trend_title(metric: str, points: list[Point], published: Collection[str]) -> str:
    """The sentence that a chart of years proves, from the first to the last published year.

    The figures counted here cover other schools in another way, so no sentence compares across that gap.
    """
    label = str(HISTORY_LABELS[metric])
    whole = [point for point in points if point["value"] is not None and point["year"] in published]
    if len(whole) < 2:
        return _("%(what)s by school year", what=label)
    first, last = whole[0], whole[-1]
    words = {"what": label, "before": f"{first['value']:,}", "first": first["label"]}
    words |= {"after": f"{last['value']:,}", "last": last["label"]}
    if last["value"] < first["value"]:
        return _("%(what)s fell from %(before)s in %(first)s to %(after)s in %(last)s", **words)
    if last["value"] > first["value"]:
        return _("%(what)s rose from %(before)s in %(first)s to %(after)s in %(last)s", **words)
    return _("%(what)s: %(before)s in both %(first)s and %(last)s", **words)


def figures_of(years: Mapping[str, SchoolYear]) -> dict[str, Figures]:
    """The figures of a school's published years."""
    return {year: school_year_row.figures for year, school_year_row in years.items()}
