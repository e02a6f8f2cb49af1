"""Reading texts for families in their language."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import db
from wss_cases.mail.common.models import FamilyText
from wss_cases.mail.family_texts.rules import Text
from wss_cases.roster.directory.models import Guardian

__all__ = ["Text", "all_texts", "family_text", "family_texts", "get_text", "languages_of_families", "versions_of"]

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
        .where(FamilyText.code.in_(sorted(codes)), FamilyText.language.in_(wanted), FamilyText.starts_on <= day)
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


def get_text(actor: Actor, text_id: int) -> FamilyText:
    """Return one version of a text. Raises NotFound."""
    row = db.session.get(FamilyText, text_id)
    require(actor, Permission.FAMILY_TEXT_EDIT, row)
    assert row is not None
    return row


def all_texts() -> list[FamilyText]:
    """Return every version of every text, by code, language and first day."""
    by = (FamilyText.code, FamilyText.language, FamilyText.starts_on)
    return list(db.session.scalars(select(FamilyText).order_by(*by)))


def versions_of(code: str, language: str) -> list[FamilyText]:
    """Return the versions of a text in one language, the newest first."""
    statement = select(FamilyText).where(FamilyText.code == code, FamilyText.language == language)
    return list(db.session.scalars(statement.order_by(FamilyText.starts_on.desc())))


def languages_of_families() -> dict[str, int]:
    """Return how many guardians speak each language on record, most first; those not on record are left out."""
    statement = select(Guardian.language, func.count()).where(Guardian.language.is_not(None))
    counted = db.session.execute(statement.group_by(Guardian.language)).all()
    found = {str(row[0]): int(row[1]) for row in counted if row[0]}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
