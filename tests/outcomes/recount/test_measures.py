"""Every measure, as pages and reports show it, against plain SQL written from its own words in docs/measures.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.outcomes.making.groups import Groups
from tests.outcomes.making.random_districts import District
from tests.outcomes.recount import cases, equity, history, incidents, mission, pathways, plan_measures, repair, schools
from tests.outcomes.recount.plain import Plain
from tests.outcomes.recount.shown import Shown, large, outcome_pages, rows
from tests.support.depth import examples
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.outcomes.counting.measures import MEASURES

OF_A_DISTRICT = {
    **incidents.COUNTS,
    **repair.COUNTS,
    **pathways.COUNTS,
    **cases.COUNTS,
    **history.COUNTS,
    **mission.COUNTS,
    **schools.COUNTS,
}
SEEDS = (20261, 20262, 20263)[: examples(1, 3)]


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_count_agrees_with_every_measure(
    app: Flask, session: Any, at: Any, client_as: Callable[[Any], PageClient], seed: int
) -> None:
    at("2026-11-24 10:00")
    made, command = District(seed), app.test_cli_runner()
    session.execute(text("ANALYZE"))  # as any database that was not filled this very second
    assert command.invoke(args=["outcomes", "recount"]).exit_code == 0
    here = made.schools[0]
    head = make_user(Role.ADMINISTRATOR, here)
    seen = (
        Shown(Plain(), client_as(make_user(Role.DISTRICT)), command),
        Shown(Plain(here.id), client_as(head), command, here.code),
    )
    agree(OF_A_DISTRICT, seen, seed)
    plan_measures.agree(seen[1].plain, acting(head))


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_count_agrees_with_equity(
    app: Flask, session: Any, at: Any, client_as: Callable[[Any], PageClient], seed: int
) -> None:
    at("2026-11-24 10:00")
    made, command = Groups(seed), app.test_cli_runner()
    made.restore()
    session.execute(text("ANALYZE"))  # as any database that was not filled this very second
    here = made.schools[1]
    seen = (
        Shown(Plain(), client_as(make_user(Role.DISTRICT)), command),
        Shown(Plain(here.id), client_as(make_user(Role.ADMINISTRATOR, here)), command, here.code),
    )
    agree(equity.COUNTS, seen, seed)
    equity.within_schools(seen[0], {one.id: one.code for one in (*made.schools, made.small)})


def agree(counts: Mapping[str, Callable[[Shown], None]], seen: Sequence[Shown], seed: int) -> None:
    """Fail with every measure that disagrees, whose it is and the seed."""
    wrong = []
    for name, count in counts.items():
        for one in seen:
            try:
                count(one)
            except AssertionError as failed:
                whose = "district" if one.code is None else "school"
                wrong.append(f"{name}, {whose}: {failed}")
    assert not wrong, f"seed {seed}\n" + "\n".join(wrong)


def test_nothing_is_nothing(session: Any, at: Any, client_as: Callable[[Any], PageClient]) -> None:
    at("2026-11-24 10:00")
    page = outcome_pages(client_as(make_user(Role.ADMINISTRATOR, SchoolFactory())))
    figures = {label: cells[0] for label, cells in rows(page, "What", "Figure").items()}
    assert len(figures) == 4 and set(figures.values()) == {"–"}
    assert large(page, "Agreements kept")[0] == large(page, "Reached within 1 school day")[0] == "–"
    assert "0 of 0 questionnaires answered" in page.text
    for head in ("From the incident to", "Within"):
        assert {(cells[0], cells[1]) for cells in rows(page, head).values()} == {("–", "0")}


def test_no_measure_is_without_its_second_count() -> None:
    assert set(OF_A_DISTRICT) | set(equity.COUNTS) == set(MEASURES)
