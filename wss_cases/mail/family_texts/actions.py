"""Writing texts for families: a new version begins on a day; what was shown before stays as it was."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.common.models import FamilyText
from wss_cases.mail.family_texts.rules import unknown_placeholders


@dataclass(frozen=True)
class Wording:
    """A title and a text from a day on."""

    title: str
    text: str
    starts_on: date


@use_case
def add_text(uow: UnitOfWork, code: str, language: str, wording: Wording) -> int:
    """Add a language, or a newer version of one. Raises NotFound for a code that no page shows, and Refused."""
    first = uow.session.scalars(select(FamilyText.id).where(FamilyText.code == code).order_by(FamilyText.id)).first()
    # the oldest version is the lock of its code, so that two people cannot add the same day
    uow.load(FamilyText, existing(first), Permission.FAMILY_TEXT_EDIT)
    taken = _first_days(uow, code, language)
    _check(code, wording, taken, today_at(None, uow.now))
    row = FamilyText(code=code, language=language, **vars(wording))
    uow.add(row)
    uow.record(row, "family_text.added", language=language, starts_on=wording.starts_on.isoformat())
    return row.id


@use_case
def change_text(uow: UnitOfWork, text_id: int, wording: Wording) -> int:
    """Change a version that nobody has been shown yet. Raises NotFound, Stale, Refused once it has begun."""
    row = uow.load(FamilyText, text_id, Permission.FAMILY_TEXT_EDIT, uow.version)
    today = today_at(None, uow.now)
    if row.starts_on <= today:
        raise Refused("", _("Families have been shown this version. Write a new one."))
    _check(row.code, wording, _first_days(uow, row.code, row.language) - {row.starts_on}, today)
    row.title, row.text, row.starts_on = wording.title, wording.text, wording.starts_on
    uow.record(row, "family_text.changed")
    return row.id


def _first_days(uow: UnitOfWork, code: str, language: str) -> set[date]:
    days = select(FamilyText.starts_on).where(FamilyText.code == code, FamilyText.language == language)
    return set(uow.session.scalars(days))


def _check(code: str, wording: Wording, taken: set[date], today: date) -> None:
    """Refuse placeholders nobody fills, and a first day that would change what was shown. `taken`: other versions'."""
    for field, text in (("title", wording.title), ("text", wording.text)):
        for name in unknown_placeholders(code, text):
            raise Refused(field, _("No page fills in “%(name)s” here. Remove it.", name=f"%({name})s"))
    if taken and wording.starts_on <= today:
        raise Refused("starts_on", _("Choose a day after today: families see the version before until then."))
    if wording.starts_on < today:
        raise Refused("starts_on", _("Choose today or a later day."))
    if wording.starts_on in taken:
        raise Refused("starts_on", _("Another version begins on that day. Choose another one."))
