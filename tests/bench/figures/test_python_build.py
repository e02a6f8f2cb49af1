"""What a Python's own words tell of how it was built."""

from __future__ import annotations

import pytest

from tests.bench.figures.python_build import words_of

DEBIAN = ["--enable-shared", "--prefix=/usr", "--with-dbmliborder=bdb:gdbm", "--without-ensurepip"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--enable-optimizations"], "built with profiles"),
        (["--enable-optimizations", "--with-lto=full"], "built with profiles and link-time optimization"),
        (DEBIAN, "a package of Debian or Ubuntu, whose own rules build with profiles"),
        (
            ["--prefix=/usr", "--enable-shared"],
            "NOT built with profiles: figures are of a slower Python than they need to be",
        ),
        ([], "NOT built with profiles: figures are of a slower Python than they need to be"),
    ],
)
def test_it_is_told_by_how_it_was_configured(arguments: list[str], words: str) -> None:
    assert words_of(arguments) == words
