"""The numbers by which the federal and the State's collections know a school: from the roster, or from a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

FEDERAL_DIGITS: Final = 12
"""NCES: 7 digits of the district (LEAID), 5 of the school in it (SCHID)."""
STATE_DIGITS: Final = 15
"""RCDTS: region, county, district, type and school."""
_DISTRICT_PART: Final = 9


@dataclass(frozen=True)
class Numbers:
    """A school's numbers; '' is not known."""

    federal: str = ""
    state: str = ""

    @property
    def federal_parts(self) -> list[str]:
        """LEAID, SCHID and both together (COMBOKEY)."""
        return [self.federal[:7], self.federal[7:], self.federal]


Known = Mapping[str, Numbers]
"""School numbers by the number that the roster gives the school."""
NO_NUMBERS: Final[Known] = MappingProxyType({})


def numbers_of(identifier: str, known: Known) -> Numbers:
    """A school's numbers: those of the file, otherwise the roster's identifier where it is such a number."""
    listed, digits = known.get(identifier, Numbers()), identifier.replace("-", "")
    own = {FEDERAL_DIGITS: Numbers(federal=digits), STATE_DIGITS: Numbers(state=digits)}.get(len(digits), Numbers())
    if not are_digits(digits):
        own = Numbers()
    return Numbers(listed.federal or own.federal, listed.state or own.state)


def district_of(states: list[str]) -> str:
    """The State's number of the district that all these schools belong to; '' when they share none."""
    parts = {number[:_DISTRICT_PART] for number in states if number}
    return parts.pop().ljust(STATE_DIGITS, "0") if len(parts) == 1 else ""


def are_digits(text: str) -> bool:
    """Whether a text consists of ASCII digits only."""
    return text.isascii() and text.isdecimal()
