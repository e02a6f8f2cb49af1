"""Figures in the form that charts and tables of a page need: labels, links, tones."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import weekday_name
from wss_cases.incidents.lists import A_MONDAY, month_words
from wss_cases.outcomes.counting.measures import too_recent_words
from wss_cases.outcomes.counting.repair.police import LAW_NOT_CONFIRMED, NOT_CONFIRMED, NOT_CONFIRMED_LABELS
from wss_cases.outcomes.counting.repair.queries import AGREEING, AGREEMENT_STEPS, ANY, Step
from wss_cases.outcomes.counting.scope.pages import Shown, address_by_key
from wss_cases.outcomes.counting.scope.rules import Count, Share
from wss_cases.outcomes.counting.totals import Core, Repair
from wss_cases.outcomes.published.queries import FOLLOW_UP_LABELS, STEP_LABELS
from wss_cases.routing.engine.vocabulary import Pathway
from wss_cases.safeguards.discipline.consequences import ConsequenceKind
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.police.review.models import NotificationGround

LONGEST = 10
Point = dict[str, Any]


def month_rows(core: Core, link: Callable[..., str | None], per_day: bool = False) -> list[Point]:
    """The months with their rate, or with `per_day` incidents per school day, and its parts; each with its link."""
    rows = []
    for month in core.months:
        value = month.rate
        if per_day:
            value = month.incidents / month.school_days if month.school_days else None
        if month.school_days or month.incidents:
            numbers = {"incidents": month.incidents, "school_days": month.school_days, "students": month.students}
            href = link(month=f"{month.first:%Y-%m}") if month.incidents else None
            figure = None if value is None else f"{value:.2f}"
            row = {"label": month_label(month_words(month.first), month.is_over), "is_open": not month.is_over}
            rows.append(row | {"value": value, "figure": figure, "rate": month.rate, "href": href} | numbers)
    return rows


def month_label(month: str, is_over: bool) -> str:
    """The words of a month, which say when it is not over."""
    return month if is_over else _("%(month)s (not over)", month=month)


def bar(label: str, value: Any, tone: str, **more: Any) -> Point:
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
    rows = [bar(str(STEP_LABELS["incidents"]), total, "teal", href=page.incidents() if total else None, note=None)]
    for step, label in STEP_LABELS.items():
        if step == "incidents" or (step in AGREEMENT_STEPS and (pathway or ANY) not in AGREEING):
            continue  # other pathways lead to no agreement
        # only a circle leads to an agreement, so there "any pathway" begins with the circles that were held
        line = Pathway.CIRCLE.value if step == "agreement" else pathway or ANY
        counted = repair.funnel.get(line, {}).get(step, Step())
        href = page.behind("funnel", step=step, choice=pathway or None) if counted.reached else None
        tone = "moss" if step == "kept" else "teal"
        rows.append(bar(str(label), counted.reached, tone, href=href, note=_of_before(counted, step)))
    return rows


def _of_before(counted: Step, step: str) -> str | None:
    """A step as a share of the step before it, among the incidents that have had the time of both; and how many are too
    recent to tell."""
    words, share = [], Share(counted.reached, counted.of)
    if share.percent is not None:
        numbers = {"percent": f"{share.percent:.0f}%", "part": f"{share.part:,}", "whole": f"{share.whole:,}"}
        is_of_circles = step == "agreement"
        words.append(
            _("%(percent)s: %(part)s of %(whole)s with a circle or conference held", **numbers)
            if is_of_circles
            else _("%(percent)s: %(part)s of %(whole)s", **numbers)
        )
    if counted.too_recent:
        words.append(too_recent_words(counted.too_recent))
    return " · ".join(words) or None


def pathway_choices(repair: Repair) -> list[tuple[str, str]]:
    used = [(name, str(words)) for name, words in Pathway.labels().items() if name in repair.funnel]
    return [("", _("Any pathway")), *used]


def contact_rows(repair: Repair) -> list[Point]:
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
    police = repair.police
    apart = ((NOT_CONFIRMED, police.unconfirmed), (LAW_NOT_CONFIRMED, police.law_unconfirmed))
    lines: list[tuple[Any, int, int | None, str, str | None]] = [
        *((kind.label, *repair.removals.get(kind.value, (0, 0)), "removals", kind.value) for kind in DisciplineKind),
        *(
            (
                _("Police notification: %(door)s", door=door.label),
                police.by_door.get(door, 0),
                None,
                "notifications",
                door.value,
            )
            for door in NotificationGround
        ),
        *((NOT_CONFIRMED_LABELS[choice], number, None, "notifications", choice) for choice, number in apart),
        (_("Police notifications, all"), police.instances, police.students, "notifications", None),
        (_("Police-notification reviews refused"), police.refused, None, "refusals", None),
    ]
    return [
        {
            "label": label, "instances": number, "students": students,
            "href": page.behind(name, choice=choice) if number else None,
        }
        for label, number, students, name, choice in lines
    ]  # fmt: skip


def consequence_rows(counts: Mapping[str, tuple[int, int]]) -> list[Point]:
    """The minor consequences given; kinds without any are left out. They link to no list of children."""
    return [
        {"label": label, "instances": counts[kind][0], "students": counts[kind][1], "href": None}
        for kind, label in ConsequenceKind.labels().items()
        if kind in counts
    ]
