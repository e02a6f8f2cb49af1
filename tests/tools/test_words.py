"""The words of `make check`: a word that no school says and one that no dictionary knows are seen and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.words.__main__ import documents, english, offences, offences_of_document
from tests.tools.words.banned import EVERYWHERE, ON_SCREEN, banned
from tests.tools.words.spelling import FIELD, words


@pytest.mark.parametrize(
    ("message", "word", "instead"),
    [
        ("Somebody waits for %(name)s.", "Somebody", "someone"),
        ("Mail to %(address)s failed.", "Mail", "email"),
        ("Its mails are late.", "mails", "email"),
        ("The meeting was cancelled.", "cancelled", "canceled"),
        ("Whom to call", "Whom", "who"),
        ("Silence is a refusal", "Silence is a refusal", "no response means no"),
        ("Choose otherwise", "Choose otherwise", "a different response"),
    ],
)
def test_a_banned_word_is_named_with_its_message_and_what_to_say(message: str, word: str, instead: str) -> None:
    found = [line for line in offences([message]) if "use instead" in line]
    assert found, message
    assert message in found[0] and f"“{word}”" in found[0] and instead in found[0]


def test_a_misspelled_word_is_named_with_its_message() -> None:
    assert list(offences(["Choose a recomendation."])) == [
        "'Choose a recomendation.': “recomendation” is not in the American dictionary (or add it to words/field.txt)"
    ]
    assert any("“metres”" in line for line in offences(["Two metres away"]))


def test_what_is_right_is_left_alone() -> None:
    right = (
        "The mail server took it.",
        "Signed and sent back by mail",
        "%(whom)s received: <b>%(fields)s</b>",
        "How many students it can take at once.",
        "The guardian’s IEP, a re-entry circle, and 2FAS: see https://mails.example",
        "WSS_MAILS_COLOUR is not set",
    )
    assert list(offences(right)) == []


def test_what_the_program_fills_in_and_markup_are_no_words() -> None:
    assert words("<b>%(colour)s</b> of {whom}, orgs.csv and WSS_KEYS: don’t&nbsp;ask") == ["of", "and", "don't", "ask"]


def test_a_document_is_named_with_its_line_and_its_code_is_left_alone() -> None:
    text = "# Words\n\n`nobody` and [a link](nobody.md).\n\n```\neverybody\n```\n\nNobody reads it.\n"
    assert list(offences_of_document("docs/words.md", text)) == ["docs/words.md, line 9: “Nobody”, use instead: no one"]


def test_every_rule_catches_something_and_names_another_word() -> None:
    for row in EVERYWHERE + ON_SCREEN:
        assert not list(banned(row.instead, on_screen=row in ON_SCREEN)), row


def test_the_lists_are_whole() -> None:
    listed = FIELD.read_text("utf-8").split()
    assert listed == sorted(set(listed), key=lambda word: (word.lower(), word))
    assert len(english()) > 5000
    assert Path(documents()[0]).name == "README.md" and len(documents()) > 30
