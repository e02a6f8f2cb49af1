"""The commands of reminders say what is wrong in them, and print no document then."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["sweep", "--now", "yesterday"], "yesterday"),
        (["sweep", "--now", "2026-02-30T10:00"], "2026-02-30T10:00"),
        (["sweep", "--now", "9999-12-31T23:59-14:00", "--json"], "9999-12-31T23:59-14:00"),
        (["sweep", "--never"], "--never"),
        (["pause"], "--reason"),
        (["pause", "--reason", "x", "--release"], "--release"),
    ],
)
def test_wrong_use_is_named_and_prints_nothing(app: Any, arguments: list[str], named: str) -> None:
    done = app.test_cli_runner().invoke(args=["reminders", *arguments])
    assert (done.exit_code, done.stdout) == (2, "")
    assert named in done.stderr
