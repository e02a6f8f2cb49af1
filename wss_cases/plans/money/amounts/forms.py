"""The field in which an amount of money is typed."""

from collections.abc import Sequence
from typing import Any

from wtforms import Field, ValidationError

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.money.amounts.rules import LONGEST_TYPED, Unreadable, cents_in, hundredths_in


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
