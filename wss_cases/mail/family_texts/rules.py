"""Texts for families: their placeholders, and their parts on a page. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_PLACEHOLDER = re.compile(r"%\(([^()]*)\)s")

PLACEHOLDERS: dict[str, frozenset[str]] = {
    "circle_consent": frozenset({"school", "contact"}),
    "referral_consent": frozenset({"school", "contact", "partner", "service", "records", "purpose", "until"}),
    "agreement_head": frozenset({"school"}),
    "privacy_short": frozenset({"contact"}),
    "discipline_notice": frozenset({"school", "contact", "student", "date", "what", "reason", "supports", "planning"}),
    "survey_notice": frozenset({"school", "contact"}),
    "police_rights": frozenset({"school", "contact"}),
}
"""What each text may leave open for the page that shows it; a code that is not here leaves nothing open.

`school`: the school's name. `contact`: whom to call, as a line. `partner`: the organization's name. `service`: what it
helps with. `records`: what is shared, a line each beginning with "- ". `purpose`: why. `until`: the last day, in words.
`student`: the child's name. `date`: the day of the letter. `what`: what was decided, with its days. `reason`: why, as
written. `supports`: what the school offers meanwhile. `planning`: how the return is planned, on the day of the letter.
"""


@dataclass(frozen=True)
class Block:
    """A part of a text: its heading ("" for the first), and its lines; an item of a list begins with "- "."""

    heading: str
    lines: tuple[str, ...]

    @property
    def groups(self) -> list[tuple[bool, list[str]]]:
        """Lines that belong together: (whether it is a list, its lines without the dash)."""
        found: list[tuple[bool, list[str]]] = []
        for line in self.lines:
            item = line.startswith("- ")
            words = line[2:] if item else line
            if item and found and found[-1][0]:
                found[-1][1].append(words)
            else:
                found.append((item, [words]))
        return found


@dataclass(frozen=True)
class Text:
    """One text in one language; `language` says in which it was found."""

    title: str
    text: str
    language: str

    def filled(self, values: Mapping[str, str]) -> "Text":
        """Return the text with its placeholders filled. Raises ValueError naming one that has no value."""
        return replace(self, title=fill(self.title, values), text=fill(self.text, values))

    @property
    def blocks(self) -> list[Block]:
        """The parts of the text, divided where a line begins with "# "."""
        return blocks(self.text)


def placeholders(text: str) -> set[str]:
    """Return the names of what a text leaves open."""
    return set(_PLACEHOLDER.findall(text))


def unknown_placeholders(code: str, text: str) -> list[str]:
    """Return the placeholders of a text that nobody fills for its code."""
    return sorted(placeholders(text) - PLACEHOLDERS.get(code, frozenset()))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with `%(name)s` replaced; other percent signs stay. Raises ValueError for one without a value."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise ValueError(f"this text has a placeholder without a value: {name!r}")
        return values[name]

    return _PLACEHOLDER.sub(value, text)


def blocks(text: str) -> list[Block]:
    """Return the parts of a text, divided where a line begins with "# "; blank lines only separate."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("# "):
            found.append((line[2:].strip(), []))
        elif line:
            found[-1][1].append(line)
    return [Block(heading, tuple(lines)) for heading, lines in found if heading or lines]
