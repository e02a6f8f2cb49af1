"""The second count of the measures that plans stand on: numerator and denominator of one school and its days."""

from __future__ import annotations

from datetime import date

from tests.outcomes.recount.cases import harms_of
from tests.outcomes.recount.incidents import total
from tests.outcomes.recount.mission import share_of
from tests.outcomes.recount.plain import Plain, number
from tests.outcomes.recount.repair import avoidable_of, reached_of, terms_of
from tests.outcomes.recount.shown import same
from wss_cases.access.actor import Actor
from wss_cases.outcomes.counting.scope.rules import Scope, year_before
from wss_cases.plans.measures import PLAN_MEASURES, figures_in
from wss_cases.roster.directory.queries import school_days


def counted(plain: Plain) -> dict[str, tuple[int, int | None]]:
    """Every measure of a plan in plain SQL: what it counts, and of how many."""
    students = plain.students(plain.last)
    gone = f"discipline_action a where {plain.of('a', 'starts_on')} and a.state = 'standing'"
    terms, _own = terms_of(plain)
    _each, (within, _reached, waiting, everyone) = reached_of(plain)
    harms, _judged = harms_of(plain)
    held = f"select count(*) from practice_entry e where {plain.of('e', 'held_on')} and e.taken_back_at is null"
    return {
        "restorative": share_of(plain),
        "incidents": (total(plain), students * plain.school_days()),
        "suspensions": (number(f"select count(*) from {gone} and a.kind = 'out_of_school_suspension'"), students),
        "police": (number(f"select count(*) from police_notification n where {plain.of('n', 'local_date')}"), students),
        "avoidable": avoidable_of(plain),
        "contact": (within, everyone - waiting),
        "agreements": (terms["kept"], terms["due"]),
        "repaired": (
            harms["repaired"],
            sum(harms[name] for name in ("repaired", "partly_repaired", "not_repaired", "still_open")),
        ),
        "circles": (number(held), None),
    }


def agree(plain: Plain, reader: Actor) -> None:
    """Hold what a plan counts of a school against plain SQL, over the same days of this year and the one before."""
    assert plain.school_id is not None
    first, last, today = (date.fromisoformat(one) for one in (plain.first, plain.last, plain.today))
    scope = Scope(plain.school_id, "2026-27", first, last, today)
    before = year_before(scope, school_days(plain.school_id))
    for days, of_days in ((plain, scope), (plain.a_year_before(), before)):
        found = figures_in(reader, of_days, PLAN_MEASURES)
        for measure, pair in counted(days).items():
            same(measure, (found[measure].numerator, found[measure].denominator), pair)
    assert counted(plain).keys() == PLAN_MEASURES.keys()
