"""Pure reading of amounts of money and of positions: whole cents, and hundredths of a full-time position."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from wtforms import Field, ValidationError

from wss_cases.foundation.clock import school_year_bounds, year_named
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l

MOST_CENTS: Final = 10**12
"""Ten billion dollars: more than any district has."""
MOST_HUNDREDTHS: Final = 10_000
LONGEST_TYPED: Final = 40
YEARS_BACK, YEARS_AHEAD = 6, 3
"""Of a school year to which money can belong."""

_AMOUNT = re.compile(r"\$? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{2}))?")
_SHARE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?")


class Unreadable(ValueError):
    """What was typed is no amount that can be taken; the message says why, to whoever typed it."""


def cents_in(text: str) -> int:
    """Return the cents of an amount in dollars as people write it: "$1,234.56", "1234.56", "1,234".

    Raises Unreadable for anything else: what could be read in two ways is not guessed.
    """
    plain = text.strip()
    if not plain:
        raise Unreadable(_("Enter an amount."))
    if plain[:2] in ("$-", "$(") or plain[0] in "-−(":
        raise Unreadable(_("An amount cannot be less than 0."))
    found = _AMOUNT.fullmatch(plain) if len(plain) <= LONGEST_TYPED else None
    if found is None:
        raise Unreadable(_("Write the amount in dollars, such as $1,234.56."))
    cents = int(found[1].replace(",", "")) * 100 + int(found[2] or 0)
    if cents > MOST_CENTS:
        raise Unreadable(_("This amount is too large."))
    return cents


def money_words(cents: int) -> str:
    """Return an amount as "$1,234.56", whole dollars without cents, what is taken back with a minus: "-$50"."""
    dollars, rest = divmod(abs(cents), 100)
    words = f"${dollars:,}" if not rest else f"${dollars:,}.{rest:02d}"
    return f"-{words}" if cents < 0 else words


def hundredths_in(text: str) -> int | None:
    """Return a share of a full-time position in hundredths: "0.5" is 50; None for nothing. Raises Unreadable."""
    plain = text.strip()
    if not plain:
        return None
    found = _SHARE.fullmatch(plain)
    hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if not 0 < hundredths <= MOST_HUNDREDTHS:
        raise Unreadable(_("Write the share of a full-time position, such as 1 or 0.5."))
    return hundredths


def hundredths_words(hundredths: int | None) -> str:
    """Return a share of a full-time position as "0.5"; nothing for None."""
    return "" if hundredths is None else f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def money_years(this: str) -> list[str]:
    """Return the school years to which money can belong, beside the one it is, the latest first."""
    first = int(this[:4])
    return [year_named(year) for year in range(first + YEARS_AHEAD, first - YEARS_BACK - 1, -1)]


def check_year(year: str, this: str) -> None:
    """Raise Unreadable for what is no school year, or one to which no money of a plan can belong."""
    try:
        school_year_bounds(year)
    except ValueError as error:
        raise Unreadable(_("A school year is written 2026-27.")) from error
    known = money_years(this)
    if year not in known:
        raise Unreadable(_("Choose a school year from %(first)s to %(last)s.", first=known[-1], last=known[0]))


def check_day(day: date, today: date) -> None:
    """Raise Unreadable for a day that money cannot have been committed or spent on."""
    if day > today:
        raise Unreadable(_("The date cannot be after today."))
    if day.year < today.year - YEARS_BACK:
        raise Unreadable(_("Choose a date from %(year)s on.", year=today.year - YEARS_BACK))


def check_amount(form: BaseForm, field: Field) -> None:
    """Refuse what is no amount, and say why beside it."""
    try:
        cents_in(field.data or "")
    except Unreadable as why:
        raise ValidationError(str(why)) from why


def check_share(form: BaseForm, field: Field) -> None:
    """Refuse what is no share of a full-time position."""
    try:
        hundredths_in(field.data or "")
    except Unreadable as why:
        raise ValidationError(str(why)) from why


class Money(ShortText):
    """An amount in dollars, kept as it was typed."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        checks = [NotBlank(_l("Enter an amount.")), *validators, check_amount]
        super().__init__(label, checks, limit=LONGEST_TYPED, **kwargs)

    @property
    def cents(self) -> int:
        """What was typed, in cents; of a field that is sound."""
        return cents_in(self.data or "")


class PositionShare(ShortText):
    """A share of a full-time position, or nothing."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [*validators, check_share], limit=8, **kwargs)

    @property
    def hundredths(self) -> int | None:
        """What was typed, in hundredths; of a field that is sound."""
        return hundredths_in(self.data or "")
