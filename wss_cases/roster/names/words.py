"""The words of a text, in any script. Pure."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from wss_cases.roster.names.spellings import letters_of


@dataclass(frozen=True)
class Word:
    """A run of letters, or of digits, of a text, and its letters folded."""

    start: int
    end: int
    folded: str
    typed: str


def words_of(text: str) -> Iterator[Word]:
    """Return the runs of letters and of digits of a text; of scripts that write without spaces, each letter."""
    start, group = 0, ""
    for place, character in enumerate(f"{text} "):
        kind = _group(character, group)
        if group and (kind != group or group == "single"):
            typed = text[start:place]
            folded = letters_of(typed)
            if folded:
                yield Word(start, place, folded, typed)
            group = ""
        if kind and not group:
            start, group = place, kind


def _group(character: str, before: str) -> str:
    """Return what a character belongs to: letters, digits, a script that writes without spaces, or '' nothing."""
    category = unicodedata.category(character)
    if category[0] == "M":
        return "letters" if before == "letters" else before.replace("single", "")
    if category == "Nd":
        return "digits"
    if category[0] != "L" or "\u02b0" <= character <= "\u02ff":
        return ""
    spaceless = "\u0e00" <= character <= "\u0eff" or "\u1000" <= character <= "\u109f"
    spaceless = spaceless or "\u1780" <= character <= "\u17ff" or "\u3040" <= character <= "\u9fff"
    return "single" if spaceless or (character >= "\uf900" and character <= "\ufaff") else "letters"
