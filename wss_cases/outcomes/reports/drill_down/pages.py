"""The lists behind the numbers, for the case team of the school."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.access.visibility import first_in_view
from wss_cases.cases.case.models import CaseResult
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plausible import day_in
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.outcomes.counting.scope.pages import shown
from wss_cases.outcomes.counting.scope.rules import Scope, narrowed
from wss_cases.outcomes.published.models import FOLLOW_UP_LABELS, STEP_LABELS
from wss_cases.outcomes.reports.cases import first_meeting, said_at_closing
from wss_cases.outcomes.reports.drill_down.queries import PAGE, SUSPENDED, Behind, rows_behind, waiting, whom_behind
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.roster.directory.pages import whom_words
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.police.review.models import NotificationGround

LARGEST_ID = 2**62
blueprint = Blueprint("behind", __name__, url_prefix="/behind")

TITLES = {
    "serious": _l("Incidents that could have led to the police"),
    "harmed": _l("People harmed and when they were reached"),
    "terms": _l("Agreement terms that were due"),
    "follow_ups": _l("Follow-ups that were due"),
    "first_meetings": _l("Cases and their first meeting"),
    "closings": _l("Cases and their closing"),
    "harms": _l("Closed cases with a person harmed"),
    "repeats": _l("Students reported to have caused harm, and another incident"),
    "removals": _l("Suspensions, expulsions and other removals"),
    "notifications": _l("Police notifications"),
    "refusals": _l("Police-notification reviews refused"),
    "unoffered": _l("Incidents without an offer of a restorative pathway"),
    "funnel": _l("Incidents that came as far as: %(step)s"),
}
HARM_TONES = {CaseResult.REPAIRED: "moss", CaseResult.PARTLY_REPAIRED: "sun"}
OF_REMOVALS = ("serious", "removals", "notifications", "refusals")
OPENS = {
    "incident": ("incidents.incident", "incident_id"),
    "case": ("casework.case", "case_id"),
    "follow_up": ("followups.follow_up", "follow_up_id"),
    "police_review": ("police_reviews.review", "review_id"),
}


@blueprint.get("/<name>")
@gate(Permission.OUTCOMES_READ)
def rows(name: str) -> str:
    """One list, newest first."""
    school = request.args.get("school") or None
    page = shown(school)
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before <= LARGEST_ID:
        raise NotFound
    choice, step = request.args.get("choice", ""), request.args.get("step", "")
    until, scope = request.args.get("until", ""), _until(page.scope)
    listed, every = rows_behind(page.actor, scope, name, before, choice, step)
    here: dict[str, Any] = {"name": name, "year": page.scope.year, "choice": choice or None, "step": step or None}
    here |= {"until": until or None, "school": school}
    whom = whom_behind(page.actor, name, listed[:PAGE])
    first = first_in_view(page.actor, page.scope.school_id, *CASE_TEAM)
    return render_template(
        "outcomes/reports/drill_down/list.html",
        faded_before=day_words_with_year(first) if first and first > page.scope.first else "",
        page=page,
        title=_title(name, choice, step),
        count=every,
        waiting=waiting(page.actor, scope) if name == "harmed" else 0,
        rows=[_row(name, row, whom_words(whom.get(row.id, []), page.actor)) for row in listed[:PAGE]],
        older=url_for("outcomes.behind.rows", **here, before=listed[PAGE - 1].id) if len(listed) > PAGE else None,
        newer=url_for("outcomes.behind.rows", **here) if before else None,
        back=page.at("removals" if name in OF_REMOVALS else "repair"),
    )


def _title(name: str, choice: str, step: str) -> str:
    if name == "removals" and choice == SUSPENDED:
        return _("Suspensions")
    return str(TITLES[name]) % {"step": STEP_LABELS.get(step, step)} if name == "funnel" else str(TITLES[name])


def _until(scope: Scope) -> Scope:
    """The scope up to the day that the address names, which is where a report ends. Raises NotFound for an invalid
    day."""
    if not (text := request.args.get("until", "")):
        return scope
    try:
        ends = day_in(text)
    except ValueError as error:
        raise NotFound from error
    return existing(narrowed(scope, None, ends, scope.network))


def _row(name: str, row: Behind, whom: str) -> dict[str, Any]:
    """One row, titled by the student, otherwise by its number; the number comes second, as in the school's other
    lists."""
    endpoint, key = OPENS[row.kind]
    target: dict[str, Any] = {key: row.target}
    number = FOLLOW_UP_LABELS.get(row.reference, row.reference) if name == "follow_ups" else row.reference
    number = str(number or _("Without an incident"))
    tag, tone = _tag(name, row)
    return {
        "title": whom or number,
        "href": url_for(endpoint, **target) if row.target else None,
        "meta": " · ".join([number, _meta(name, row)] if whom else [_meta(name, row)]),
        "tag": tag,
        "tone": tone,
    }


def _meta(name: str, row: Behind) -> str:
    day = day_words_with_year(row.day)
    if name in ("terms", "follow_ups"):
        return _("Due %(day)s", day=day)
    if name == "removals":
        return _("From %(day)s, days: %(days)s", day=day, days=row.other)
    if name == "harms":
        return _("At closing, the person harmed said: %(answer)s", answer=said_at_closing(row.other))
    return day


def _tag(name: str, row: Behind) -> tuple[Any, str]:
    if name == "harmed":
        reached = day_words_with_year(row.other)
        return (_("Reached %(day)s", day=reached), "moss") if row.other else (_("Not reached"), "brick")
    if name == "follow_ups":
        if row.other is None:
            return _("Still open"), "brick"
        good = row.day is not None and row.other <= row.day
        return (_("On time"), "moss") if good else (_("Late"), "brick")
    if name == "first_meetings":
        return _meeting_tag(row)
    if name == "repeats":
        again = day_words_with_year(row.other)
        return (_("Another incident %(day)s", day=again), "sun") if row.other else (_("No other incident"), "slate")
    if name == "harms":
        return CaseResult.labels().get(row.state, row.state), HARM_TONES.get(row.state, "slate")
    if name == "closings":
        closed = day_words_with_year(local_date(row.other, district_zone())) if row.other else None
        return (_("Closed %(day)s", day=closed), "moss") if closed else (_("Still open"), "sun")
    labels: dict[str, Any] = {
        "terms": TermState.labels(),
        "removals": DisciplineKind.labels(),
        "notifications": NotificationGround.labels(),
        "refusals": NotificationGround.labels(),
    }
    return labels.get(name, IncidentState.labels()).get(row.state, row.state), "slate"


def _meeting_tag(row: Behind) -> tuple[Any, str]:
    if (met := first_meeting(*row.more)) is not None:
        return _("Met %(day)s", day=day_words_with_year(met)), "moss"
    return (_("Closed without a meeting"), "slate") if row.other else (_("Still waiting"), "sun")
