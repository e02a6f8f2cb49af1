"""Reading amounts of money and shares of positions, in whole cents and hundredths of a full-time position. Pure."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from wtforms import Field, ValidationError

from wss_cases.foundation.clock import school_year_bounds, year_named
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import _, _l

MOST_CENTS: Final = 10**12
"""Ten billion dollars: more than any district has."""
MOST_HUNDREDTHS: Final = 10_000
LONGEST_TYPED: Final = 40
YEARS_BACK, YEARS_AHEAD = 6, 3
"""How many school years back and ahead money may belong to."""

_AMOUNT = re.compile(r"\$? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{2}))?")
_SHARE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?")


class Unreadable(ValueError):
    """The text is not an acceptable amount; the message tells the person why."""


def cents_in(text: str) -> int:
    """The cents of an amount in dollars as people write it: "$1,234.56", "1234.56", "1,234".

    Raises Unreadable for anything else; an ambiguous text is not guessed.
    """
    plain = text.strip()
    if not plain:
        raise Unreadable(_("Enter an amount."))
    if plain[:2] in ("$-", "$(") or plain[0] in "-−(":
        raise Unreadable(_("An amount cannot be less than 0."))
    match_ = _AMOUNT.fullmatch(plain) if len(plain) <= LONGEST_TYPED else None
    if match_ is None:
        raise Unreadable(_("Write the amount in dollars, such as $1,234.56."))
    cents = int(match_[1].replace(",", "")) * 100 + int(match_[2] or 0)
    if cents > MOST_CENTS:
        raise Unreadable(_("This amount is too large."))
    return cents


def money_words(cents: int) -> str:
    """An amount as "$1,234.56", whole dollars without cents, negative amounts with a minus: "-$50"."""
    dollars, rest = divmod(abs(cents), 100)
    words = f"${dollars:,}" if not rest else f"${dollars:,}.{rest:02d}"
    return f"-{words}" if cents < 0 else words


def hundredths_in(text: str) -> int | None:
    """A share of a full-time position in hundredths: "0.5" is 50; None for an empty text. Raises Unreadable."""
    plain = text.strip()
    if not plain:
        return None
    match_ = _SHARE.fullmatch(plain)
    hundredths = int(match_[1]) * 100 + int((match_[2] or "").ljust(2, "0")) if match_ else 0
    if not 0 < hundredths <= MOST_HUNDREDTHS:
        raise Unreadable(_("Write the share of a full-time position, such as 1 or 0.5."))
    return hundredths


def hundredths_words(hundredths: int | None) -> str:
    """A share of a full-time position as "0.5"; '' for None."""
    return "" if hundredths is None else f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def money_years(this: str) -> list[str]:
    """The school years to which money may belong, around the given year, the latest first."""
    first = int(this[:4])
    return [year_named(year) for year in range(first + YEARS_AHEAD, first - YEARS_BACK - 1, -1)]


def check_year(year: str, this: str) -> None:
    """Raise Unreadable for an invalid school year, and for one to which a plan's money cannot belong."""
    try:
        school_year_bounds(year)
    except ValueError as error:
        raise Unreadable(_("A school year is written 2026-27.")) from error
    known = money_years(this)
    if year not in known:
        raise Unreadable(_("Choose a school year from %(first)s to %(last)s.", first=known[-1], last=known[0]))


def check_day(day: date, today: date) -> None:
    """Raise Unreadable for a day on which money cannot have been committed or spent."""
    if day > today:
        raise Unreadable(_("The date cannot be after today."))
    if day.year < today.year - YEARS_BACK:
        raise Unreadable(_("Choose a date from %(year)s on.", year=today.year - YEARS_BACK))


def check_amount(form: BaseForm, field: Field) -> None:
    """Refuse a text that is no amount, with the reason at the field."""
    try:
        cents_in(field.data or "")
    except Unreadable as why:
        raise ValidationError(str(why)) from why


def check_share(form: BaseForm, field: Field) -> None:
    """Refuse a text that is no share of a full-time position."""
    try:
        hundredths_in(field.data or "")
    except Unreadable as why:
        raise ValidationError(str(why)) from why


class Money(ShortText):
    """An amount in dollars, stored as typed."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        checks = [NotBlank(_l("Enter an amount.")), *validators, check_amount]
        super().__init__(label, checks, limit=LONGEST_TYPED, **kwargs)

    @property
    def cents(self) -> int:
        """The amount in cents, in a valid form."""
        return cents_in(self.data or "")


class PositionShare(ShortText):
    """A share of a full-time position, or empty."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [*validators, check_share], limit=8, **kwargs)

    @property
    def hundredths(self) -> int | None:
        """The share in hundredths, in a valid form."""
        return hundredths_in(self.data or "")
