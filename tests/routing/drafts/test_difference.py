"""What a draft changes, row by row."""

import random

import pytest

from wss_cases.routing.drafts.presenters import Change, differences

pytestmark = pytest.mark.any_database("no database is touched")


def rows(names: str, **words: str) -> list[dict[str, str]]:
    return [{"id": name, "word": words.get(name, "")} for name in names]


def told(old: list[dict[str, str]], new: list[dict[str, str]]) -> dict[str, list[str]]:
    return {one.row_id: list(one.changes) for one in differences(old, new)}


def test_each_row_says_what_becomes_of_it() -> None:
    assert told(rows("abcd"), rows("abcd")) == {}
    assert told(rows("abcd"), rows("acxd", c="new")) == {"c": ["changed"], "x": ["added"], "b": ["removed"]}
    assert told(rows("abcde"), rows("eabcd")) == {"e": ["moved"]}
    (gone,) = differences(rows("ab"), rows("a"))
    assert (gone.before, gone.after) == ({"id": "b", "word": ""}, None)


def test_whatever_is_shuffled_the_rows_that_stay_keep_their_order() -> None:
    chance = random.Random(7)
    for _each in range(200):
        old, new = ("".join(chance.sample("abcdefgh", chance.randint(0, 8))) for _side in "12")
        found = told(rows(old), rows(new))
        moved = {row_id for row_id, changes in found.items() if Change.MOVED in changes}
        both = set(old) & set(new)
        assert [one for one in old if one in both - moved] == [one for one in new if one in both - moved]
        assert {row_id for row_id, changes in found.items() if Change.ADDED in changes} == set(new) - set(old)
        assert {row_id for row_id, changes in found.items() if Change.REMOVED in changes} == set(old) - set(new)
        assert old != new or not found
