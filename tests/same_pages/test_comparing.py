"""The comparing of recordings sees what a person would see, and only that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.same_pages.__main__ import main
from tests.same_pages.answers import file_name
from tests.same_pages.comparing import compare, report
from tests.same_pages.reading import page_lines

PAGE = """<html lang="en"><head><title>Case 7</title></head><body><main>
<h1>Case <em>7</em></h1>
<p>Open since <a href="/students/3" title="The student">Monday</a>.</p>
<form method="post" action="/cases/7/close"><input type="hidden" name="csrf_token" value="abc">
<label for="why">Why</label><input id="why" name="why" aria-describedby="hint" placeholder="Reason">
<p id="hint">One sentence.</p><button>Close</button></form>
<script src="/static/@0123abcd/x.js"></script><img src="/static/@0123abcd/seal.svg" alt="The seal">
</main></body></html>"""
OTHERS = {"es/%2F": "Casos", "en/%2F": "Cases", "en/%2Fcases%2F7": "Case 7"}


def recording(folder: Path, **changed: str) -> Path:
    """Write a recording in which a page is the example and others are short; return its folder."""
    for name, text in {**OTHERS, "en/%2Fcases": "\n".join(page_lines(PAGE)), **changed}.items():
        path = folder / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"GET\n{text}\nMy account\n", encoding="utf-8")
    return folder


def test_equal_recordings_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = recording(tmp_path / "a"), recording(tmp_path / "b")
    assert main(["compare", str(first), str(second)]) == 0
    assert capsys.readouterr().out == (
        "4 files compared, 0 differ (0 differences of words, 0 of spaces); 0 only in the first, 0 only in the second\n"
    )


def test_a_planted_word_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = recording(tmp_path / "a")
    second = recording(tmp_path / "b", **{"en/%2Fcases": "\n".join(page_lines(PAGE.replace("since", "from")))})
    assert main(["compare", str(first), str(second)]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == ["@@ words, 1 times in 1 files: en/%2Fcases.txt", "-Open since Monday.", "+Open from Monday."]
    assert "1 differ (1 differences of words, 0 of spaces)" in printed[-1]


def test_one_difference_in_many_files_is_printed_once(tmp_path: Path) -> None:
    first, second = recording(tmp_path / "a"), recording(tmp_path / "b")
    for path in second.rglob("*.txt"):
        path.write_text(path.read_text(encoding="utf-8").replace("My account", "Account"), encoding="utf-8")
    printed = list(report(compare(first, second)))
    assert len(printed) == 4
    assert printed[0].startswith("@@ words, 4 times in 4 files: ")


def test_spaces_are_told_from_words(tmp_path: Path) -> None:
    first = recording(tmp_path / "a", **{"en/%2Fcases": "Overdue by 3 daysRecord it"})
    second = recording(tmp_path / "b", **{"en/%2Fcases": "Overdue by 3 days\nRecord it"})
    result = compare(first, second)
    assert not result.same
    assert next(report(result)).startswith("@@ spaces only")


def test_an_address_that_only_one_has_is_named(tmp_path: Path) -> None:
    first, second = recording(tmp_path / "a", **{"en/%2Fold": "Old"}), recording(tmp_path / "b")
    assert next(report(compare(first, second))) == "only in the first: en/%2Fold.txt"
    assert next(report(compare(second, first))) == "only in the second: en/%2Fold.txt"
    assert main(["compare", str(first), str(second)]) == 1


def test_nothing_is_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(recording(tmp_path / "a")), str(tmp_path / "nowhere")]) == 2
    assert "holds no recording" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Monday", "Tuesday"),
        ('title="The student"', 'title="A student"'),
        ("/students/3", "/students/4"),
        ('placeholder="Reason"', ""),
        ('alt="The seal"', 'alt=""'),
        ("One sentence.", "Two sentences."),
        ('aria-describedby="hint"', ""),
        ("<button>Close</button>", "<button disabled>Close</button>"),
        ("/cases/7/close", "/cases/7/end"),
        ('name="why"', 'name="reason"'),
        ("<h1>Case <em>7</em></h1>", "<h2>Case <em>7</em></h2>"),
        ("Case 7</title>", "Case</title>"),
        ('lang="en"', 'lang="es"'),
        ("Case <em>", "Case<em>"),
    ],
)
def test_what_a_person_meets_is_read(old: str, new: str) -> None:
    assert old in PAGE
    assert page_lines(PAGE.replace(old, new)) != page_lines(PAGE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value="abc"', 'value="def"'),
        ("@0123abcd", "@4567cdef"),
        ("<p>Open", "<p>\n      Open"),
        ("</p>\n<form", "</p>\n\n  <form"),
        ("<h1>", '<h1 class="h4" data-x="1">'),
        ('"hint"', '"close-hint"'),
        ("<p>Open since", "<!-- a remark --><p>Open since"),
    ],
)
def test_what_nobody_meets_is_not_read(old: str, new: str) -> None:
    assert old in PAGE
    assert page_lines(PAGE.replace(old, new)) == page_lines(PAGE)


def test_two_long_addresses_have_two_files() -> None:
    long = "/incidents?" + "&".join(f"behavior={number}" for number in range(60))
    assert file_name(long + "1") != file_name(long + "2")
    assert len(file_name(long)) < 255
