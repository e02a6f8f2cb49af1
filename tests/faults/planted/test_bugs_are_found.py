"""The oracles are not to be believed before they have found bugs that were planted for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.planted import bugs as plants
from tests.faults.planted.rounds import REMINDING, SAVING, find_in_reminding, find_in_saving
from tests.support.databases import Databases


def test_each_planted_bug_is_looked_for() -> None:
    assert {*REMINDING, *SAVING} == set(plants.PLANTS)


@pytest.mark.parametrize("name", REMINDING)
def test_a_planted_bug_in_reminders_is_found(name: str, databases: Databases, tmp_path: Path) -> None:
    database = databases.copy(databases.template("sqlite"))
    find_in_reminding(name, database, tmp_path)


@pytest.mark.parametrize("name", SAVING)
def test_a_planted_bug_in_saving_is_found(name: str, databases: Databases, tmp_path: Path) -> None:
    database = databases.copy(databases.template("sqlite"))
    assert find_in_saving(name, database, tmp_path) > 0
