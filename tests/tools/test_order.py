"""Each worker of a run begins with what takes long, and none is left with it at the end."""

from __future__ import annotations

from tests.support.order import rows

COSTS = {"a": 9.0, "b": 5.0, "c": 4.0, "x": 0.1, "y": 0.1, "z": 0.1}


def dealt(*groups: str, workers: int = 2) -> str:
    return "".join(rows(groups, COSTS.__getitem__, workers))


def test_long_ones_begin_every_row_and_are_shared_out() -> None:
    assert dealt("xy", "c", "b", "zxy", "a") == "axyzbcxy"


def test_a_group_stays_together() -> None:
    assert dealt("xbx", "a", "yyy") == "ayyxbxy"


def test_one_worker_makes_what_is_shared_while_the_others_begin_elsewhere() -> None:
    costs = {"a": 9.0, "b": 8.0, "c": 7.0, "d": 6.0}
    found = rows(["a", "b", "c", "d"], costs.__getitem__, 2, lambda test: test in "bd")
    assert "".join(found) == "dacb"


def test_what_wants_a_server_stays_in_as_few_rows_as_hold_it() -> None:
    groups = ["a", "b", "x", "c", "y", "z"]
    assert "".join(rows(groups, COSTS.__getitem__, 2, served=lambda test: test in "bx")) == "bcxayz"
    many = rows(["a", "b", "c"], COSTS.__getitem__, 3, served=lambda test: test in "abc")
    assert "".join(many) == "abc", "what is too much for one row is shared out like all else"


def test_nothing_is_lost_or_doubled() -> None:
    for workers in (1, 2, 3, 5):
        for groups in (("a",), ("x", "y"), ("aaaaaaa", "x"), ("abc", "xyz", "zzz", "b", "ca"), ()):
            assert sorted(dealt(*groups, workers=workers)) == sorted("".join(groups))
