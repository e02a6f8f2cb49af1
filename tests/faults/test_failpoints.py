"""Failpoints are armed by a test alone, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from wss_cases.foundation import operations


@pytest.mark.parametrize("environment", ["development", "production", ""])
def test_only_a_test_arms_one(tmp_path: Path, environment: str) -> None:
    settings = {
        "WSS_FAILPOINT": "unit.before_commit:kill",
        "WSS_KEYS": "a key that is long enough and not one letter",
        "PUBLIC_URL": "https://wss.example",
    }
    assert config.from_environment(settings | {"WSS_ENV": environment}, tmp_path)["WSS_FAILPOINT"] == ""
    assert config.from_environment(settings | {"WSS_ENV": "test"}, tmp_path)["WSS_FAILPOINT"]


@pytest.mark.parametrize(
    "text", ["nowhere:kill", "unit.before_commit", "unit.before_commit:stop", "unit.before_commit:kill:0"]
)
def test_a_wrong_one_is_refused_by_name(text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        operations.configure(text)


def test_the_nth_time_fails_and_only_once() -> None:
    operations.configure("unit.before_commit:raise:3")
    try:
        for _turn in range(2):
            operations.reach("unit.before_commit")
        with pytest.raises(operations.FailpointReached):
            operations.reach("unit.before_commit")
        operations.reach("unit.before_commit")
    finally:
        operations.configure("")
