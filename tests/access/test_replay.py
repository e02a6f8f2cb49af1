"""Two people, one after the other: what the first did at one school tells the second nothing and changes nothing."""

from __future__ import annotations

import gc

import pytest
from flask import Flask, current_app

from tests.access.planted import planted_walk
from tests.access.replay import Replay
from tests.access.test_permission_walk import TABLE
from tests.mail.every_kind import CANARY
from tests.support.databases import Databases
from wss_cases.access.prepared import PreparedFor
from wss_cases.cases.case import queries
from wss_cases.foundation.errors import NotFound
from wss_cases.journal import acts
from wss_cases.journal import unit_of_work as unit
from wss_cases.web import errors

SECOND = (
    *("who left as coordinator", "administrator", "dean", "reporter", "partner", "sysadmin", "auditor"),
    *("district of another network", "without a role", "signed out"),
)
"""Who left works as a coordinator at the other school now, so no other coordinator is wanted."""
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")
"""What the database is asked is held against the permission map on both in test_agreement.py."""


@pytest.fixture(scope="module")
def replay(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """A demo district of its own, and what was done in one of its schools."""
    made = Replay(planted_walk(databases, backend, tmp_path_factory.mktemp("replay")))
    assert made.planted > 100
    assert made.shown > 100, "the first people see their own words"
    assert {deed.rule.endpoint for deed in made.deeds if deed.body} > {"case_acts.note", "police.ask"}
    # the rows of both schools stay to the end: looking through them for garbage costs more than the requests
    gc.collect()
    gc.freeze()
    return made


@pytest.mark.parametrize("name", SECOND)
def test_what_was_done_at_another_school_tells_nothing_and_changes_nothing(replay: Replay, name: str) -> None:
    differences = replay.differences(name, TABLE, turn=SECOND.index(name))
    assert not differences, "\n".join(differences)


ADDRESS, ACT = "casework.case", "case_acts.note"


@pytest.fixture
def planted(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> tuple[Flask, pytest.MonkeyPatch]:
    """Where a bug is planted, after it was seen that there is none."""
    assert replay.differences("administrator", TABLE, ADDRESS) == replay.differences("dean", TABLE, ACT) == []
    return replay.app, monkeypatch


def test_a_planted_leak_is_seen(replay: Replay, planted: tuple[Flask, pytest.MonkeyPatch]) -> None:
    app, monkeypatch = planted
    with monkeypatch.context() as forgotten:
        forgotten.setattr(queries, "visible_to", lambda statement, actor: statement)
        # the one that is kept was put together while the rule stood
        forgotten.setattr(queries, "_by_id", PreparedFor(queries._by_id.build))
        found = "\n".join(replay.differences("administrator", TABLE, ADDRESS))
        assert "200 is told in the body" in found
        assert "200 does not look missing" in found
        for module in (unit, acts):
            forgotten.setattr(module, "require", lambda actor, permission, record: None)
        assert "303 changes new ('case_note'" in "\n".join(replay.differences("dean", TABLE, ACT))
    with monkeypatch.context() as frank:
        frank.setitem(app.error_handler_spec[None][None], NotFound, lambda error: ("Not yours", 403))
        assert "403 does not look missing" in "\n".join(replay.differences("administrator", TABLE, ADDRESS))
    with monkeypatch.context() as talking:
        talking.setattr(errors, "_noted", lambda what: current_app.logger.warning("no %s", CANARY))
        assert "404 is told in the log" in "\n".join(replay.differences("administrator", TABLE, ADDRESS))
