"""docs/security.md says of every item that binds here where it is kept and which test shows it, without phantoms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from tests.support.applications import make_app
from tests.support.databases import ROOT
from wss_cases.accounts import credentials as factor
from wss_cases.accounts.account import rules
from wss_cases.roster.oneroster import bundle

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
BINDING = """
6.1.1–3, 6.2.1–12, 6.3.1–4, 6.3.7–8*, 6.4.1–4, 6.4.6*, 6.5.1–5, 6.8.1–4, 10.1.2, 10.2.1–2, 10.5.1–5,
7.1.1–3, 7.2.1–4, 7.3.1–2, 7.4.1–5, 7.5.1–2, 7.5.3*, 7.6.1–2, 3.3.1–4, 3.5.1, 3.5.3,
8.1.1–2, 8.2.1–3, 8.3.1, 8.3.2*, 8.4.1, 15.3.1, 15.3.3, 15.4.2*,
1.2.1–5, 1.2.10*, 1.3.1, 1.3.5, 1.3.7, 1.3.11, 1.5.1–2, 2.1.1–3, 2.2.1–3, 2.3.1–4, 2.3.5*, 2.4.1, 15.3.7,
5.1.1, 5.2.1–3, 5.2.4*, 5.3.1–2, 5.4.1–3, 16.1.1, 16.2.1–5, 16.3.1–4, 16.4.1–3, 16.5.1–3, 16.5.4*,
3.4.1–6, 3.7.2, 4.1.1, 4.1.3, 11.4.2, 11.5.1, 12.2.1, 12.3.1, 13.2.2–3, 13.3.1–2, 13.4.1–5,
14.1.1–2, 14.2.1–4, 14.2.5–7*, 14.3.1–3, 15.1.1–2, 15.2.1–3, 15.3.4
"""
ITEM = re.compile(r"\d+\.\d+\.\d+\*?")
NAMED = re.compile(r"`([^`\s]+)`")
AN_OPEN_LINE = re.compile(r"^- ([\d., *\n]+):", re.MULTILINE)
A_FILE = re.compile(r"[\w./-]+\.(?:py|md|txt|js|html|toml|lock)(?:::\w+)?")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    item: str
    cells: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether the item is said to be unmet, at least in part."""
        return "**open**" in self.cells[-1]

    @property
    def tests(self) -> list[str]:
        """The tests named as proof."""
        return [name for name in NAMED.findall(self.cells[-1]) if name.startswith("tests/")]


def binding() -> Iterator[str]:
    """Every item that binds here, ranges written out, the star of level 3 kept."""
    for part in BINDING.replace("\n", " ").split(","):
        star = "*" if "*" in part else ""
        first, _, last = part.strip().rstrip("*").partition("–")
        chapter, section, number = first.split(".")
        yield from (f"{chapter}.{section}.{at}{star}" for at in range(int(number), int(last or number) + 1))


def rows(page: str) -> list[Row]:
    """The lines of the table of items."""
    split = [[cell.strip() for cell in line.strip("|\n ").split(" | ")] for line in page.splitlines() if "|" in line]
    return [Row(cells[0], tuple(cells[1:])) for cells in split if ITEM.fullmatch(cells[0])]


def problems(page: str) -> list[str]:
    """What is wrong with the page: items missing, doubled or unknown, empty cells, phantoms, unproved claims."""
    found = []
    items = [row.item for row in rows(page)]
    wanted = list(binding())
    found += [f"{item}: not in the table" for item in wanted if item not in items]
    found += [f"{item}: does not bind, or its star is wrong" for item in items if item not in wanted]
    found += [f"{item}: twice" for item in set(items) if items.count(item) > 1]
    for row in rows(page):
        if len(row.cells) != 3 or not all(row.cells):
            found.append(f"{row.item}: a cell is empty")
        elif not row.is_open and not row.tests:
            found.append(f"{row.item}: no test, and not open")
    part = page.partition("## Open")[2].partition("\n## ")[0]
    listed = {item for line in AN_OPEN_LINE.findall(part) for item in ITEM.findall(line)}
    found += [f"{item}: open in one place only" for item in listed ^ {row.item for row in rows(page) if row.is_open}]
    found += [f"{name}: no such thing" for name in NAMED.findall(page) if A_FILE.fullmatch(name) and not exists(name)]
    return found


@cache
def exists(name: str) -> bool:
    """Whether a file is there, and the function named after `::` in it."""
    path, _, function = name.partition("::")
    places = [ROOT / path, ROOT / "wss_cases" / path]
    if "/" not in path:
        places += (ROOT / "wss_cases").rglob(path)
    return any(place.is_file() and (not function or function in functions(place)) for place in places)


@cache
def functions(path: Path) -> frozenset[str]:
    """The functions and classes at the top of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def test_every_binding_item_stands_in_the_table_once() -> None:
    assert not problems(PAGE), "\n".join(problems(PAGE))
    assert sum(not row.is_open for row in rows(PAGE)) > 100


A_ROW = next(line for line in PAGE.splitlines(keepends=True) if line.startswith("| 3.3.2 |"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "3.3.2: not in the table"),
        (A_ROW * 2, "3.3.2: twice"),
        (A_ROW.replace("3.3.2", "3.3.2*"), "its star is wrong"),
        (A_ROW + A_ROW.replace("3.3.2", "9.9.9"), "9.9.9: does not bind"),
        (A_ROW.replace("`config.py`", ""), "3.3.2: a cell is empty"),
        (A_ROW.replace("`config.py`", "`web/no_such.py`"), "web/no_such.py: no such thing"),
        (A_ROW.replace("::test_", "::test_no_"), "no such thing"),
        (re.sub(r"`tests[^`]*`", "shown by use", A_ROW), "3.3.2: no test, and not open"),
        (re.sub(r"`tests[^`]*`", "**open**", A_ROW), "3.3.2: open in one place only"),
    ],
)
def test_a_wrong_line_is_seen(wrong: str, words: str) -> None:
    assert any(words in problem for problem in problems(PAGE.replace(A_ROW, wrong)))


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as wired, on no database."""
    return make_app("sqlite:///nowhere/at-all.sqlite3", tmp_path_factory.mktemp("instance"))


def test_the_page_says_the_figures_of_the_code(wired: Flask) -> None:
    def minutes(span: object) -> int:
        return int(span.total_seconds() // 60)  # type: ignore[attr-defined]

    said = " ".join(PAGE.split())
    for words in (
        f"{rules.PASSWORD_MINIMUM} characters, or {rules.PASSWORD_MINIMUM_BESIDE_FACTOR} beside a second factor",
        f"{rules.PASSWORD_MAXIMUM} at most",
        f"{rules.FAILURES_PER_ACCOUNT} wrong passwords for one account, or {rules.FAILURES_PER_ADDRESS} from one",
        f"within {minutes(rules.THROTTLE_WINDOW)} minutes",
        f"{factor.MOST_FAILURES} wrong codes in a row",
        f"{minutes(factor.HALF_LASTS)} minutes for the code",
        f"{rules.INVITATION_LASTS.days} days, once",
        f"the {len(rules.common_passwords()):,} known ones",
        f"fewer than 10^{len(str(rules.GUESSES_ALONE)) - 1} guesses (10^{len(str(rules.GUESSES_BESIDE_FACTOR)) - 1}",
        f"{minutes(wired.config['SESSION_IDLE'])} minutes idle and "
        f"{minutes(wired.config['SESSION_ABSOLUTE']) // 60} hours in all",
        f"ask again after {factor.FRESH_MINUTES} minutes",
        f"{wired.config['MAX_CONTENT_LENGTH'] // 1024**2} MB and {wired.config['MAX_FORM_PARTS']:,} fields",
        f"{bundle.MOST_MEMBERS:,} files of {bundle.LARGEST_FILE // 1024**3} GB",
        f"{bundle.SUSPECT_RATIO}-fold",
        f"{rules.FEED_READINGS} times in {minutes(rules.FEED_WINDOW)} minutes",
    ):
        assert words in said, words
