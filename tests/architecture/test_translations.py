"""Every word has its Spanish, and each rule about the catalogue is seen to catch an offender."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.support.databases import ROOT

SPANISH = ROOT / "wss_cases" / "translations" / "es" / "LC_MESSAGES"
MessageId = str | tuple[str, ...]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")
TAG = re.compile(r"</?\w+")
UNKIND = re.compile(
    r"\b(offenders?|victims?|perpetrators?|battery|assault\w*|criminals?|ofensor\w*|v[ií]ctimas?|victimari\w+"
    r"|agres(?:or|ora|ores|oras|ión|iones)|criminal(?:es)?|perpetrador\w*|infractor\w*|delincuentes?)\b",
    re.IGNORECASE,
)

TUTOR = re.compile(r"\btutor(?:es|a|as)?\b", re.IGNORECASE)
PARENT = re.compile(r"\b(?:padres?|madres?)\b", re.IGNORECASE)


def forms(words: object) -> tuple[str, ...]:
    each = words if isinstance(words, list | tuple) else [words]
    return tuple(str(word or "") for word in each)


@cache
def words_in_use() -> frozenset[MessageId]:
    """Extract every message as `make messages` does: the same files, methods and keywords."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    more = re.findall(r"-k (\w+)", (ROOT / "Makefile").read_text("utf-8"))
    found = extract_from_dir(
        ROOT,
        [(row["pattern"], row["method"]) for row in settings],
        {row["pattern"]: row for row in settings},
        keywords={**DEFAULT_KEYWORDS, **parse_keywords(more)},
        directory_filter=lambda folder: Path(folder).relative_to(ROOT).parts[0] in ("wss_cases", "templates"),
    )
    return frozenset(message for _file, _line, message, _comments, _context in found)


def catalogue() -> Catalog:
    """Read the Spanish catalogue as it is committed."""
    with (SPANISH / "messages.po").open("rb") as file:
        return read_po(file, locale="es")


def messages(spanish: Catalog) -> list[Message]:
    return [message for message in spanish if message.id]


def untranslated(used: Iterable[MessageId], spanish: Catalog) -> list[str]:
    """Messages in use that are missing, empty, in one form of two, or doubtful."""
    offences = []
    for message_id in used:
        message = spanish.get(message_id)
        if message is None or message.id != message_id:
            offences.append(f"missing: {message_id!r}")
        elif message.fuzzy:
            offences.append(f"fuzzy: {message_id!r}")
        elif len(forms(message.string)) != len(forms(message_id)) or not all(forms(message.string)):
            offences.append(f"empty: {message_id!r}")
    return sorted(offences)


def unused(used: Iterable[MessageId], spanish: Catalog) -> list[str]:
    """Messages that no page, form or mail says any more."""
    said = set(used)
    return [f"{message.id!r}" for message in messages(spanish) if message.id not in said]


def other_placeholders(spanish: Catalog) -> list[str]:
    """Translations whose placeholders, tags or outer spaces are not those of the message."""
    return [
        f"{source!r}: {words!r}"
        for message in messages(spanish)
        for source, words in zip(forms(message.id), forms(message.string), strict=False)
        if words and _skeleton(source) != _skeleton(words)
    ]


def _skeleton(words: str) -> tuple[list[str], list[str], bool, bool]:
    outer = (words[0].isspace(), words[-1].isspace())
    return (sorted(PLACEHOLDER.findall(words)), TAG.findall(words), *outer)


def unkind_words(spanish: Catalog) -> list[str]:
    """Words, in either language, that say what someone is instead of what happened."""
    return [
        f"{words!r}: {match[0]}"
        for message in messages(spanish)
        for words in (*forms(message.id), *forms(message.string))
        for match in UNKIND.finditer(words)
    ]


def tutors_alone(spanish: Catalog) -> list[str]:
    """Spanish that says tutor of a guardian without padre or madre, or puts words in Spain's quotation marks."""
    return [
        words
        for message in messages(spanish)
        for words in forms(message.string)
        if (TUTOR.search(words) and not PARENT.search(words)) or "«" in words
    ]


def stale(compiled: bytes, spanish: Catalog) -> bool:
    """Whether the compiled catalogue is not what the written one compiles to."""
    fresh = BytesIO()
    write_mo(fresh, spanish)
    return compiled != fresh.getvalue()


def addresses(written: str) -> list[str]:
    """E-mail addresses and untouched placeholders in the catalogue's header."""
    header = written.split('\n\nmsgid "', 1)[0]
    return re.findall(r"\S+@\S+|FULL NAME|YEAR-MO-DA", header)


def one(message_id: MessageId, words: MessageId | None, flags: tuple[str, ...] = ()) -> Catalog:
    """A catalogue of one message."""
    spanish = Catalog(locale="es")
    spanish.add(message_id, words, flags=flags)
    return spanish


DAYS = ("%(num)d day", "%(num)d days")
PLANTED: dict[str, tuple[Callable[[Catalog], list[str]], Catalog]] = {
    "missing": (lambda spanish: untranslated(["Dean"], spanish), Catalog(locale="es")),
    "empty": (lambda spanish: untranslated(["Dean"], spanish), one("Dean", "")),
    "one form of two": (lambda spanish: untranslated([DAYS], spanish), one(DAYS, ("%(num)d día", ""))),
    "singular only": (lambda spanish: untranslated([DAYS], spanish), one(DAYS[0], "%(num)d día")),
    "fuzzy": (lambda spanish: untranslated(["Dean"], spanish), one("Dean", "Decano(a)", ("fuzzy",))),
    "unused": (lambda spanish: unused(["Case"], spanish), one("Dean", "Decano(a)")),
    "lost placeholder": (other_placeholders, one("Case %(reference)s", "Caso")),
    "renamed placeholder": (other_placeholders, one("Case %(reference)s", "Caso %(referencia)s")),
    "plural's placeholder": (other_placeholders, one(DAYS, ("%(num)d día", "días"))),
    "kind of placeholder": (other_placeholders, one("%(num)d due", "%(num)s por hacer")),
    "lost tag": (other_placeholders, one("<b>Now</b>", "Ahora")),
    "lost space": (other_placeholders, one(" and ", "y")),
    "unkind in English": (unkind_words, one("The Offender", "La persona")),
    "unkind in Spanish": (unkind_words, one("The person harmed", "La víctima")),
    "tutor alone": (tutors_alone, one("The guardian", "El tutor")),
    "Spain's quotation marks": (tutors_alone, one("Choose “More”", "Elija «Más»")),
    "unkind in a plural": (unkind_words, one(("A person", "People"), ("Una persona", "Agresores"))),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_offender_is_caught(planted: str) -> None:
    guard, spanish = PLANTED[planted]
    assert guard(spanish)


def test_a_sound_catalogue_passes() -> None:
    spanish = one(DAYS, ("%(num)d día", "%(num)d días"))
    spanish.add("%(count)d of %(all)s, a criminally long list", "de %(all)s, %(count)d: una lista larga")
    used: list[MessageId] = [DAYS, "%(count)d of %(all)s, a criminally long list"]
    assert not untranslated(used, spanish)
    assert not unused(used, spanish)
    assert not other_placeholders(spanish)
    assert not unkind_words(spanish)


def test_every_kind_of_source_is_read() -> None:
    used = words_in_use()
    assert {"Log an incident", "Person who caused harm", ("%(num)d day", "%(num)d days")} <= used
    assert len(used) > 1500


def test_every_message_in_use_has_its_spanish() -> None:
    assert untranslated(words_in_use(), catalogue()) == []


def test_no_message_outlives_its_use() -> None:
    assert unused(words_in_use(), catalogue()) == []


def test_placeholders_tags_and_spaces_agree() -> None:
    assert other_placeholders(catalogue()) == []


def test_no_unkind_word_in_either_language() -> None:
    assert unkind_words(catalogue()) == []


def test_a_guardian_is_padre_madre_o_tutor() -> None:
    assert tutors_alone(catalogue()) == []


def test_the_compiled_catalogue_is_current() -> None:
    assert not stale((SPANISH / "messages.mo").read_bytes(), catalogue())


def test_a_stale_compiled_catalogue_is_caught() -> None:
    spanish = catalogue()
    spanish.add("Never said", "Nunca dicho")
    assert stale((SPANISH / "messages.mo").read_bytes(), spanish)


def test_the_header_names_nobody() -> None:
    assert addresses((SPANISH / "messages.po").read_text("utf-8")) == []
    assert addresses('"Last-Translator: FULL NAME <EMAIL@ADDRESS>\\n"\n\nmsgid "Dean"\n')


def test_a_gun_is_an_arma_de_fuego_wherever_the_english_says_gun() -> None:
    gun = re.compile(r"\b(?:guns?|firearms?)\b", re.IGNORECASE)
    said = [pair for one in messages(catalogue()) for pair in zip(forms(one.id), forms(one.string), strict=True)]
    assert not [english for english, spanish in said if gun.search(english) and "fuego" not in spanish]


def test_just_now_is_a_moment_ago_not_at_once() -> None:
    said = [pair for one in messages(catalogue()) for pair in zip(forms(one.id), forms(one.string), strict=True)]
    assert not [english for english, spanish in said if "just now" in english and "ahora mismo" in spanish]
