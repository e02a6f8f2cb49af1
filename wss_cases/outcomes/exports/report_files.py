"""The reports that can be taken as files: mission, history, core, funnel, notifications, follow-ups."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.cases.case.models import HarmedSays
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.outcomes.collections.federal import crdc
from wss_cases.outcomes.collections.state import state
from wss_cases.outcomes.counting.daily_figures.actions import breakdowns
from wss_cases.outcomes.counting.daily_figures.queries import parts_of
from wss_cases.outcomes.counting.repair.mission import beside_ways, shown_ways, tells_wishes
from wss_cases.outcomes.counting.repair.police import LAW_NOT_CONFIRMED, NOT_CONFIRMED, police
from wss_cases.outcomes.counting.repair.queries import (
    AGREEING,
    AGREEMENT_STEPS,
    STEPS,
    STILL_OPEN,
    TOO_RECENT,
    contacts,
    follow_ups,
    funnel,
    harms,
    removals,
    terms,
)
from wss_cases.outcomes.counting.scope.pages import Shown, shown, shown_by_network
from wss_cases.outcomes.counting.scope.rules import Scope, Share, per, reach_of
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.outcomes.documents import Report, about, head
from wss_cases.outcomes.equity.pages import equity
from wss_cases.outcomes.exports.export_log import PAGE, exports, file_page
from wss_cases.outcomes.published.queries import HISTORY, SchoolYear, district_years, schools_in
from wss_cases.outcomes.reports.mission import MissionYear, mission_year, mission_year_before
from wss_cases.outcomes.reports.practice import asked_in, case_circles, held_in, keepers_of, tables_of
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.police.review.models import NotificationGround

SUPPRESSED_WORD = "suppressed"
NOT_RECORDED = "not_recorded"
RATE_PLACES = 4
"""Decimal places of incidents per 100 students per school day, which are a few hundredths."""


def history(year: str, identifier: str | None = None) -> Report:
    """The published figures of a school year: the district's sums and every school. Raises Refused when none are
    published for the year, or for this school in it."""
    district = district_years().get(year)
    if district is None:
        words = _("No published figures for %(year)s. Import the published file first.", year=year)
        raise Refused("school_year", words)
    schools = schools_in(year, identifier)
    if not schools:
        words = _("No published school with the number %(number)s in %(year)s.", number=identifier, year=year)
        raise Refused("school", words)
    document = {"school_year": year, "district": district, "schools": [_school(school) for school in schools]}
    columns = ("school_id", "school", "network", *HISTORY)
    rows = [] if identifier else [["", "district", "", *(district[name] for name in HISTORY)]]
    rows += [
        [school_row.identifier, school_row.name, school_row.network, *(_shown(school_row, name) for name in HISTORY)]
        for school_row in schools
    ]
    return Report("history", document, columns, rows, about(year, None, "history"))


def core(actor: Actor, scope: Scope, school: str | None) -> Report:
    """Incidents by month with rates, and by group, behavior, place, hour, weekday and grade."""
    counted = core_of(actor, scope, school_days(scope.school_id))
    months = [{"month": f"{month_row.first:%Y-%m}", **asdict(month_row)} for month_row in counted.months]
    for month in months:
        del month["first"]
        month["rate"] = _rounded(month["rate"], RATE_PLACES)
    split = breakdowns(counted.parts)
    document = head("core", scope, school) | {"incidents": counted.parts.total, "months": months}
    document |= {
        part: [{"key": row.key, "label": row.label, "incidents": row.number} for row in rows]
        for part, rows in split.items()
    }
    rate = "per_100_students_per_school_day"
    columns = ("breakdown", "key", "label", "incidents", "school_days", "students", rate, "is_over")
    table: list[list[Any]] = [
        [
            "month",
            m["month"],
            m["month"],
            *(m[name] for name in ("incidents", "school_days", "students", "rate")),
            int(m["is_over"]),
        ]
        for m in months
    ]
    table += [[part, row.key, row.label, row.number, "", "", "", ""] for part, rows in split.items() for row in rows]
    words = about(scope.year, school, "incidents", "rate", "breakdowns", "time")
    return Report("core", document, columns, table, words)


def funnel_report(actor: Actor, scope: Scope, school: str | None) -> Report:
    """For each pathway, the number of incidents that reached each step."""
    total = parts_of(actor, scope).total
    pathways = sorted(funnel(actor, scope).items())

    def each(number: str) -> dict[str, dict[str, int | None]]:
        """A number of every step by pathway; None where a pathway has no such step."""
        return {
            name: {
                step: None if step in AGREEMENT_STEPS and name not in AGREEING else getattr(steps[step], number)
                for step in STEPS
            }
            for name, steps in pathways
        }

    reached, of, too_recent = each("reached"), each("of"), each("too_recent")
    figures = {"incidents": total, "pathways": reached, "of": of, "too_recent": too_recent}
    figures |= {"agreement_terms": asdict(terms(actor, scope))}
    rows = [
        [name, total, *steps.values(), *of[name].values(), *too_recent[name].values()]
        for name, steps in reached.items()
    ]
    words = about(scope.year, school, "funnel", "agreements")
    document = head("funnel", scope, school) | figures
    more = (f"{step}_{what}" for what in ("of", "too_recent") for step in STEPS)
    return Report("funnel", document, ("pathway", "incidents", *STEPS, *more), rows, words)


def harms_report(actor: Actor, scope: Scope, school: str | None) -> Report:
    """How cases with a person harmed were closed, and what the person harmed said at closing."""
    counted = harms(actor, scope)
    results = {"repaired": counted.repaired, "partly_repaired": counted.partly, "not_repaired": counted.not_repaired}
    results |= {STILL_OPEN: counted.still_open}
    beside = {"left_out": counted.left_out, TOO_RECENT: counted.too_recent}
    statements = {value.value: counted.said.get(value.value, 0) for value in HarmedSays} | {
        NOT_RECORDED: counted.said.get("", 0)
    }
    document = head("harms", scope, school) | {"cases": counted.of, **results, **beside}
    rows: list[list[Any]] = [["result", name, number] for name, number in (results | beside).items()]
    rows += [["said_at_closing", name, number] for name, number in statements.items()]
    words = about(scope.year, school, "harms")
    return Report("harms", document | {"said_at_closing": statements}, ("what", "kind", "cases"), rows, words)


def mission_report(actor: Actor, scope: Scope, school: str | None) -> Report:
    """How incidents were answered, restorative, with the police or neither, this year and the same days a year ago."""
    days, tells = school_days(scope.school_id), tells_wishes(actor, scope.school_id)
    years: dict[str, MissionYear | None] = {
        "this_year": mission_year(actor, scope, days, tells),
        "a_year_ago": mission_year_before(actor, scope, days, tells),
    }
    document = head("mission", scope, school) | {
        name: NOT_RECORDED if year is None else _mission_figures(year, tells) for name, year in years.items()
    }
    columns = ("year", "what", "incidents", "with_a_removal", "again_of", "again", "closed", "said_repaired")
    rows = [
        [name, way, *figures.values(), *([""] * (len(columns) - 2 - len(figures)))]
        for name, year in years.items()
        for way, figures in ([] if year is None else _mission_figures(year, tells).items())
    ]
    return Report("mission", document, columns, rows, about(scope.year, school, "mission"))


def _mission_figures(year: MissionYear, tells: bool) -> dict[str, dict[str, int | None]]:
    """The numbers of each way; None where a share is not shown."""
    figures: dict[str, dict[str, int | None]] = {}
    for way in shown_ways(tells):
        here, again = year.mission.way(way), year.again.get(way.value)
        figures[way.value] = {
            "incidents": here.incidents,
            "with_a_removal": here.removed,
            "again_of": None if again is None else again.whole,
            "again": None if again is None else again.part,
            "closed": sum(here.said.values()),
            "said_repaired": here.said.get(HarmedSays.REPAIRED.value, 0),
        }
    return figures | {way.value: {"incidents": year.mission.of(way)} for way in beside_ways(tells)}


def notifications(actor: Actor, scope: Scope, school: str | None) -> Report:
    """Police notifications by ground, avoidable ones in relation to the incidents, and removals."""
    core_figures = core_of(actor, scope, school_days(scope.school_id))
    made, kinds = police(actor, scope), removals(actor, scope)
    doors = {door.value: made.by_door.get(door, 0) for door in NotificationGround}
    removed = {kind.value: kinds.get(kind.value, (0, 0)) for kind in DisciplineKind}
    document = head("notifications", scope, school) | {
        "notifications": made.instances,
        "students": made.students,
        "by_door": doors,
        NOT_CONFIRMED: made.unconfirmed,
        LAW_NOT_CONFIRMED: made.law_unconfirmed,
        "avoidable": {"notifications": made.avoidable, "incidents": core_figures.parts.serious},
        "reviews_refused": made.refused,
        "per_1000_students": _rounded(per(made.instances, core_figures.students, 1000), 2),
        "enrolled": core_figures.students,
        "removals": {kind: {"instances": counts[0], "students": counts[1]} for kind, counts in removed.items()},
    }
    rows: list[list[Any]] = [["police_notification", door, number, ""] for door, number in doors.items()]
    rows.append(["police_notification", NOT_CONFIRMED, made.unconfirmed, ""])
    rows.append(["police_notification", LAW_NOT_CONFIRMED, made.law_unconfirmed, ""])
    rows.append(["police_notification", "all", made.instances, made.students])
    rows.append(["police_review", "refused", made.refused, ""])
    rows += [["removal", kind, counts[0], counts[1]] for kind, counts in removed.items()]
    words = about(scope.year, school, "police", "avoidable", "removals")
    return Report("notifications", document, ("what", "kind", "instances", "students"), rows, words)


def follow_up_report(actor: Actor, scope: Scope, school: str | None) -> Report:
    """Follow-ups done on time by kind, and how soon people harmed were contacted."""
    kinds = follow_ups(actor, scope)
    reach = reach_of(contacts(actor, scope), school_days(scope.school_id), scope.seen_on)
    document = head("followups", scope, school) | {
        "kinds": [{"kind": kind, "on_time": share.part, "due": share.whole} for kind, share in kinds.items()],
        "first_contact": {
            "within_1_school_day": reach.within_one,
            "people_harmed": reach.of_all,
            "waiting": reach.waiting,
        },
    }
    rows = [[kind, share.part, share.whole, _rounded(share.percent, 1)] for kind, share in kinds.items()]
    share = Share(reach.within_one, reach.of_all).percent
    rows.append(["first_contact_within_1_school_day", reach.within_one, reach.of_all, _rounded(share, 1)])
    words = about(scope.year, school, "follow_ups", "contact")
    return Report("followups", document, ("kind", "on_time", "due", "percent"), rows, words)


def practice(actor: Actor, scope: Scope, school: str | None) -> Report:
    """The meetings held by kind, month and tier, the circle keepers and the requests, as on the practice page."""
    requests, keepers = asked_in(actor, scope), keepers_of(actor, scope)
    tables = tables_of(scope, held_in(actor, scope), case_circles(actor, scope), requests)
    document = head("practice", scope, school) | {
        "keepers": asdict(keepers),
        "requests_waiting": requests.waiting,
        "tables": {table.title: [dict(zip(table.heads, row, strict=True)) for row in table.rows] for table in tables},
    }
    rows = [
        [table.title, row[0], what, cell]
        for table in tables
        for row in table.rows
        for what, cell in zip(table.heads[1:], row[1:], strict=True)
    ]
    rows += [["keepers", name, "", number] for name, number in asdict(keepers).items()]
    rows.append(["requests", "waiting", "", requests.waiting])
    return Report("practice", document, ("table", "row", "what", "number"), rows, about(scope.year, school))


Writer = Callable[[Actor, Scope, str | None], Report]


def _placed(write: Writer) -> Writer:
    """A writer whose table names the school and network on every row, so that files can be combined."""

    def placed(actor: Actor, scope: Scope, school: str | None) -> Report:
        report = write(actor, scope, school)
        of_school = get_school(scope.school_id) if scope.school_id is not None else None
        network = (of_school.network if of_school is not None else scope.network) or ""
        place = [of_school.name if of_school is not None else "", network]
        document = report.document | {"network": network or None}
        rows = [[*place, *row] for row in report.rows]
        return replace(report, document=document, columns=("school", "network", *report.columns), rows=rows)

    return placed


_WRITERS: Mapping[str, Writer] = {
    "mission": mission_report,
    "core": core,
    "funnel": funnel_report,
    "harms": harms_report,
    "notifications": notifications,
    "followups": follow_up_report,
    "equity": equity,
    "practice": practice,
}
LIVE: Mapping[str, Writer] = {name: _placed(write) for name, write in _WRITERS.items()}
"""Reports counted from this system's records."""
COLLECTIONS: Mapping[str, Callable[..., Report]] = {"crdc": crdc, "state": state}
"""The collections that a district submits."""


def _rounded(number: float | None, places: int) -> float | None:
    """A rate or a percentage rounded for a table. More digits than there are students would mean nothing."""
    return None if number is None else round(number, places)


def _school(school: SchoolYear) -> dict[str, Any]:
    return {
        "school_id": school.identifier,
        "name": school.name,
        "network": school.network,
        "charter": school.is_charter,
        **{name: school.figures[name] for name in HISTORY},
        "suppressed": [name for name in HISTORY if name in school.suppressed],
    }


def _shown(school: SchoolYear, name: str) -> Any:
    return SUPPRESSED_WORD if name in school.suppressed else school.figures[name]


blueprint = Blueprint("files", __name__)
WRITERS = {**LIVE, **COLLECTIONS}
OF_NO_NETWORK = ("history", "equity", *COLLECTIONS)
"""Reports for a school or the whole district, not for a network."""


@blueprint.route("/files/<name>.<form>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_EXPORT)
def file(name: str, form: str) -> Page:
    """Ask for the reason, then send one report as CSV or XLSX. 404 for a missing report or school year. Federal and
    State counts are not suppressed, so only the district may take them."""
    return _file(shown_by_network(), name, form)


@blueprint.route("/practice/file.<form>", methods=["GET", "POST"], endpoint="practice")
@fresh_within(FRESH_MINUTES)
@gate(Permission.OUTCOMES_READ)
def practice_page(form: str) -> Page:
    """Ask for the reason, then send the report on meetings held. Coordinators may take it too, because it names no one
    and says nothing about a student."""
    return _file(shown(), "practice", form)


def _file(page: Shown, name: str, form: str) -> Page:
    report, scope, is_exact = _report(page, name, form), page.scope, name in COLLECTIONS
    above = [(_("Outcomes"), url_for("outcomes.overview", year=scope.year))]
    return file_page(
        report, form, f"{name}-{scope.year}.{form}", scope.year, scope.school_id, above, _("Back to the outcomes"),
        facts=report.about[2:] if is_exact else (), is_exact=is_exact,
    )  # fmt: skip


def _report(page: Shown, name: str, form: str) -> Report:
    if form not in ("csv", "xlsx") or (name != "history" and name not in WRITERS):
        raise NotFound
    try:
        if name == "history":
            return history(page.scope.year)
        if name in COLLECTIONS and not page.actor.everywhere(Role.DISTRICT):
            raise NotFound
        if page.scope.network is not None and name in OF_NO_NETWORK:
            raise NotFound
        return WRITERS[name](page.actor, page.scope, page.school_words)
    except Refused as refused:
        raise NotFound from refused


@blueprint.get("/exports")
@gate(Permission.EXPORTS_READ)
def taken() -> Page:
    """The files taken: by whom, how many rows, and why."""
    before = id_in(request.args.get("before"))
    files = exports(current_actor(), before, PAGE + 1)
    return render_template(
        "outcomes/exports/list.html",
        rows=[
            {
                "when": moment_words(row.made_at, district_zone()),
                "who": who,
                "what": f"{row.name}-{row.school_year}.{row.form}",
                "school": school or _("All schools"),
                "count": row.row_count,
                "reason": row.reason,
            }
            for row, who, school in files[:PAGE]
        ],
        older=url_for("outcomes.files.taken", before=files[PAGE - 1][0].id) if len(files) > PAGE else None,
        newest=url_for("outcomes.files.taken") if before else None,
    )
