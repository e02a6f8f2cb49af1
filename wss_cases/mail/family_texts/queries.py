"""Texts for families: their placeholders, and their parts on a page. Pure."""

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


FALLBACK = "en"


def family_text(code: str, language: str | None, day: date) -> Text:
    """Return a text in the language asked for, or else in English, as it stands on a day.

    Where `.language` differs from what was asked, the caller makes an `interpreter` follow-up. "es-MX" finds "es".
    Raises LookupError when there is no such text.
    """
    found = family_texts([code], language, day)
    if code not in found:
        raise LookupError(f"there is no text for families named {code!r} on {day.isoformat()}")
    return found[code]


def family_texts(codes: Collection[str], language: str | None, day: date) -> dict[str, Text]:
    """Return those of the named texts that exist, each as `family_text` would; one query."""
    wanted = _languages(language)
    statement = (
        select(FamilyText)
        .where(FamilyText.code.in_(sorted(codes)), FamilyText.language.in_(wanted), FamilyText.starts_on <= day)
        .order_by(FamilyText.starts_on)
    )
    newest = {(row.code, row.language): row for row in db.session.scalars(statement)}
    found: dict[str, Text] = {}
    for code in codes:
        row = next((newest[code, each] for each in wanted if (code, each) in newest), None)
        if row is not None:
            found[code] = Text(row.title, row.text, row.language)
    return found


def _languages(language: str | None) -> list[str]:
    """Return the languages to look in, best first: as asked, without its region, English."""
    asked = language or FALLBACK
    return list(dict.fromkeys([asked, asked.split("-")[0].split("_")[0], FALLBACK]))


def get_text(actor: Actor, text_id: int) -> FamilyText:
    """Return one version of a text. Raises NotFound."""
    row = db.session.get(FamilyText, text_id)
    require(actor, Permission.FAMILY_TEXT_EDIT, row)
    assert row is not None
    return row


def all_texts() -> list[FamilyText]:
    """Return every version of every text, by code, language and first day."""
    by = (FamilyText.code, FamilyText.language, FamilyText.starts_on)
    return list(db.session.scalars(select(FamilyText).order_by(*by)))


def versions_of(code: str, language: str) -> list[FamilyText]:
    """Return the versions of a text in one language, the newest first."""
    statement = select(FamilyText).where(FamilyText.code == code, FamilyText.language == language)
    return list(db.session.scalars(statement.order_by(FamilyText.starts_on.desc())))


def languages_of_families() -> dict[str, int]:
    """Return how many guardians speak each language on record, most first; those not on record are left out."""
    statement = select(Guardian.language, func.count()).where(Guardian.language.is_not(None))
    counted = db.session.execute(statement.group_by(Guardian.language)).all()
    found = {str(row[0]): int(row[1]) for row in counted if row[0]}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
