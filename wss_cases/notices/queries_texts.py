"""Reading texts for families in their language."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.notices.models import FamilyText
from wss_cases.notices.rules_texts import Text

__all__ = ["Text", "family_text", "family_texts"]

FALLBACK = "en"


def family_text(code: str, language: str | None, day: date) -> Text:
    """Return a text in the language asked for, or else in English, as it stands on a day.

    Where `.language` differs from what was asked, the caller makes an `interpreter` follow-up. "es-MX" finds "es".
    Raises LookupError when there is no such text.
    """
    found = family_texts([code], language, day)
    if code not in found:
        raise LookupError(f"there is no text for families named {code!r} on {day.isoformat()}")
    return found[code]


def family_texts(codes: Collection[str], language: str | None, day: date) -> dict[str, Text]:
    """Return those of the named texts that exist, each as `family_text` would; one query."""
    wanted = _languages(language)
    statement = (
        select(FamilyText)
        .where(
            FamilyText.code.in_(sorted(codes)), FamilyText.language.in_(wanted), FamilyText.starts_on <= day
        )
        .order_by(FamilyText.starts_on)
    )
    newest = {(row.code, row.language): row for row in db.session.scalars(statement)}
    found: dict[str, Text] = {}
    for code in codes:
        row = next((newest[code, each] for each in wanted if (code, each) in newest), None)
        if row is not None:
            found[code] = Text(row.title, row.text, row.language)
    return found


def _languages(language: str | None) -> list[str]:
    """Return the languages to look in, best first: as asked, without its region, English."""
    asked = language or FALLBACK
    return list(dict.fromkeys([asked, asked.split("-")[0].split("_")[0], FALLBACK]))
