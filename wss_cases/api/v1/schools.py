"""Schools of a token."""

from typing import Any, Final

from sqlalchemy import select

from wss_cases.api.tokens.states import Scope
from wss_cases.api.v1.declared import Call, Endpoint, Problem, flag, number, obj, or_null, text
from wss_cases.api.v1.paging import CURSOR, SCHOOL, cursor_after, limit, place_of
from wss_cases.foundation.db import db
from wss_cases.outcomes.counting.scope.queries import visible_to
from wss_cases.roster.directory.models import School

USUAL, MOST = 200, 500
_COLUMNS: Final = (
    School.id, School.name, School.code, School.identifier, School.network, School.kind, School.low_grade,
    School.high_grade, School.is_charter, School.is_active, School.time_zone,
)  # fmt: skip
ROW: Final = obj(
    "One school. Grades: -1 is pre-kindergarten, 0 kindergarten.",
    id=number("The school here, as in the other answers"),
    name=text("Its name"),
    code=text("Short code that opens its reference numbers"),
    identifier=text("Its number in the roster; empty where the roster has none"),
    network=or_null(text("Its network")),
    kind=text("What kind of school the roster says it is"),
    low_grade=or_null(number("Lowest grade")),
    high_grade=or_null(number("Highest grade")),
    is_charter=flag("Whether it is a charter school"),
    is_active=flag("Whether it is open"),
    time_zone=text("Its time zone, such as America/Chicago"),
)


def chosen(call: Call) -> Any:
    """Return the condition of the schools that a call is about. Raises Problem for a school that its token does not
    read, as for one that there is not."""
    if "school" not in call.values:
        return School.id.is_not(None)
    wanted = School.id == call.values["school"]
    if db.session.scalar(visible_to(select(School.id).where(wanted), call.actor, School.id)) is None:
        raise Problem(404, "There is no such school for this token.", "school")
    return wanted


def read(call: Call) -> dict[str, Any]:
    """Return a page of schools, closed ones too, in the order of their ids."""
    size, place = call.values.get("limit", USUAL), place_of(call)
    statement = visible_to(select(*_COLUMNS), call.actor, School.id).where(chosen(call), School.id > place.after)
    rows = db.session.execute(statement.order_by(School.id).limit(size + 1)).all()
    names = [column.key for column in _COLUMNS]
    data = [dict(zip(names, row, strict=True)) for row in rows[:size]]
    return {"data": data, "next_cursor": cursor_after(call, place, rows, size)}


ENDPOINT: Final = Endpoint(
    "schools", "Schools", "The schools that this token reads, closed ones too, in the order of their ids.",
    Scope.SCHOOLS, (SCHOOL, limit(USUAL, MOST), CURSOR), ROW, {}, read,
)  # fmt: skip
