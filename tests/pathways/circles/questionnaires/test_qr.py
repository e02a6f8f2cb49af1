"""The code to scan: module for module what another maker of codes draws, for a code of each shape."""

import hashlib

import pytest

from wss_cases.foundation.qr import QUIET, matrix, svg

TEXT = "https://wss.example.org/q/k7m2-9xqp-4t8w-hz3n-abcd" * 6
DRAWN = {
    1: "576aa0d4f321153f980c57293ad2fc5f",
    20: "08e6f8cd94550d844ea55e7375458654",
    55: "2682f571cbf8c33464a9991f44d94d67",
    80: "c02ef4f3f2acc8ffb226e0003b2c8fed",
    107: "672c9e62e8954a170ecf86b40b446e12",
    190: "8716b826cccdf8c287442e6ac5c30bda",
}
"""Letters of the text to the digest of its modules as the package "qrcode" 8.2 draws them."""


@pytest.mark.parametrize("letters", DRAWN)
def test_modules_are_those_of_another_maker(letters):
    rows = "\n".join("".join("#" if dark else "." for dark in row) for row in matrix(TEXT[:letters]))
    assert hashlib.sha256(rows.encode()).hexdigest()[:32] == DRAWN[letters]


def test_the_picture_has_a_square_for_each_dark_module():
    rows = matrix("abc")
    drawn = svg("abc")
    assert drawn.count("h1v1h-1z") == sum(map(sum, rows))
    side = len(rows) + 2 * QUIET
    assert f'viewBox="0 0 {side} {side}"' in drawn


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="too long"):
        matrix("x" * 214)
