"""The API's data and routes: a token instead of a session, problem documents instead of pages.

Cases without names: when and where, their state, and the pathways proposed. No student, no text, no number that others
know. Cases restricted to few people are left out, and nothing here counts them. Each call is counted and audited first.
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, request, url_for
from sqlalchemy import ColumnElement, and_, func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.access.visibility import in_view
from wss_cases.api.tokens import Caller, Scope, caller_of, end_without_maker, note_call
from wss_cases.api.v1 import rules
from wss_cases.cases.case.models import Case, CaseIncident, CaseOrigin, CaseState
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.connecting import reports_reading
from wss_cases.foundation.db import among, begin_reading, db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import district_zone, local_date, today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.rooms import Room
from wss_cases.outcomes.counting.daily_figures.queries import parts_of
from wss_cases.outcomes.counting.repair.mission import mission
from wss_cases.outcomes.counting.repair.police import police
from wss_cases.outcomes.counting.repair.queries import contacts, follow_ups, removals, terms
from wss_cases.outcomes.counting.scope.queries import enrolled_on, first_year_counted, visible_to
from wss_cases.outcomes.counting.scope.rules import Scope as ScopeScope
from wss_cases.outcomes.counting.scope.rules import Share, month_of, narrowed, reach_of, reference_day, scope_of
from wss_cases.outcomes.counting.totals import SUSPENSIONS
from wss_cases.outcomes.reports.cases import LENGTHS, repeats_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.duties.duty.models import LegalDuty

USUAL, MOST = 200, 500
_COLUMNS: Final = (
    School.id, School.name, School.code, School.identifier, School.network, School.kind, School.low_grade,
    School.high_grade, School.is_charter, School.is_active, School.time_zone,
)  # fmt: skip
ROW: Final = rules.obj(
    "One school. Grades: -1 is pre-kindergarten, 0 kindergarten.",
    id=rules.number("The school here, as in the other answers"),
    name=rules.text("Its name"),
    code=rules.text("Short code that opens its reference numbers"),
    identifier=rules.text("Its number in the roster; empty where the roster has none"),
    network=rules.or_null(rules.text("Its network")),
    kind=rules.text("What kind of school the roster says it is"),
    low_grade=rules.or_null(rules.number("Lowest grade")),
    high_grade=rules.or_null(rules.number("Highest grade")),
    is_charter=rules.flag("Whether it is a charter school"),
    is_active=rules.flag("Whether it is open"),
    time_zone=rules.text("Its time zone, such as America/Chicago"),
)


def chosen(call: rules.Call) -> Any:
    """Condition of the schools that a call is about. Raises Problem for a school that the token may not read, the same
    as for a school that does not exist."""
    if "school" not in call.values:
        return School.id.is_not(None)
    wanted = School.id == call.values["school"]
    if db.session.scalar(visible_to(select(School.id).where(wanted), call.actor, School.id)) is None:
        raise rules.Problem(404, "There is no such school for this token.", "school")
    return wanted


def read(call: rules.Call) -> dict[str, Any]:
    """A page of schools, closed ones too, ordered by id."""
    size, place = call.values.get("limit", USUAL), rules.place_of(call)
    statement = visible_to(select(*_COLUMNS), call.actor, School.id).where(chosen(call), School.id > place.after)
    rows = db.session.execute(statement.order_by(School.id).limit(size + 1)).all()
    names = [column.key for column in _COLUMNS]
    data = [dict(zip(names, row, strict=True)) for row in rows[:size]]
    return {"data": data, "next_cursor": rules.cursor_after(call, place, rows, size)}


ENDPOINT: Final = rules.Endpoint(
    "schools", "Schools", "The schools that this token reads, closed ones too, in the order of their ids.",
    Scope.SCHOOLS, (rules.SCHOOL, rules.limit(USUAL, MOST), rules.CURSOR), ROW, {}, read,
)  # fmt: skip


V1_USUAL, V1_MOST = 100, 500
OVERLAP: Final = timedelta(minutes=5)
"""A row saved while a pull begins has an earlier time; this overlap lets the next pull see it."""
FOR_FEW: Final = ("child_abuse_or_neglect", "title_ix_contact", "adult_conduct", "article_26a_support")
"""Duties restricted to few people. A case whose report raised such a duty is left out, whatever the duty's outcome."""
SHOWN_ACTS: Final = ("case.opened", "case.opened_for_student", "case.opened_continued", "case.state_changed",
                     "case.closed", "case.reopened")  # fmt: skip
"""Audit actions that change what is shown of a case; others leave its time of update as it was."""
V1_ROW: Final = rules.obj(
    "One case.",
    id=rules.text("The case: the same in every answer of this district, and in nothing else"),
    school_id=rules.number("Its school"),
    state=rules.text("How it stands", enum=[str(state) for state in CaseState]),
    opened_on=rules.text("Day on which it was opened", format="date"),
    closed_on=rules.or_null(rules.text("Day on which it was closed; null while it is open", format="date")),
    pathways={
        "type": "array",
        "description": "The pathways that were proposed, each once, whatever became of them",
        "items": {"type": "string", "enum": [str(family) for family in Family]},
    },
    updated_at=rules.text("When any of this last changed", format="date-time"),
)
STATE: Final = rules.Parameter(
    "state", "only cases in this state", {"type": "string", "enum": [str(state) for state in CaseState]}
)
SINCE: Final = rules.Parameter(
    "updated_since", "only cases of which anything shown here changed since then",
    {"type": "string", "format": "date-time"},
)  # fmt: skip


def for_few() -> ColumnElement[bool]:
    """Condition: the case is restricted to few people. It is support without an incident, or one of its reports is
    sensitive (`Incident.is_sensitive`) or raised a restricted duty."""
    duty = select(LegalDuty.id).where(LegalDuty.incident_id == Incident.id, LegalDuty.code.in_(FOR_FEW)).exists()
    joined = select(CaseIncident.id).join(Incident, Incident.id == CaseIncident.incident_id)
    few = or_(Incident.sensitive(), duty)
    return or_(Case.harm_kind == CaseOrigin.SUPPORT.value, joined.where(CaseIncident.case_id == Case.id, few).exists())


def _listed(call: rules.Call, place: rules.Place) -> Any:
    statement: Any = (
        select(Case.id, Case.school_id, Case.state, Case.opened_on, Case.opened_at, Case.closed_at)
        .join(School, School.id == Case.school_id)
        .where(in_view(Case, call.actor, Role.DISTRICT), ~for_few(), chosen(call), Case.id > place.after)
    )
    if "state" in call.values:
        statement = statement.where(Case.state == call.values["state"])
    if "updated_since" in call.values:
        since = call.values["updated_since"]
        acts = select(TimelineEntry.id).where(TimelineEntry.case_id == Case.id, _of_case(), TimelineEntry.at >= since)
        proposed = select(Pathway.id).where(Pathway.case_id == Case.id, _shown_pathways(), Pathway.proposed_at >= since)
        statement = statement.where(or_(Case.opened_at >= since, acts.exists(), proposed.exists()))
    return statement.order_by(Case.id)


def _of_case() -> ColumnElement[bool]:
    return and_(TimelineEntry.subject_type == Case.__tablename__, TimelineEntry.kind.in_(SHOWN_ACTS))


def _shown_pathways() -> ColumnElement[bool]:
    # only the coordinator may see a need for housing support
    return Pathway.kind != Kind.HOUSING_BASIC_NEEDS


def read_cases(call: rules.Call) -> dict[str, Any]:
    """A page of cases in the order in which they were opened here."""
    size, place = call.values.get("limit", V1_USUAL), rules.place_of(call)
    rows = db.session.execute(_listed(call, place).limit(size + 1)).all()
    ids = [row.id for row in rows[:size]]
    families, updated = _pathways(ids), _acts(ids)
    data = []
    for row in rows[:size]:
        proposed = families.get(row.id, {})
        data.append(
            {
                # two of these ids do not show how many cases lie between
                "id": hmac.digest(call.salt.encode(), f"case {row.id}".encode(), "sha256").hex()[:32],
                "school_id": row.school_id,
                "state": str(row.state),
                "opened_on": row.opened_on.isoformat(),
                "closed_on": local_date(row.closed_at, district_zone()).isoformat() if row.closed_at else None,
                "pathways": sorted(proposed),
                "updated_at": max(row.opened_at, updated.get(row.id, row.opened_at), *proposed.values()).isoformat(),
            }
        )
    begun = (place.began - OVERLAP).isoformat(timespec="seconds")
    return {"data": data, "next_cursor": rules.cursor_after(call, place, rows, size), "next_updated_since": begun}


def _pathways(ids: list[int]) -> dict[int, dict[str, datetime]]:
    statement = select(Pathway.case_id, Pathway.pathway, func.max(Pathway.proposed_at)).where(
        among(Pathway.case_id, ids), _shown_pathways()
    )
    families: dict[int, dict[str, datetime]] = {}
    for case_id, family, at in db.session.execute(statement.group_by(Pathway.case_id, Pathway.pathway)):
        families.setdefault(case_id, {})[family] = at
    return families


def _acts(ids: list[int]) -> dict[int, datetime]:
    entry = TimelineEntry
    statement = select(entry.case_id, func.max(entry.at)).where(among(entry.case_id, ids), _of_case())
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(entry.case_id)) if row[0] is not None}


V1_ENDPOINT: Final = rules.Endpoint(
    "cases", "Cases without names",
    "Cases in the order in which they were opened here, each once, however many are added while pages are turned. No"
    " names, no student, no text. Cases of which few may know are left out, and no figure of this API counts"
    " them apart. For the next pull send next_updated_since of this one as updated_since; it overlaps by five"
    " minutes, so match by id. What is no longer listed (erased, or found to be for few) is seen by a full pull.",
    Scope.CASES, (rules.SCHOOL, STATE, SINCE, rules.limit(V1_USUAL, V1_MOST), rules.CURSOR), V1_ROW,
    {"next_updated_since": rules.text("For the next pull, as updated_since", format="date-time")}, read_cases,
)  # fmt: skip


COUNTS_USUAL, COUNTS_MOST = 20, 50
Found = int | Share | None
"""A number, a part of a whole, or None where pages say that there are too few to show."""


@dataclass(frozen=True)
class Counted:
    """One measure: its description, the function that counts it at a school, and whether single months may be shown."""

    about: str
    count: Callable[[Actor, ScopeScope, SchoolDays], Found]
    by_month: bool = False


def _students(actor: Actor, scope: ScopeScope, days: SchoolDays) -> Found:
    return enrolled_on(actor, scope, [reference_day(scope, days)])[0]


def _removed(*kinds: DisciplineKind) -> Callable[[Actor, ScopeScope, SchoolDays], Found]:
    wanted = {kind.value for kind in kinds}

    def count(actor: Actor, scope: ScopeScope, _days: SchoolDays) -> Found:
        return sum(made for kind, (made, _students) in removals(actor, scope).items() if kind in wanted)

    return count


def _contact(actor: Actor, scope: ScopeScope, days: SchoolDays) -> Found:
    reach = reach_of(contacts(actor, scope), days, scope.today)
    return Share(reach.within_one, reach.of_all)


def _on_time(actor: Actor, scope: ScopeScope, _days: SchoolDays) -> Found:
    kinds = follow_ups(actor, scope).values()
    return Share(sum(kind.part for kind in kinds), sum(kind.whole for kind in kinds))


def _repeats(length: int) -> Callable[[Actor, ScopeScope, SchoolDays], Found]:
    def count(actor: Actor, scope: ScopeScope, days: SchoolDays) -> Found:
        return next(repeat.share for repeat in repeats_of(actor, scope, days) if repeat.length == length)

    return count


MEASURES: Final[dict[str, Counted]] = {
    "incidents": Counted("incidents of the period", lambda a, s, _days: parts_of(a, s).total, by_month=True),
    "students": Counted("students enrolled on its last school day", _students, by_month=True),
    "suspensions": Counted("in-school and out-of-school suspensions that began in it", _removed(*SUSPENSIONS)),
    "expulsions": Counted("expulsions that began in it", _removed(DisciplineKind.EXPULSION)),
    "police_notifications": Counted("police notifications made in it", lambda a, s, _days: police(a, s).instances),
    "avoidable_notifications": Counted(
        "police notifications that were avoidable, beside the incidents that could have led to one; what was not"
        " confirmed is never among them and stands in the next two measures",
        lambda a, s, _days: Share(police(a, s).avoidable, parts_of(a, s).serious),
    ),
    "emergency_not_confirmed": Counted("emergencies not confirmed", lambda a, s, _days: police(a, s).unconfirmed),
    "required_by_law_not_confirmed": Counted(
        "police notifications of a firearm or gun threat that was not confirmed",
        lambda a, s, _days: police(a, s).law_unconfirmed,
    ),
    "restorative_only": Counted(
        "incidents restorative only, of those restorative, with the police, or neither yet (docs/measures.md)",
        lambda a, s, _days: mission(a, s).share,
    ),
    "reached_within_1_day": Counted("people harmed who were reached within 1 school day, of all of them", _contact),
    "follow_ups_on_time": Counted("follow-ups done on time, of those due in it", _on_time),
    "terms_kept": Counted("agreement terms kept, of those due in it", lambda a, s, _days: terms(a, s).share),
    **{
        f"repeated_within_{length}": Counted(
            f"windows of {length} school days attended with another incident, of those that are over", _repeats(length)
        )
        for length in LENGTHS
    },
}
COUNTED, SUPPRESSED, NOT_RECORDED = "counted", "suppressed", "not_recorded"
_WHAT: Final = "; ".join(f"{name}: {measure.about}" for name, measure in MEASURES.items())
_MONTHLY: Final = [name for name, measure in MEASURES.items() if measure.by_month]
YEAR: Final = rules.Parameter(
    "school_year", "the school year, 1 August to 31 July; this one unless said otherwise",
    {"type": "string", "pattern": "[0-9]{4}-[0-9]{2}", "example": "2026-27"},
)  # fmt: skip
MONTH: Final = rules.Parameter(
    "month", f"only this month of the school year; told of {' and '.join(_MONTHLY)} alone",
    {"type": "string", "pattern": "[0-9]{4}-(0[1-9]|1[0-2])", "example": "2026-10"},
)  # fmt: skip
MEASURE: Final = rules.Parameter("measure", "only this measure", {"type": "string", "enum": list(MEASURES)})
COUNTS_ROW: Final = rules.obj(
    "One measure of one school and period.",
    school_id=rules.number("The school"),
    school_year=rules.text("The school year"),
    first_day=rules.text("First day counted", format="date"),
    last_day=rules.text("Last day counted: the period's, or today at the school", format="date"),
    measure=rules.text(_WHAT, enum=list(MEASURES)),
    value=rules.or_null(
        rules.number("The number; null where it is suppressed or not recorded, never where it is zero")
    ),
    of=rules.or_null(rules.number("The whole of which value is a part; null for a plain number")),
    status=rules.text(
        "counted; suppressed: too few to show, here as on the pages; not_recorded: the school was not counted here yet",
        enum=[COUNTED, SUPPRESSED, NOT_RECORDED],
    ),
)


def _period(call: rules.Call, school_id: int) -> ScopeScope:
    """The days counted at a school. Raises Problem where the school year or month has not begun."""
    today = today_at(school_id, call.now)
    scope = scope_of(school_id, call.values.get("school_year", school_year(today)), today)
    if scope is None:
        raise rules.Problem(400, "There is no such school year, or it has not begun.", "school_year")
    if "month" not in call.values:
        return scope
    of_month = narrowed(scope, *month_of(call.values["month"]), None)
    if of_month is None:
        raise rules.Problem(400, "This month is not in the school year, or has not begun.", "month")
    return of_month


def _measures(call: rules.Call) -> list[str]:
    names = [call.values["measure"]] if "measure" in call.values else list(MEASURES)
    if "month" not in call.values:
        return names
    if not set(names) & set(_MONTHLY):
        raise rules.Problem(400, "This measure is told of whole school years alone; leave month out.", "measure")
    return [name for name in names if name in _MONTHLY]


def _rows(call: rules.Call, school_id: int, scope: ScopeScope) -> list[dict[str, Any]]:
    days, first = school_days(school_id), first_year_counted(call.actor, school_id)
    begun = min(school_year(first), school_year(scope.today)) if first else school_year(scope.today)
    rows = []
    for name in _measures(call):
        recorded = scope.year >= begun
        value = MEASURES[name].count(call.actor, scope, days) if recorded else None
        rows.append(
            {
                "school_id": school_id,
                "school_year": scope.year,
                "first_day": scope.first.isoformat(),
                "last_day": scope.last.isoformat(),
                "measure": name,
                "value": value.part if isinstance(value, Share) else value,
                "of": value.whole if isinstance(value, Share) else None,
                "status": NOT_RECORDED if not recorded else SUPPRESSED if value is None else COUNTED,
            }
        )
    return rows


def read_counts(call: rules.Call) -> dict[str, Any]:
    """The measures of a page of open schools, ordered by id."""
    size, place = call.values.get("limit", COUNTS_USUAL), rules.place_of(call)
    _measures(call)
    statement = visible_to(select(School.id).where(School.is_active), call.actor, School.id)
    rows = db.session.execute(
        statement.where(chosen(call), School.id > place.after).order_by(School.id).limit(size + 1)
    ).all()
    data = [line for (school_id,) in rows[:size] for line in _rows(call, school_id, _period(call, school_id))]
    return {"data": data, "next_cursor": rules.cursor_after(call, place, rows, size)}


COUNTS_ENDPOINT: Final = rules.Endpoint(
    "counts", "Figures by school",
    "The figures of Outcomes, school by school; limit counts schools. They are counted by the same functions as the"
    " pages that a district administrator opens, and what those hold back as too few to show is null here, too.",
    Scope.COUNTS, (YEAR, MONTH, MEASURE, rules.SCHOOL, rules.limit(COUNTS_USUAL, COUNTS_MOST), rules.CURSOR),
    COUNTS_ROW, {}, read_counts,
)  # fmt: skip


ENDPOINTS: Final = (ENDPOINT, COUNTS_ENDPOINT, V1_ENDPOINT)
"""Every endpoint read with a token; routes and the OpenAPI document are made from these."""
HERE: Final = "/api/v1"
LONGEST_NOTED: Final = 60
"""Characters of a parameter that the audit row stores."""
blueprint = Blueprint("api", __name__, url_prefix=HERE)


@blueprint.get("/openapi.json")
@gate(Permission.PUBLIC)
def described() -> Response:
    """The OpenAPI document. It needs no token, because it holds no data of the district."""
    return _answer(rules.document(ENDPOINTS, link(url_for("api.described")).removesuffix("/openapi.json")))


def _route(endpoint: rules.Endpoint) -> None:
    @gate(Permission.PUBLIC)
    def called() -> Response:
        return _called(endpoint)

    blueprint.add_url_rule(endpoint.path, endpoint.name, called)


for _endpoint in ENDPOINTS:
    _route(_endpoint)


def _called(endpoint: rules.Endpoint) -> Response:
    now = clock.now()
    caller = _caller(endpoint)
    known = (parameter.name for parameter in endpoint.parameters if parameter.name != "cursor")
    sent = {name: request.args[name][:LONGEST_NOTED] for name in known if name in request.args}
    token_id, salt = caller.token.id, caller.token.salt
    assert caller.actor is not None
    wait = note_call(token_id, endpoint.name, sent, now)
    if wait:
        raise rules.Problem(429, "Too many calls with this token; wait as long as Retry-After says.", wait=wait)
    values = endpoint.values(request.args.to_dict(flat=False))
    # counts may come from the copy; new rows and permissions must come from the main database
    if endpoint is COUNTS_ENDPOINT:
        with reports_reading():
            begin_reading()
            return _answer(endpoint.read(rules.Call(caller.actor, values, now, salt)))
    begin_reading()
    return _answer(endpoint.read(rules.Call(caller.actor, values, now, salt)))


def _caller(endpoint: rules.Endpoint) -> Caller:
    """The caller of this request's token. Raises Problem 401 for an invalid token, NotFound for a token without this
    scope."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    caller = caller_of(secret.strip(), clock.now()) if kind.lower() == "bearer" and secret.strip() else None
    if caller is not None and caller.actor is None:
        end_without_maker(caller.token.id, clock.now())
    if caller is None or caller.actor is None:
        current_app.logger.warning("token refused", extra={"facts": {"endpoint": request.endpoint}})
        raise rules.Problem(401, "Send a token that reads, as Authorization: Bearer and the secret.")
    if endpoint.scope not in caller.token.scopes:
        raise NotFound
    return caller


def _answer(body: dict[str, Any]) -> Response:
    """An answer that must not be cached, with an ETag by which the client sees that no row changed."""
    answer = Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Authorization"
    content = json.dumps(body.get("data", body), sort_keys=True)
    answer.set_etag(sha256(content.encode()).hexdigest()[:32], weak=True)
    answer.make_conditional(request)
    return answer


def problem(status: int, detail: str, parameter: str = "") -> Response:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    fields = body | ({"parameter": parameter} if parameter else {})
    answer = Response(json.dumps(fields), status, mimetype="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.errorhandler(rules.Problem)
def _problem(error: rules.Problem) -> Response:
    answer = problem(error.status, error.detail, error.parameter)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if error.wait:
        answer.headers["Retry-After"] = str(error.wait)
    return answer


_WORDS: Final = {
    400: "This request was not understood.",
    404: "There is nothing here for this token.",
    405: "This API is read with GET alone.",
    503: "The database does not answer now; try again later.",
}


@blueprint.after_app_request
def no_page_for_a_program(answer: Response) -> Response:
    """Answer every other error below the API's address with a problem document instead of an HTML page."""
    if not request.path.startswith(f"{HERE}/") or answer.status_code < 400 or answer.mimetype != "text/html":
        return answer
    replacement = problem(answer.status_code, _WORDS.get(answer.status_code, "Something went wrong here."))
    if "Retry-After" in answer.headers:
        replacement.headers["Retry-After"] = answer.headers["Retry-After"]
    return replacement


ROOM = Room(pages=(blueprint,))
