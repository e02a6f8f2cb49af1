"""Name each English message, and each document, with a word that an American school does not say or spell so."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from tests.support.databases import ROOT
from tests.tools.words.banned import banned
from tests.tools.words.spelling import misspelled, words

CATALOGUE = ROOT / "wss_cases" / "translations" / "es" / "LC_MESSAGES" / "messages.po"
# what a document quotes from the program or writes in a fence is not its own word
QUOTED = re.compile(
    r"^(`{3,}|~{3,}).*?^\1`*\s*$|`[^`\n]*`|\]\([^)\s]*\)|<[^>\s]*>|[\w-]+\.md\b", re.MULTILINE | re.DOTALL
)


def english(catalogue: Path = CATALOGUE) -> list[str]:
    """Return every English message, plurals too. A test keeps the catalogue equal to what the sources say."""
    with catalogue.open("rb") as file:
        found = read_po(file, locale="es")
    return [form for message in found if message.id for form in _forms(message.id)]


def _forms(message_id: object) -> tuple[str, ...]:
    return tuple(message_id) if isinstance(message_id, list | tuple) else (str(message_id),)


def offences(messages: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with each message: the word, and what to use instead."""
    by_message = {message: words(message) for message in messages}
    unknown = misspelled({word for found in by_message.values() for word in found})
    for message, found in by_message.items():
        for word, instead in banned(message):
            yield f"{message!r}: “{word}”, use instead: {instead}"
        for word in found:
            if word in unknown:
                yield f"{message!r}: “{word}” is not in the American dictionary (or add it to words/field.txt)"


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def offences_of_document(name: str, text: str) -> Iterator[str]:
    """Yield the banned words of a document with their lines; what it quotes or shows as code is left alone."""
    plain = QUOTED.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(plain.splitlines(), 1):
        for word, instead in banned(line, on_screen=False):
            yield f"{name}, line {number}: “{word}”, use instead: {instead}"


def main() -> int:
    """Print every offence; 1 where there is one."""
    found = [*offences(english())]
    for path in documents():
        found += offences_of_document(str(path.relative_to(ROOT)), path.read_text("utf-8"))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
