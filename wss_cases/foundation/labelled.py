"""Enums whose members carry their own English label, for forms, pages and exports."""

import enum
from typing import Any, Self


class Labelled(enum.StrEnum):
    """A member is written `NAME = "stored", _l("Label")`: its value is stored, its label is read by people."""

    _value_: str
    label: Any
    """A lazy translation: words in the language of whoever reads the page."""

    def __new__(cls, stored: str, label: Any = None) -> Self:
        """Make a member from its stored text and label. Raises TypeError without a label.

        Looking up a member by its stored text, `Kind("stored")`, does not call this.
        """
        if label is None:
            raise TypeError(f"{cls.__name__}: {stored!r} has no label")
        member = str.__new__(cls, stored)
        member._value_ = stored
        member.label = label
        return member

    @classmethod
    def labels(cls) -> dict[Self, Any]:
        """Every member with its label, in the order of definition."""
        return {member: member.label for member in cls}
