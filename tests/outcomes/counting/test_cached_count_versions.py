"""A cached count that counts otherwise has another version: else figures of the old way would be shown for weeks."""

from __future__ import annotations

from dataclasses import make_dataclass

import pytest
from flask import Flask

from tests.outcomes.counting.cached_count_digests import COUNTS, code_of, digest_of, recorded, shape_of
from wss_cases.outcomes.counting.cache import VERSIONS
from wss_cases.outcomes.counting.repair import queries as repair_queries

RECORD = "python -m tests.outcomes.counting.cached_count_digests"


def test_every_cached_count_is_watched() -> None:
    assert set(COUNTS) == set(VERSIONS) == set(recorded())


def test_a_count_that_changed_has_a_raised_version(session: object) -> None:
    for name, (version, digest) in recorded().items():
        if version == VERSIONS[name]:
            words = f"what {name!r} counts has changed: raise its version, then run `{RECORD}`"
            assert digest_of(name) == digest, words
        assert VERSIONS[name] == version, f"{name!r} has a version that is not recorded: run `{RECORD}`"


def test_what_moves_figures_moves_the_digest(app: Flask, session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: digest_of(name) for name in ("terms", "follow_ups", "equity")}
    monkeypatch.setattr(repair_queries, "KEPT", (repair_queries.TermState.KEPT,))
    after = {name: digest_of(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == {"terms", "equity"}


def test_only_what_a_rule_does_is_in_its_words() -> None:
    plain = "LEAST = 10\ndef share(part):\n    return part if part > LEAST else None\n"
    told = (
        '"""A module."""\nfrom decimal import Decimal\nLEAST = 10  # ten\n"""The least."""\n\n\n'
        '@cached_count("share", version=2, depends_on=by_days)\ndef share(part):\n    """Return it."""\n'
        "    # too few tell of one child\n    return (\n        part if part > LEAST else None\n    )\n"
    )
    assert code_of(told) == code_of(plain)
    assert code_of(plain.replace(">", ">=")) != code_of(plain)
    assert code_of(plain.replace("10", "9")) != code_of(plain)


def test_a_new_field_moves_the_shape() -> None:
    more = make_dataclass("Terms", [("kept", int), ("late", int), ("due", int), ("open", int)])
    assert shape_of(dict[str, more]) != shape_of(dict[str, repair_queries.Terms])
    moved = make_dataclass("Elsewhere", [("kept", int), ("late", int), ("due", int)])
    assert shape_of(dict[str, moved]) == shape_of(dict[str, repair_queries.Terms])
