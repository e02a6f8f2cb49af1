"""Every share of the climate survey against plain SQL over its answers: at a school, over all, and beside incidents."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.accounts import make_user
from tests.factories.surveys import Asked, begin, school_to_ask
from tests.outcomes.recount.plain import table
from tests.outcomes.recount.shown import rows, same
from tests.support.depth import examples
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.outcomes.reports.climate import HEADS, MEASURES
from wss_cases.surveys import results
from wss_cases.surveys.pages import end_round
from wss_cases.surveys.results import Counted, ResultState, result_of, results_of, survey_share
from wss_cases.surveys.rounds import (
    FEWEST,
    VALUES,
    SurveyGroup,
    Way,
    counted,
    counts_in,
    questions_on,
    seal_counts,
    tallies_of,
)

ROUNDS = (date(2025, 10, 6), date(2026, 2, 2), date(2026, 9, 14), date(2026, 10, 26))
"""First days: two in the school year before, two in this one."""
LIKELY = (0, 4, 9, 10, 11, 12, 14, 25)
"""How many answer: none, about ten, and many."""

FAVORABLE = "case when s.question = 'circle' then s.value = 2 else s.value >= 3 end"
LAST = (
    "select a.school_id, a.year, a.audience, max(a.round_id) round_id from survey_asked a "
    "group by a.school_id, a.year, a.audience"
)


@dataclass
class Climate:
    """Schools that were asked up to four times in two years, and every answer in a table of the test's own."""

    schools: list[Asked]
    rounds: list[int]


def make(seed: int, at: Callable[..., Any], schools: int) -> Climate:
    """Make a district with surveys by lot, the same for the same seed."""
    lot = random.Random(seed)
    at("2025-08-20 10:00")
    made = Climate([school_to_ask(students=1, staff=1) for _school in range(schools)], [])
    for words in (
        "survey_asked (round_id bigint, school_id bigint, year varchar(7), audience varchar(10))",
        "survey_said (round_id bigint, person bigint, way varchar(10), audience varchar(10), question varchar(30), "
        "value int)",
    ):
        db.session.execute(text(f"create temporary table {words}"))
    db.session.commit()  # else the next act would take them back
    for opens in ROUNDS:
        for asked in made.schools:
            if lot.random() < 0.7:
                made.rounds.append(_round(lot, at, asked, opens))
    db.session.commit()
    return made


def _round(lot: random.Random, at: Callable[..., Any], asked: Asked, opens: date) -> int:
    at(f"{opens - timedelta(days=10)} 10:00")
    groups = lot.sample(list(SurveyGroup), lot.randint(1, 3))
    dates = {"opens_on": opens, "closes_on": opens + timedelta(days=9), "notice_on": opens - timedelta(days=14)}
    round_id = begin(asked, groups, wall=lot.random() < 0.5, **dates)
    year = f"{opens.year - (opens.month < 8)}-{(opens.year + (opens.month >= 8)) % 100:02d}"
    at(f"{opens} 10:00")
    for group in groups:
        _keep("survey_asked", [{"round_id": round_id, "school_id": asked.school.id, "year": year, "audience": group}])
    for tally in tallies_of(round_id):
        counts, rows = counts_in(tally), []
        for person in range(lot.choice(LIKELY)):
            values = _answer(lot, opens, tally.audience)
            counts = counted(counts, values)
            shared = {"round_id": round_id, "person": person, "way": tally.way, "audience": tally.audience}
            rows += [shared | {"question": code, "value": value} for code, value in values.items()]
        seal_counts(tally, counts)
        _keep("survey_said", rows)
    db.session.commit()
    end_round(asked.call, round_id)
    return round_id


def _answer(lot: random.Random, opens: date, group: SurveyGroup) -> dict[str, int]:
    """One person's answers: some questions are left out."""
    asked = [one for one in questions_on(opens, group) if lot.random() < 0.85]
    return {one.code: lot.choice(VALUES[one.scale]) for one in asked}


def _keep(name: str, rows: Iterable[dict[str, Any]]) -> None:
    if rows := [{key: getattr(held, "value", held) for key, held in row.items()} for row in rows]:
        columns = ", ".join(rows[0])
        places = ", ".join(f":{key}" for key in rows[0])
        db.session.execute(text(f"insert into {name} ({columns}) values ({places})"), rows)


def said_in(round_id: int, group: SurveyGroup, way: Way) -> dict[str, tuple[int, int] | None]:
    """What a round came to by one way: favorable and all answers to each question, None where it may not be shown."""
    rows = table(
        f"select s.question, count(*), sum(case when {FAVORABLE} then 1 else 0 end) from survey_said s "
        f"where s.round_id = {round_id} and s.audience = '{group.value}' and s.way = '{way.value}' group by s.question"
    )
    return {question: _enough(int(good), int(every)) for question, every, good in rows}


def _enough(good: int, every: int) -> tuple[int, int] | None:
    return (good, every) if every >= 10 and good >= 3 and every - good >= 3 else None


def said_of(year: str, group: SurveyGroup, question: str) -> dict[int, tuple[int, int] | None]:
    """What the last survey of the year came to at each school that asked this group, invited answers alone."""
    every = "sum(case when s.value is null then 0 else 1 end)"
    rows = table(
        f"select l.school_id, {every}, sum(case when s.value is null then 0 when {FAVORABLE} then 1 else 0 end) "
        f"from ({LAST}) l left join survey_said s on s.round_id = l.round_id and s.audience = l.audience "
        f"and s.way = 'invited' and s.question = '{question}' "
        f"where l.year = '{year}' and l.audience = '{group.value}' group by l.school_id"
    )
    return {school_id: _enough(int(good), int(answers)) for school_id, answers, good in rows}


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


@pytest.mark.any_database("its point is the planted rule")
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
