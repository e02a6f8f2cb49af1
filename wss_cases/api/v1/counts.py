"""Figures of Outcomes by school, counted and held back by the same functions as on its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.api.tokens.states import Scope as TokenScope
from wss_cases.api.v1.declared import Call, Endpoint, Parameter, Problem, number, obj, or_null, text
from wss_cases.api.v1.paging import CURSOR, SCHOOL, cursor_after, limit, place_of
from wss_cases.api.v1.schools import chosen
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.counting.daily_figures.queries import parts_of
from wss_cases.outcomes.counting.repair.police import police
from wss_cases.outcomes.counting.repair.queries import contacts, follow_ups, removals, terms
from wss_cases.outcomes.counting.scope.queries import enrolled_on, first_year_counted, visible_to
from wss_cases.outcomes.counting.scope.rules import Scope, Share, month_of, narrowed, reach_of, reference_day, scope_of
from wss_cases.outcomes.counting.totals import SUSPENSIONS
from wss_cases.outcomes.reports.repeats import LENGTHS, repeats_of
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineKind

USUAL, MOST = 20, 50
Found = int | Share | None
"""A number, a part of a whole, or None where the pages say that there are too few to show."""


@dataclass(frozen=True)
class Counted:
    """One measure: what it says, what counts it at one school, and whether Outcomes tells it of single months."""

    about: str
    count: Callable[[Actor, Scope, SchoolDays], Found]
    by_month: bool = False


def _students(actor: Actor, scope: Scope, days: SchoolDays) -> Found:
    return enrolled_on(actor, scope, [reference_day(scope, days)])[0]


def _removed(*kinds: DisciplineKind) -> Callable[[Actor, Scope, SchoolDays], Found]:
    wanted = {kind.value for kind in kinds}

    def count(actor: Actor, scope: Scope, _days: SchoolDays) -> Found:
        return sum(made for kind, (made, _students) in removals(actor, scope).items() if kind in wanted)

    return count


def _contact(actor: Actor, scope: Scope, days: SchoolDays) -> Found:
    reach = reach_of(contacts(actor, scope), days, scope.today)
    return Share(reach.within_one, reach.of_all)


def _on_time(actor: Actor, scope: Scope, _days: SchoolDays) -> Found:
    kinds = follow_ups(actor, scope).values()
    return Share(sum(one.part for one in kinds), sum(one.whole for one in kinds))


def _repeats(length: int) -> Callable[[Actor, Scope, SchoolDays], Found]:
    def count(actor: Actor, scope: Scope, days: SchoolDays) -> Found:
        return next(one.share for one in repeats_of(actor, scope, days) if one.length == length)

    return count


MEASURES: Final[dict[str, Counted]] = {
    "incidents": Counted("incidents of the period", lambda a, s, _days: parts_of(a, s).total, by_month=True),
    "students": Counted("students enrolled on its last school day", _students, by_month=True),
    "suspensions": Counted("in-school and out-of-school suspensions that began in it", _removed(*SUSPENSIONS)),
    "expulsions": Counted("expulsions that began in it", _removed(DisciplineKind.EXPULSION)),
    "police_notifications": Counted("police notifications made in it", lambda a, s, _days: police(a, s).instances),
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
_WHAT: Final = "; ".join(f"{name}: {one.about}" for name, one in MEASURES.items())
_MONTHLY: Final = [name for name, one in MEASURES.items() if one.by_month]
YEAR: Final = Parameter(
    "school_year", "the school year, 1 August to 31 July; this one unless said otherwise",
    {"type": "string", "pattern": "[0-9]{4}-[0-9]{2}", "example": "2026-27"},
)  # fmt: skip
MONTH: Final = Parameter(
    "month", f"only this month of the school year; told of {' and '.join(_MONTHLY)} alone",
    {"type": "string", "pattern": "[0-9]{4}-(0[1-9]|1[0-2])", "example": "2026-10"},
)  # fmt: skip
MEASURE: Final = Parameter("measure", "only this measure", {"type": "string", "enum": list(MEASURES)})
ROW: Final = obj(
    "One measure of one school and period.",
    school_id=number("The school"),
    school_year=text("The school year"),
    first_day=text("First day counted", format="date"),
    last_day=text("Last day counted: the period's, or today at the school", format="date"),
    measure=text(_WHAT, enum=list(MEASURES)),
    value=or_null(number("The number; null where it is suppressed or not recorded, never where it is zero")),
    of=or_null(number("The whole of which value is a part; null for a plain number")),
    status=text(
        "counted; suppressed: too few to show, here as on the pages; not_recorded: the school was not counted here yet",
        enum=[COUNTED, SUPPRESSED, NOT_RECORDED],
    ),
)


def _period(call: Call, school_id: int) -> Scope:
    """Return the days that are counted at a school. Raises Problem where there are none yet."""
    today = today_at(school_id, call.now)
    scope = scope_of(school_id, call.values.get("school_year", school_year(today)), today)
    if scope is None:
        raise Problem(400, "There is no such school year, or it has not begun.", "school_year")
    if "month" not in call.values:
        return scope
    of_month = narrowed(scope, *month_of(call.values["month"]), None)
    if of_month is None:
        raise Problem(400, "This month is not in the school year, or has not begun.", "month")
    return of_month


def _measures(call: Call) -> list[str]:
    asked = [call.values["measure"]] if "measure" in call.values else list(MEASURES)
    if "month" not in call.values:
        return asked
    if not set(asked) & set(_MONTHLY):
        raise Problem(400, "This measure is told of whole school years alone; leave month out.", "measure")
    return [name for name in asked if name in _MONTHLY]


def _rows(call: Call, school_id: int, scope: Scope) -> list[dict[str, Any]]:
    days, first = school_days(school_id), first_year_counted(call.actor, school_id)
    begun = min(school_year(first), school_year(scope.today)) if first else school_year(scope.today)
    rows = []
    for name in _measures(call):
        recorded = scope.year >= begun
        found = MEASURES[name].count(call.actor, scope, days) if recorded else None
        rows.append(
            {
                "school_id": school_id,
                "school_year": scope.year,
                "first_day": scope.first.isoformat(),
                "last_day": scope.last.isoformat(),
                "measure": name,
                "value": found.part if isinstance(found, Share) else found,
                "of": found.whole if isinstance(found, Share) else None,
                "status": NOT_RECORDED if not recorded else SUPPRESSED if found is None else COUNTED,
            }
        )
    return rows


def read(call: Call) -> dict[str, Any]:
    """Return the measures of a page of open schools, in the order of their ids."""
    size, place = call.values.get("limit", USUAL), place_of(call)
    _measures(call)
    statement = visible_to(select(School.id).where(School.is_active), call.actor, School.id)
    rows = db.session.execute(
        statement.where(chosen(call), School.id > place.after).order_by(School.id).limit(size + 1)
    ).all()
    data = [line for (school_id,) in rows[:size] for line in _rows(call, school_id, _period(call, school_id))]
    return {"data": data, "next_cursor": cursor_after(call, place, rows, size)}


ENDPOINT: Final = Endpoint(
    "counts", "Figures by school",
    "The figures of Outcomes, school by school; limit counts schools. They are counted by the same functions as the"
    " pages that a district administrator opens, and what those hold back as too few to show is null here, too.",
    TokenScope.COUNTS, (YEAR, MONTH, MEASURE, SCHOOL, limit(USUAL, MOST), CURSOR), ROW, {}, read,
)  # fmt: skip
