"""Enums whose members carry their own English label: read by forms, pages and exports alike."""

import enum
from typing import Any, Self


class Labelled(enum.StrEnum):
    """A member is written `NAME = "stored", _l("Label")`: its value is what is stored, its label what people read."""

    _value_: str
    label: Any
    """A lazy translation: words in the language of whoever reads the page."""

    def __new__(cls, stored: str, label: Any = None) -> Self:
        """Return a member that is its stored text, with its label beside it. Raises TypeError without a label.

        Looking a member up by its stored text, `Kind("stored")`, never comes here.
        """
        if label is None:
            raise TypeError(f"{cls.__name__}: {stored!r} has no label")
        member = str.__new__(cls, stored)
        member._value_ = stored
        member.label = label
        return member

    @classmethod
    def labels(cls) -> dict[Self, Any]:
        """Return every member with its label, in the order in which they are written."""
        return {member: member.label for member in cls}
