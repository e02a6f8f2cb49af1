"""The second count of the measures that plans stand on: numerator and denominator of one school and its days."""

from __future__ import annotations

from datetime import date

from tests.outcomes.recount.cases import closed_with_harm
from tests.outcomes.recount.incidents import total
from tests.outcomes.recount.mission import share_of
from tests.outcomes.recount.plain import Plain, number
from tests.outcomes.recount.repair import avoidable_of, reached_of, terms_of
from tests.outcomes.recount.shown import same
from wss_cases.access.actor import Actor
from wss_cases.plans.measures import PLAN_MEASURES, figures


def counted(plain: Plain) -> dict[str, tuple[int, int | None]]:
    """Every measure of a plan in plain SQL: what it counts, and of how many."""
    students = plain.students(plain.last)
    gone = f"discipline_action a where {plain.of('a', 'starts_on')} and a.state = 'standing'"
    terms, _own = terms_of(plain)
    _each, (within, _reached, waiting, everyone) = reached_of(plain)
    closed = closed_with_harm(plain)
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
            number(f"select count(*) {closed} and c.result = 'repaired'"),
            number(f"select count(*) {closed} and c.result not in ('unfounded', 'transferred')"),
        ),
        "circles": (number(held), None),
    }


def agree(plain: Plain, reader: Actor) -> None:
    """Hold what a plan counts of a school against plain SQL, over the same days of this year and the one before."""
    assert plain.school_id is not None
    for days in (plain, plain.a_year_before()):
        first, last, today = (date.fromisoformat(one) for one in (days.first, days.last, days.today))
        found = figures(reader, plain.school_id, PLAN_MEASURES, first, last, today)
        for measure, pair in counted(days).items():
            same(measure, (found[measure].numerator, found[measure].denominator), pair)
    assert counted(plain).keys() == PLAN_MEASURES.keys()
