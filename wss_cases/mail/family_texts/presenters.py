"""How texts for families read in their list: their names, the languages, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from babel.localedata import locale_identifiers

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.mail.common.models import FamilyText
from wss_cases.mail.common.states import GROUP_LABELS, TEXT_LABELS
from wss_cases.mail.family_texts.queries import FALLBACK
from wss_cases.mail.family_texts.rules import Text
from wss_cases.roster.directory.pages import language_words

LISTED = 8
"""Languages of families that are offered besides those in which there are texts."""


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
    """Return the languages to look at besides English, with how many texts each has: those with texts, then those
    most families speak.
    """
    codes = len({row.code for row in rows})
    written = sorted({row.language for row in rows} - {FALLBACK})
    more = [tag for tag in spoken if tag not in (*written, FALLBACK)][:LISTED]
    return [
        {
            "tag": tag,
            "words": language_words(tag),
            "guardians": spoken.get(tag, 0),
            "done": len({row.code for row in rows if row.language == tag}),
            "all": codes,
        }
        for tag in [*written, *more]
    ]


def groups(rows: Sequence[FamilyText], language: str, today: date) -> list[dict[str, Any]]:
    """Return the texts in groups, each with what stands in English and in one language: in force, next, or neither."""
    found: dict[str, list[dict[str, Any]]] = {}
    for code in sorted({row.code for row in rows}, key=_place):
        cells = [
            _cell([row for row in rows if (row.code, row.language) == (code, tag)], today)
            for tag in (FALLBACK, language)
        ]
        found.setdefault(_group(code), []).append(
            {"code": code, "what": code_words(code, rows), "english": cells[0], "other": cells[1]}
        )
    return [{"title": str(GROUP_LABELS[name]), "rows": found[name]} for name in GROUP_LABELS if name in found]


def _group(code: str) -> str:
    parts = code.split(".")
    name = ".".join(parts[:2]) if len(parts) == 3 else parts[0]
    return name if name in GROUP_LABELS else "letter" if code in TEXT_LABELS else "other"


def _place(code: str) -> tuple[int, str]:
    return (list(GROUP_LABELS).index(_group(code)), code)


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
