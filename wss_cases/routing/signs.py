"""Signs: what in a report makes a fact unknown. Rows of a rule set are read here, and words are found in texts.

A row as JSON: `id`, `kind`, `facts`, and by kind `tile` (a tile of the capture page) or `words` {"en": [...],
"es": [...]}, `except` (phrases that mean something else), `near` (words for people, of whom one must stand before or
after "by"), `question` {"en", "es"} (what the reporter is asked about a word).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.incidents.incident.states import Tile
from wss_cases.routing.engine.explain import FACT_LABELS
from wss_cases.routing.engine.facts import FACTS
from wss_cases.routing.engine.table import LANGUAGES

IDENTITY: Final = frozenset(
    (
        "gay", "lesbian", "homosexual", "bisexual", "queer", "trans", "transgender", "nonbinary", "lgbt", "black",
        "white", "latino", "latina", "hispanic", "asian", "african", "mexican", "american", "native", "indian", "arab",
        "muslim", "islam", "jewish", "jew", "christian", "catholic", "hindu", "immigrant", "undocumented", "disabled",
        "autistic", "negro", "negra", "blanco", "blanca", "moreno", "morena", "mexicano", "mexicana", "indigena",
        "musulman", "musulmana", "judio", "judia", "cristiano", "cristiana", "inmigrante", "indocumentado",
        "indocumentada", "discapacitado", "discapacitada", "autista", "lesbiana", "transexual",
    )
)  # fmt: skip
"""Words about who somebody is; they are never a sign."""
TITLES: Final = re.compile(r"\b(mr|mrs|ms|dr|dra|sr|sra|srta|prof)\.")
TOKENS: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*|[.!?;\n]+")
ENTRY: Final = re.compile(r"[a-z0-9'.]+\*?(?: [a-z0-9'.]+\*?)*")
MOST_ENTRIES: Final = 300
LONGEST_ENTRY: Final = 60
_GAP: Final = (
    "(?: (?!(?:saw|sees|watched|heard|said|says|told|that|when|him|her|them|and|to|a|another|student|students|vio|oyo|"
    "dijo|que|cuando|y|otro|otra|estudiante) )[a-z0-9']+){0,2}"
)
_AFTER: Final = "(?: (?:by|por)(?: (?:the|a|an|his|her|my|their|el|la|un|una|su|mi))?| (?:el|la|un|una|su|mi))"


class SignKind(StrEnum):
    """Where a sign is looked for."""

    TILE = "tile"
    WORD = "word"
    PERSON = "person"
    DANGER = "danger"


@dataclass(frozen=True)
class Sign:
    """One row of the table."""

    id: str
    kind: SignKind
    facts: tuple[str, ...]
    tile: str = ""
    words: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    question: Mapping[str, str] | None = None

    @cached_property
    def pattern(self) -> str:
        """The pattern of its words in a prepared text, read alike by Python and JavaScript."""
        words = _any_of(self.words)
        if not self.near:
            return f" (?:{words})(?= )"
        people = _any_of(self.near)
        return f" (?:{people}){_GAP} (?:{words})(?= )| (?:{words}){_AFTER} (?:{people})(?= )"

    @cached_property
    def exception(self) -> str:
        """The pattern of phrases that mean something else; '' for none."""
        return f" (?:{_any_of(self.exceptions)})(?= )" if self.exceptions else ""

    def found_in(self, prepared: str) -> tuple[int, int] | None:
        """Where its first word stands in a prepared text, or None."""
        elsewhere = [match.span() for match in re.finditer(self.exception, prepared)] if self.exception else []
        for match in re.finditer(self.pattern, prepared):
            begin, end = match.span()
            if not any(first < end and begin < last for first, last in elsewhere):
                return begin, end
        return None


@dataclass(frozen=True)
class Match:
    """A sign's word in a text; `words` as written."""

    sign: Sign
    words: str


@dataclass(frozen=True)
class Signs:
    """The signs of one rule set."""

    rows: tuple[Sign, ...]

    def of_tile(self, tile: str) -> tuple[Sign, ...]:
        return tuple(sign for sign in self.rows if sign.kind is SignKind.TILE and sign.tile == tile)

    def of_kind(self, kind: SignKind) -> tuple[Sign, ...]:
        return tuple(sign for sign in self.rows if sign.kind is kind)

    def matches(self, text: str) -> list[Match]:
        """The signs whose words stand in a text, in the order of the table, each with its first words."""
        prepared, spans = _prepared(text)
        found = []
        for sign in self.of_kind(SignKind.WORD):
            place = sign.found_in(prepared)
            if place is not None:
                first, last = prepared.count(" ", 0, place[0] + 1) - 1, prepared.count(" ", 0, place[1]) - 1
                found.append(Match(sign, text[spans[first][0] : spans[last][1]]))
        return found


def prepared(text: str) -> str:
    """A text as patterns read it: lower case, no accents, a space around each word, '.' after a sentence."""
    return _prepared(text)[0]


def read_signs(rows: object) -> Signs:
    """Make the signs from stored rows. Raises `Refused` whose field is the id of the wrong row."""
    if not isinstance(rows, list):
        raise Refused("signs", "The signs of a rule set must be a list.")
    read: list[Sign] = []
    for place, data in enumerate(rows, start=1):
        row_id = data.get("id") if isinstance(data, Mapping) else None
        label = row_id if isinstance(row_id, str) and row_id else f"sign {place}"
        try:
            sign = read_sign(data)
            if any(other.id == sign.id for other in read):
                raise Refused("id", "another sign has this id.")
            read.append(sign)
        except Refused as refused:
            raise Refused(label, f"{label}: {refused.message}") from refused
    return Signs(tuple(read))


def read_sign(data: Any) -> Sign:
    """Make one sign from its stored row. Raises `Refused` with its key."""
    if not isinstance(data, Mapping):
        raise Refused("row", "a sign must be an object.")
    unknown = set(data) - {"id", "kind", "facts", "tile", "words", "except", "near", "question"}
    if unknown:
        raise Refused(min(unknown), f'"{min(unknown)}" is not a key of a sign.')
    if not isinstance(data.get("id"), str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", data["id"]):
        raise Refused("id", "the id must be lower-case letters, digits and underscores.")
    if data.get("kind") not in set(SignKind):
        raise Refused("kind", f'"{data.get("kind")}" is not a kind of sign.')
    kind = SignKind(data["kind"])
    tile = data.get("tile", "")
    if not isinstance(tile, str) or (kind is SignKind.TILE) != bool(tile):
        raise Refused("tile", "a sign of a tile names its tile, and no other sign does.")
    words, exceptions, near = (_entries(data, key) for key in ("words", "except", "near"))
    if (kind is SignKind.WORD) != bool(words):
        raise Refused("words", "a sign of words lists them, and no other sign does.")
    return Sign(data["id"], kind, _facts(data), tile, words, exceptions, near, _question(data, kind))


def folded(text: str) -> str:
    """A text in lower case without accents, with plain apostrophes."""
    plain = unicodedata.normalize("NFD", text.lower().replace("’", "'").replace("‘", "'"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _facts(data: Mapping[str, Any]) -> tuple[str, ...]:
    facts = data.get("facts")
    if not isinstance(facts, list) or not facts:
        raise Refused("facts", "a sign names the facts that become unknown.")
    for name in facts:
        spec = FACTS.get(name) if isinstance(name, str) else None
        if spec is None or not (spec.may_be_unknown or name == "imminent_danger"):
            raise Refused("facts", f'"{name}" is not a fact that may be unknown.')
    return tuple(facts)


def _entries(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    lists = data.get(key, {})
    if not isinstance(lists, Mapping) or set(lists) - set(LANGUAGES):
        raise Refused(key, f'"{key}" must hold a list for each language.')
    entries: list[str] = []
    for language, listed in lists.items():
        if not isinstance(listed, list) or len(listed) > MOST_ENTRIES:
            raise Refused(key, f'"{key}" in "{language}" must be a list of at most {MOST_ENTRIES} entries.')
        entries += [_entry(key, text) for text in listed]
    return tuple(dict.fromkeys(entries))


def is_entry(text: str) -> bool:
    """Whether a text can be an entry of a list: words of letters and digits, single spaces."""
    entry = folded(text).strip()
    return ENTRY.fullmatch(entry) is not None and len(entry) <= LONGEST_ENTRY


def says_who(text: str) -> bool:
    """Whether an entry names who a person is."""
    return not IDENTITY.isdisjoint(folded(text).replace("*", "").split())


def _entry(key: str, text: Any) -> str:
    if not isinstance(text, str) or not is_entry(text):
        raise Refused(key, f'"{text}" must be words of letters and digits with one space between them.')
    if key != "except" and says_who(text):
        raise Refused(key, f'"{text}" is a word about who somebody is. Such words are never a sign.')
    return folded(text).strip()


def _question(data: Mapping[str, Any], kind: SignKind) -> Mapping[str, str] | None:
    question = data.get("question")
    if question is None:
        return None
    sound = isinstance(question, Mapping) and set(question) == set(LANGUAGES)
    if kind is not SignKind.WORD or not sound or not all(isinstance(x, str) and x.strip() for x in question.values()):
        raise Refused("question", "the question of a sign of words stands in both languages.")
    return {language: question[language] for language in LANGUAGES}


def _any_of(entries: Iterable[str]) -> str:
    # longest first, so that the reader sees all the words that were meant
    return "|".join(_expression(entry) for entry in sorted(entries, key=lambda entry: (-len(entry), entry)))


def _expression(entry: str) -> str:
    parts = [re.escape(part.rstrip("*")) + ("[a-z0-9']*" if part.endswith("*") else "") for part in entry.split(" ")]
    plural = "" if entry.endswith(("*", ".")) else "(?:'?s)?"
    return re.sub(r"\\(['-])", r"\1", " ".join(parts)) + plural


def _prepared(text: str) -> tuple[str, Sequence[tuple[int, int]]]:
    """The text as patterns read it, and the place of each of its words in the original."""
    plain, places = _folded_with_places(text)
    plain = TITLES.sub(lambda match: match.group(1) + " ", plain)
    tokens, spans = [". "], [(0, 0)]
    for match in TOKENS.finditer(plain):
        word = match.group()
        tokens.append(f"{word if word[0].isalnum() else '.'} ")
        spans.append((places[match.start()], places[match.end() - 1] + 1))
    end = len(text)
    return " " + "".join([*tokens, ". "]), [*spans, (end, end)]


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    letters, places = [], []
    for place, letter in enumerate(text):
        for plain in folded(letter):
            letters.append(plain)
            places.append(place)
    return "".join(letters), places


Row = Mapping[str, Any]
LISTS = ("words", "except", "near")


@dataclass(frozen=True)
class SignWords:
    """One sign for a page; `lists` are its words as (title, entries)."""

    id: str
    looks_for: str
    facts: str
    question: str
    lists: list[tuple[str, list[str]]]


def sign_words(row: Row, lang: str) -> SignWords:
    """Return a stored sign in words; `lang` is that of its question."""
    facts = ", ".join(str(FACT_LABELS[name]) for name in row["facts"])
    question = row.get("question", {}).get(lang, "")
    return SignWords(row["id"], _looks_for(row), facts, question, _lists(row))


def sign_difference(before: Row | None, after: Row | None) -> list[tuple[str, list[str], list[str]]]:
    """The parts of a sign that a draft changes: title, removed lines, added lines."""
    old, new = _parts(before), _parts(after)
    return [
        (title, [line for line in old[title] if line not in new[title]], [x for x in new[title] if x not in old[title]])
        for title in new
        if old[title] != new[title]
    ]


def list_titles() -> dict[str, Any]:
    """The titles of the lists of words, by the key in a row."""
    return {
        "words": _("Words that are a sign"),
        "except": _("Phrases that mean something else"),
        "near": _("Words for people who must have done it"),
    }


def _looks_for(row: Row) -> str:
    match SignKind(row["kind"]):
        case SignKind.TILE:
            tiles = {tile.value: tile.label for tile in Tile}
            return _("The reporter chose: %(tile)s", tile=tiles.get(row["tile"], row["tile"]))
        case SignKind.PERSON:
            return _("An adult is in the report who is not its reporter, a witness or harmed")
        case SignKind.DANGER:
            return _("The reporter said that someone is hurt or in danger now")
        case SignKind.WORD:
            number = sum(map(len, row["words"].values()))
            return ngettext(
                "A text holds %(num)d word or phrase", "A text holds one of %(num)d words or phrases", number
            )


def _lists(row: Row) -> list[tuple[str, list[str]]]:
    return [(title, _entries_shown(row, key)) for key, title in list_titles().items() if _entries_shown(row, key)]


def _entries_shown(row: Row, key: str) -> list[str]:
    return [entry for listed in row.get(key, {}).values() for entry in listed]


def _parts(row: Row | None) -> dict[str, Sequence[Any]]:
    question = (row or {}).get("question", {})
    return {
        _("Becomes unknown"): [str(FACT_LABELS[name]) for name in (row or {}).get("facts", [])],
        _("Question to the reporter"): list(question.values()),
        **{title: _entries_shown(row or {}, key) for key, title in list_titles().items()},
    }
