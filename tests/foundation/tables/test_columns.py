"""Which columns a list shows, what a person's choice keeps, and the order that an address asks for."""

from __future__ import annotations

import pytest

from wss_cases.foundation.tables.columns import Cell, Column, Order, in_parts, order_in, shown_columns, with_choice

COLUMNS = (
    Column("who", "Who", sorts=True, always=True),
    Column("what", "What", sorts=True),
    Column("note", "Note"),
    Column("rare", "Rare", off=True),
)


def keys(choices: str, name: str = "cases") -> list[str]:
    return [one.key for one in shown_columns(name, COLUMNS, choices)]


def test_a_choice_is_kept_for_each_list_apart() -> None:
    assert keys("") == ["who", "what", "note"], "what is off is shown to whoever asks for it"
    chosen = with_choice("cases", COLUMNS, ["rare", "what"], "reports=who,when")
    assert keys(chosen) == ["who", "what", "rare"]
    assert keys(chosen, "people") == ["who", "what", "note"]
    assert "reports=who,when" in chosen
    assert with_choice("cases", COLUMNS, ["what", "note"], chosen) == "reports=who,when", "as everyone sees it"


def test_no_one_leaves_out_what_leads_to_a_row_and_nothing_strange_is_kept() -> None:
    assert with_choice("cases", COLUMNS, [], "") == "cases=who"
    assert with_choice("cases", COLUMNS, ["x;y=z", "", "<b>", "what"], "") == "cases=who,what"
    for odd in ("cases", "cases=", "=", ";;;", "cases=gone,older", "cases=what;cases=note"):
        assert keys(odd)[0] == "who", odd


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("what", Order("what")),
        ("-what", Order("what", True)),
        ("--what", None),
        ("note", None),
        ("", None),
        ("-", None),
    ],
)
def test_a_list_stands_in_the_order_of_a_column_that_sorts(asked: str, wanted: Order | None) -> None:
    own = Order("who", down=True)
    found = order_in(asked, COLUMNS, own)
    assert found == (wanted or own)
    assert order_in(found.parameter, COLUMNS, own) == found
    assert found.turned.turned == found


def test_a_long_list_is_put_into_words_part_by_part() -> None:
    seen: list[int] = []

    def cells(part: list[int]) -> list[dict[str, Cell]]:
        seen.append(len(part))
        return [{"who": Cell(str(number))} for number in part]

    rows = in_parts(list(range(1_100)), cells)  # type: ignore[arg-type]
    assert seen == [500, 500, 100]
    assert [row["who"].text for row in rows] == [str(number) for number in range(1_100)]
