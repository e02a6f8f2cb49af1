"""The versions of the data standard that are read and written: by what each is known, and what it takes."""

from dataclasses import dataclass
from typing import Final

_INT: Final = 2**31
_LONG: Final = 2**63


@dataclass(frozen=True)
class Version:
    """One version; of numbers and identifiers the most that its schema takes."""

    name: str
    incident_characters: int = 36
    action_characters: int = 36
    school_below: int = _LONG
    weapon_of_each: bool = False
    """Whether the association of a student who caused harm has weapons of its own."""

    @property
    def namespace(self) -> str:
        """Return the namespace of its files."""
        return f"http://ed-fi.org/{self.name}.0"

    def takes_school(self, text: str) -> bool:
        """Return whether a school's number is one that a file of this version takes."""
        return text.isascii() and text.isdecimal() and int(text) < self.school_below


NEWEST: Final = Version("5.2", weapon_of_each=True)
VERSIONS: Final = {
    one.name: one
    for one in (
        Version("4.0", incident_characters=20, action_characters=32, school_below=_INT),
        Version("5.0", school_below=_INT),
        Version("5.1"),
        NEWEST,
    )
}
NAMESPACES: Final = frozenset(one.namespace for one in VERSIONS.values())
