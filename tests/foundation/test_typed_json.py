"""What is written as JSON reads back as the same value of the same type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import pytest

from wss_cases.foundation.typed_json import as_json, reader_of


class Door(StrEnum):
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class Inner:
    day: date | None
    door: Door


@dataclass
class Outer:
    inner: Inner | None
    pairs: list[tuple[date, int]]
    names: tuple[str, ...]
    by_door: Mapping[Door, Inner] = field(default_factory=dict)
    figures: dict[str, int | float | None] = field(default_factory=dict)


INNER = Inner(date(2026, 11, 24), Door.EMERGENCY)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Outer, Outer(INNER, [(date(2026, 8, 1), 3)], ("a", "b"), {Door.EMERGENCY: INNER}, {"a": 1.5, "b": None})),
        (Outer, Outer(None, [], ())),
        (date | None, None),
        (list[int], [1, 2]),
        (dict[str, Any], {"a": [1, {"b": None}]}),
    ],
)
def test_a_value_reads_back_as_it_was(kind: Any, value: object) -> None:
    read = reader_of(kind)(json.loads(as_json(value)))
    assert read == value and type(read) is type(value)
    if isinstance(read, Outer) and read.by_door:
        assert type(next(iter(read.by_door))) is Door and type(read.names) is tuple


def test_what_has_no_one_order_is_refused() -> None:
    with pytest.raises(TypeError):
        as_json({"a", "b"})
