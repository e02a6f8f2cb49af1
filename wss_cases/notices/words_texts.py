"""How texts for families read in their list: their names, the languages, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from babel.localedata import locale_identifiers

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.notices.models import FamilyText
from wss_cases.notices.rules_texts import Text
from wss_cases.notices.states import TEXT_LABELS
from wss_cases.roster.words import language_words

LISTED = 6
"""Languages of families that the list shows besides those in which there are texts."""


def code_words(code: str, rows: Iterable[FamilyText]) -> str:
    """Return what a text is for: its label, else its own title or first line."""
    if code in TEXT_LABELS:
        return str(TEXT_LABELS[code])
    own = next((row for row in rows if row.code == code and row.language == "en"), None)
    own = own or next((row for row in rows if row.code == code), None)
    if own is None:
        return code
    return own.title or next(iter(Text("", own.text, own.language).text.splitlines()), code)


def language_rows(rows: Sequence[FamilyText], spoken: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the languages to show: English, those with texts, then those most families speak."""
    written = dict.fromkeys(["en", *sorted({row.language for row in rows})])
    more = [tag for tag in spoken if tag not in written][:LISTED]
    return [
        {"tag": tag, "words": language_words(tag), "guardians": spoken.get(tag, 0), "written": tag in written}
        for tag in [*written, *more]
    ]


def table(
    rows: Sequence[FamilyText], columns: Sequence[Mapping[str, Any]], today: date
) -> list[dict[str, Any]]:
    """Return a line for each text, with what stands in each language: the version in force, the next, or neither."""
    codes = sorted({row.code for row in rows}, key=lambda code: (code not in TEXT_LABELS, code))
    found = []
    for code in codes:
        cells = [
            _cell([row for row in rows if (row.code, row.language) == (code, column["tag"])], today)
            for column in columns
        ]
        found.append({"code": code, "what": code_words(code, rows), "cells": cells})
    return found


def _cell(versions: Sequence[FamilyText], today: date) -> dict[str, Any]:
    now = [row for row in versions if row.starts_on <= today]
    ahead = [row for row in versions if row.starts_on > today]
    return {
        "now": {"id": now[-1].id, "from": day_words_with_year(now[-1].starts_on)} if now else None,
        "ahead": {"id": ahead[0].id, "from": day_words_with_year(ahead[0].starts_on)} if ahead else None,
    }


def language_choices(rows: Sequence[FamilyText], spoken: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return (tag, name) of every language a text may be written in: those of texts and families first."""
    first = dict.fromkeys([*sorted({row.language for row in rows}), *spoken])
    known = {each.replace("_", "-") for each in locale_identifiers() if _is_language(each)}
    rest = sorted((tag for tag in known if tag not in first), key=lambda tag: language_words(tag).casefold())
    return [(tag, language_words(tag)) for tag in [*first, *rest]]


def _is_language(identifier: str) -> bool:
    # a language alone, or with a script (zh-Hans); countries make no difference to a text
    parts = identifier.split("_")
    return len(parts) == 1 or (len(parts) == 2 and len(parts[1]) == 4)
