"""Figures as the charts and tables of a page want them: words, links, tones."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any

from wss_cases.foundation.clock import school_year
from wss_cases.foundation.dates import weekday_name
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.lists.presenters import A_MONDAY, month_words
from wss_cases.outcomes.counting.daily_figures.presenters import breakdowns
from wss_cases.outcomes.counting.repair.states import NOT_CONFIRMED, NOT_CONFIRMED_LABEL
from wss_cases.outcomes.counting.scope.presenters import Shown
from wss_cases.outcomes.counting.scope.rules import Count, Scope, Share, outlier, years_between
from wss_cases.outcomes.counting.totals.queries import Core, Repair
from wss_cases.outcomes.published.queries import Figures, SchoolYear
from wss_cases.outcomes.published.states import FOLLOW_UP_LABELS, HISTORY_LABELS, REMARKABLE_YEARS, STEP_LABELS
from wss_cases.routing.engine.states import Pathway
from wss_cases.safeguards.discipline.consequences.states import ConsequenceKind
from wss_cases.safeguards.discipline.removals.states import DisciplineKind
from wss_cases.safeguards.police.review.states import NotificationGround

LONGEST = 10
Point = dict[str, Any]


def month_rows(core: Core, page: Shown) -> list[Point]:
    """Return the months with their rate, and what it is made of, each linked to its incidents."""
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
    """Return each breakdown's bars, each linked to its incidents; long lists end with all others as one row."""
    return {part: bars(part, rows, LONGEST, page.incidents) for part, rows in breakdowns(core.parts).items()}


def bar(label: str, value: Any, tone: str, **more: Any) -> Point:
    """Return one bar of a chart."""
    return {"label": label, "value": value, "tone": tone, **more}


def bars(part: str, rows: list[Count], longest: int, link: Callable[..., str | None]) -> list[Point]:
    """Return the bars of one breakdown, each linked to what it stands for; a code list longer than `longest` ends with
    all others as one bar."""
    is_long = part in ("behavior", "place") and len(rows) > longest + 1
    first, rest = (rows[:longest], rows[longest:]) if is_long else (rows, [])
    shown = []
    for row in first:
        href = link(**{part: row.key or "none"}) if row.number and (row.key or part == "group") else None
        # Spanish writes a day of the week without a capital inside a sentence
        spoken = weekday_name(A_MONDAY + timedelta(days=int(row.key))) if part == "weekday" else row.label
        shown.append(bar(row.label, row.number, "teal" if row.key else "slate", href=href, said=spoken))
    number = sum(row.number for row in rest)
    return [*shown, bar(_("All others"), number, "slate")] if number else shown


def most(rows: list[Point]) -> str | None:
    """Return what stands alone at the top of a breakdown, as a sentence says it; None when there is none."""
    known = sorted((row for row in rows if row["tone"] == "teal"), key=lambda row: -int(row["value"]))
    if not known or not known[0]["value"] or (len(known) > 1 and known[0]["value"] == known[1]["value"]):
        return None
    return str(known[0]["said"])


def funnel_rows(total: int, repair: Repair, pathway: str, page: Shown) -> list[Point]:
    """Return the steps of one pathway ('' is any) as bars, each linked to its incidents."""
    steps = repair.funnel.get(pathway or "any", {})
    rows: list[Point] = [
        {"label": STEP_LABELS["incidents"], "value": total, "href": page.incidents() if total else None}
    ]
    for step, label in STEP_LABELS.items():
        if step == "incidents":
            continue
        number = steps.get(step, 0)
        href = page.behind("funnel", step=step, choice=pathway or None) if number else None
        rows.append(bar(label, number, "moss" if step == "kept" else "teal", href=href))
    return rows


def pathway_choices(repair: Repair) -> list[tuple[str, str]]:
    """Return (pathway, words) of the pathways of this period, and of any."""
    used = [(name, str(words)) for name, words in Pathway.labels().items() if name in repair.funnel]
    return [("", _("Any pathway")), *used]


def contact_rows(repair: Repair) -> list[Point]:
    """Return how soon people harmed were reached."""
    words = (_("Same day"), _("1 school day"), _("2 school days"), _("3 to 5 school days"), _("6 school days or more"))
    reach = repair.reach
    rows = [
        bar(label, number, "moss" if place < 2 else "teal")
        for place, (label, number) in enumerate(zip(words, reach.bands, strict=True))
    ]
    return [*rows, bar(_("Not reached"), reach.of_all - sum(reach.bands), "brick")]


def follow_up_rows(repair: Repair, page: Shown) -> list[Point]:
    """Return the share on time, and of how many, of the most frequent kinds of follow-up; all others are one row."""
    most_due = sorted(repair.follow_ups.items(), key=lambda pair: -pair[1].whole)
    several = len(most_due) > LONGEST + 1
    rows = [
        _share_row(str(FOLLOW_UP_LABELS.get(kind, FOLLOW_UP_LABELS["other"])), share)
        | {"href": page.behind("follow_ups", choice=kind)}
        for kind, share in (most_due[:LONGEST] if several else most_due)
    ]
    rest = [share for _kind, share in most_due[LONGEST:]] if several else []
    others = Share(sum(one.part for one in rest), sum(one.whole for one in rest))
    return [*rows, _share_row(_("All others"), others) | {"tone": "slate"}] if rest else rows


def _share_row(label: str, share: Share) -> Point:
    return {
        "label": label,
        "value": share.percent,
        "figure": f"{share.percent or 0:.0f}%",
        "note": _("%(part)s of %(whole)s", part=share.part, whole=share.whole),
    }


def removal_rows(repair: Repair, page: Shown) -> list[Point]:
    """Return removals and police notifications: instances and students, each linked to its list."""
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
    unconfirmed = page.behind("notifications", choice=NOT_CONFIRMED) if police.unconfirmed else None
    rows.append({"label": NOT_CONFIRMED_LABEL, "instances": police.unconfirmed, "students": None, "href": unconfirmed})
    for label, number, different, name in (
        (_("Police notifications, all"), police.instances, police.students, "notifications"),
        (_("Police-notification reviews refused"), police.refused, None, "refusals"),
    ):
        href = page.behind(name) if number else None
        rows.append({"label": label, "instances": number, "students": different, "href": href})
    return rows


def consequence_rows(counts: Mapping[str, tuple[int, int]]) -> list[Point]:
    """Return the minor consequences that were given, none where none was: they lead to no list of children."""
    return [
        {"label": label, "instances": counts[kind][0], "students": counts[kind][1], "href": None}
        for kind, label in ConsequenceKind.labels().items()
        if kind in counts
    ]


def year_points(
    metric: str, published: Mapping[str, Figures], live: Mapping[str, Figures], scope: Scope
) -> list[Point]:
    """Return one point a school year from the first known to the current one; None is a gap with a word in it."""
    known = [*published, *live]
    if not known:
        return []
    current = school_year(scope.today)
    years = years_between(min(known), max(*known, current))
    values = [(published.get(year) or live.get(year) or {}).get(metric) for year in years]
    far = outlier(values)
    points: list[Point] = []
    for place, (year, value) in enumerate(zip(years, values, strict=True)):
        note, figure = str(REMARKABLE_YEARS.get(year, "")), None
        if value is None:
            after_gap = place and values[place - 1] is None
            note = "" if after_gap else _("not published")
        elif place == far:
            note = _("far above every other year")
        elif year not in published and year == current:
            figure = _("%(number)s so far", number=f"{value:,}")
        is_far = value is not None and place == far
        label = year.replace("-", "–")
        points.append({"year": year, "label": label, "value": value, "figure": figure, "note": note, "mark": is_far})
    return points


def trend_title(metric: str, points: list[Point], published: Collection[str]) -> str:
    """Return the sentence that a chart of years proves, from the first to the last published year.

    What is counted here is another count of other schools, so no sentence compares across that gap.
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
    """Return the figures of a school's published years."""
    return {year: one.figures for year, one in years.items()}
