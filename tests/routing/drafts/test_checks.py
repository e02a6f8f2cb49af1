"""Trying a rule set costs seconds of processor, and every dean may ask: the same rows are tried once."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from wss_cases.routing.drafts import pages


@pytest.mark.any_database("no database is touched")
def test_the_same_rows_are_tried_once_however_often_and_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []
    asking = threading.Semaphore(0)

    def slow(table: Any) -> list[Any]:
        # not done before all have asked
        tried.append(table)
        for _each in range(8 if len(tried) == 1 else 0):
            assert asking.acquire(timeout=5)
        return []

    monkeypatch.setattr(pages, "table_of", lambda rule_set: asking.release())
    monkeypatch.setattr(pages, "read_table", lambda name, number, rows: (name, number, rows))
    monkeypatch.setattr(pages, "check_table", slow)
    pages._tried.cache_clear()

    def ask(*rows: str) -> None:
        rule_set: Any = SimpleNamespace(name="first", number=1, table_rows={"rows": list(rows)})
        pages.findings_of(rule_set)

    together = [threading.Thread(target=ask, args=("a", "b")) for _each in range(8)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert len(tried) == 1
    ask("a", "c")
    assert len(tried) == 2, "other rows are tried anew"
    pages._tried.cache_clear()
