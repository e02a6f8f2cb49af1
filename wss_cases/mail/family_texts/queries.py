"""Texts for families: their placeholders, parts and versions."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import db
from wss_cases.mail.common.pages import FamilyText
from wss_cases.roster.directory.models import Guardian

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
"""Placeholders that each text may use; other codes have none.

`school`: the school's name. `contact`: whom to call, as a line. `partner`: the organization's name. `service`: what it
helps with. `records`: what is shared, one line each beginning with "- ". `purpose`: why. `until`: the last day, in
words. `student`: the child's name. `date`: the day of the letter. `what`: what was decided, with its days. `reason`:
why, as written. `supports`: what the school offers meanwhile. `planning`: how the return is planned, on the day of the
letter.
"""


@dataclass(frozen=True)
class Block:
    """A part of a text: its heading ("" for the first), and its lines; list items begin with "- "."""

    heading: str
    lines: tuple[str, ...]

    @property
    def groups(self) -> list[tuple[bool, list[str]]]:
        """Its lines in groups: (whether it is a list, the lines without dashes)."""
        parts: list[tuple[bool, list[str]]] = []
        for line in self.lines:
            item = line.startswith("- ")
            words = line[2:] if item else line
            if item and parts and parts[-1][0]:
                parts[-1][1].append(words)
            else:
                parts.append((item, [words]))
        return parts


@dataclass(frozen=True)
class Text:
    """One text; `language` is the one in which it exists."""

    title: str
    text: str
    language: str

    def filled(self, values: Mapping[str, str]) -> "Text":
        return replace(self, title=fill(self.title, values), text=fill(self.text, values))

    @property
    def blocks(self) -> list[Block]:
        return blocks(self.text)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def unknown_placeholders(code: str, text: str) -> list[str]:
    """Placeholders of a text that nobody fills for its code."""
    return sorted(placeholders(text) - PLACEHOLDERS.get(code, frozenset()))


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with `%(name)s` replaced; other percent signs stay. Raises ValueError for a placeholder without a
    value."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise ValueError(f"this text has a placeholder without a value: {name!r}")
        return values[name]

    return _PLACEHOLDER.sub(value, text)


def blocks(text: str) -> list[Block]:
    """The parts of a text; a line beginning with "# " starts a new one."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("# "):
            parts.append((line[2:].strip(), []))
        elif line:
            parts[-1][1].append(line)
    return [Block(heading, tuple(lines)) for heading, lines in parts if heading or lines]


FALLBACK = "en"


def family_text(code: str, language: str | None, day: date) -> Text:
    """A text on a day in this language, otherwise in English. If `.language` differs from the one asked for, the
    caller makes an `interpreter` follow-up. "es-MX" finds "es". Raises LookupError for an unknown text."""
    texts = family_texts([code], language, day)
    if code not in texts:
        raise LookupError(f"there is no text for families named {code!r} on {day.isoformat()}")
    return texts[code]


def family_texts(codes: Collection[str], language: str | None, day: date) -> dict[str, Text]:
    """The named texts that exist, each as in `family_text`; one query."""
    wanted = _languages(language)
    statement = (
        select(FamilyText)
        .where(FamilyText.code.in_(sorted(codes)), FamilyText.language.in_(wanted), FamilyText.starts_on <= day)
        .order_by(FamilyText.starts_on)
    )
    newest = {(row.code, row.language): row for row in db.session.scalars(statement)}
    texts: dict[str, Text] = {}
    for code in codes:
        row = next((newest[code, each] for each in wanted if (code, each) in newest), None)
        if row is not None:
            texts[code] = Text(row.title, row.text, row.language)
    return texts


def _languages(language: str | None) -> list[str]:
    """Languages to try, best first: as given, without region, English."""
    wanted = language or FALLBACK
    return list(dict.fromkeys([wanted, wanted.split("-")[0].split("_")[0], FALLBACK]))


def get_text(actor: Actor, text_id: int) -> FamilyText:
    row = db.session.get(FamilyText, text_id)
    require(actor, Permission.FAMILY_TEXT_EDIT, row)
    assert row is not None
    return row


def all_texts() -> list[FamilyText]:
    by = (FamilyText.code, FamilyText.language, FamilyText.starts_on)
    return list(db.session.scalars(select(FamilyText).order_by(*by)))


def versions_of(code: str, language: str) -> list[FamilyText]:
    statement = select(FamilyText).where(FamilyText.code == code, FamilyText.language == language)
    return list(db.session.scalars(statement.order_by(FamilyText.starts_on.desc())))


def languages_of_families() -> dict[str, int]:
    """Number of guardians by recorded language, most first."""
    statement = select(Guardian.language, func.count()).where(Guardian.language.is_not(None))
    counted = db.session.execute(statement.group_by(Guardian.language)).all()
    numbers = {str(row[0]): int(row[1]) for row in counted if row[0]}
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))
