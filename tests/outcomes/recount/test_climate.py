"""Every share of the climate survey against plain SQL over its answers: at a school, over all, and beside incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.outcomes.recount.climate import Climate, make, said_in, said_of
from tests.outcomes.recount.shown import rows, same
from tests.support.depth import examples
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.outcomes.reports.climate import HEADS, MEASURES
from wss_cases.surveys import results
from wss_cases.surveys.results import Counted, ResultState, result_of, results_of, survey_share
from wss_cases.surveys.rounds import FEWEST, SurveyGroup, Way, questions_on

SEEDS = (20261, 20262, 20263)[: examples(1, 3)]
SCHOOLS = examples(4, 9)
TODAY = date(2026, 11, 24)
YEARS = ("2025-26", "2026-27")
LAST_COLUMNS = len(MEASURES)
HEAD = ("School year", "Incidents per 100 students a school day")


def words_of(found: dict[int, tuple[int, int] | None], *, of_schools: bool) -> str:
    """What the page says of a year and a measure: the sum over the schools that have something to show."""
    if not found:
        return "not asked"
    shown = [pair for pair in found.values() if pair is not None]
    if not shown:
        return "too few to show"
    good, every = (sum(pair[place] for pair in shown) for place in (0, 1))
    words = f"{round(100 * good / every)}% of {every}"
    return f"{words} ({len(shown)} {'school' if len(shown) == 1 else 'schools'})" if of_schools else words


def agree(made: Climate, client_as: Callable[[Any], PageClient]) -> None:
    """Hold results, shares and pages against the second count."""
    for round_id in made.rounds:
        kept = results_of(round_id)
        for group, way in {(one.audience, one.way) for one in kept}:
            counted = said_in(round_id, group, way)
            for one in (one for one in kept if (one.audience, one.way) == (group, way)):
                pair = (one.favorable, one.answered) if one.state is ResultState.SHOWN else None
                same(f"round {round_id} {group} {way} {one.question}", pair, counted.get(one.question))
    shown = 0
    for year in YEARS:
        for group in SurveyGroup:
            for question in questions_on(TODAY, group):
                counted = said_of(year, group, question.code)
                for asked in made.schools:
                    share = survey_share(asked.school.id, year, f"{group.value}.{question.code}")
                    pair = None if share is None or share.suppressed else (share.numerator, share.denominator)
                    same(f"{asked.school.id} {year} {group} {question.code}", pair, counted.get(asked.school.id))
                    same("whether it was asked", share is not None, asked.school.id in counted)
                    shown += pair is not None
    assert shown > SCHOOLS
    readers = [(client_as(make_user(Role.DISTRICT)), None), *((client_as(one.head), one) for one in made.schools[:2])]
    for client, asked in readers:
        page = rows(client.page("/outcomes/climate"), *HEAD)
        for year in YEARS:
            counted_words = []
            for measure in MEASURES:
                group, _dot, code = measure.partition(".")
                found = said_of(year, SurveyGroup(group), code)
                mine = found if asked is None else {key: pair for key, pair in found.items() if key == asked.school.id}
                counted_words.append(words_of(mine, of_schools=asked is None))
            line = page.get(year.replace("-", "\u2060–\u2060"))
            if line is None:
                assert set(counted_words) == {"not asked"}
            else:
                same(f"{year} of {asked.school.id if asked else 'all'}", line[-LAST_COLUMNS:], counted_words)
    assert len(HEADS) == len(MEASURES)


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_count_agrees_with_every_climate_share(
    session: Any, at: Any, client_as: Callable[[Any], PageClient], seed: int
) -> None:
    made = make(seed, at, SCHOOLS)
    at("2026-11-24 10:00")
    agree(made, client_as)


def _of_everyone(counts: Any, code: str, scale: Any) -> Counted:
    """A wrong denominator: whoever answered any question."""
    kept = result_of(counts, code, scale)
    asked = {name.partition(":")[0] for name in counts}
    most = max(sum(n for name, n in counts.items() if name.startswith(f"{one}:")) for one in asked)
    return Counted(kept.state, kept.favorable, most) if kept.answered else kept


def _from_eleven(counts: Any, code: str, scale: Any) -> Counted:
    """a threshold that is one answer too high."""
    kept = result_of(counts, code, scale)
    return Counted(ResultState.TOO_FEW) if kept.answered == FEWEST else kept


@pytest.mark.parametrize("planted", [_of_everyone, _from_eleven, Way.OPEN])
def test_what_is_planted_disagrees(
    session: Any, at: Any, client_as: Callable[[Any], PageClient], monkeypatch: pytest.MonkeyPatch, planted: Any
) -> None:
    if planted is Way.OPEN:  # the wall's answers in the place of the invited ones
        monkeypatch.setattr(results, "Way", SimpleNamespace(INVITED=planted))
    else:
        monkeypatch.setattr(results, "result_of", planted)
    made = make(SEEDS[0], at, SCHOOLS)
    at("2026-11-24 10:00")
    with pytest.raises(AssertionError, match="counted"):
        agree(made, client_as)
