"""Ways in which people write a child's name, made without the code that finds them."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from wss_cases.roster.names.spellings import SENTENCE_WORDS, Named

PLAIN = str.maketrans("łŁøØđĐıßæÆðÐþÞ", "lLoOdDisaAdDtT")
SHORT = {
    "William": ("Bill", "Billy", "Will"), "Robert": ("Bob", "Rob"), "Elizabeth": ("Beth", "Liz"),
    "José": ("Pepe",), "Francisco": ("Paco", "Pancho"), "Ignacio": ("Nacho",), "Guadalupe": ("Lupe",),
    "Bill": ("William",), "Eduardo": ("Lalo",), "Jesús": ("Chuy",), "Katherine": ("Kate",),
}  # fmt: skip
CHILDREN = (
    ("William", "O'Brien", ""), ("José", "García López", "Majo"), ("Francisco", "de la Cruz", ""),
    ("Jean-Baptiste", "Pierre-Louis", "JB"), ("D’Andre", "Washington", "DJ"), ("Łukasz", "Wójcik", "Luke"),
    ("Zoë", "Brönte", ""), ("Mary Kate", "van der Berg", ""), ("Elizabeth", "St. John", ""),
    ("Guadalupe", "Muñoz Peña", "Lupita"), ("Robert", "Smith Jr.", ""), ("Thị Minh", "Nguyễn", "Anna"),
    ("Соломія", "Ковальчук", ""), ("小明", "王", "Michael"), ("نور", "الهاشمي", ""), ("Li", "Xu", ""),
    ("Ignacio", "Ñáñez", ""), ("Anne-Marie", "MacKinnon", ""), ("Jesús", "Guðmundsson", ""),
    ("Kaʻiulani", "Kealoha", ""), ("Suharto", "", ""), ("DeShawn", "McAfee", ""), ("Ye", "O", ""),
)  # fmt: skip
"""Given, family and preferred name; nobody's."""
AROUND = (
    "Yesterday {} pushed a chair over and ran out.", "After lunch, {} shouted; two teachers came.",
    "En el pasillo, {} empujó la mesa.", "They said ({}) was there. No one was hurt.",
    "“{}” was written on the board, in large letters.", "La maestra vio a {} cerca de la puerta.",
    "A shove by {}, then both sat down.",
)  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A text, and the form of a name that stands in it from `start` on."""

    text: str
    form: str
    start: int
    way: str


def named(given: str, family: str, preferred: str, number: str) -> Named:
    """Return a child as the finder takes it."""
    return Named(
        f"{preferred or given} {family}".strip(),
        tuple(name for name in (given, preferred) if name.strip()),
        (family,) if family.strip() else (),
        (number,),
    )


def plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.translate(PLAIN))
    return "".join(c for c in bare if unicodedata.category(c) != "Mn")


def ways(given: str, family: str, preferred: str, number: str, rng: Random) -> Iterator[tuple[str, str]]:
    """Return (way, form) of a child's naming."""
    given, family = given.strip(), family.strip()
    yield "number", number
    for name in filter(None, (given, family, preferred)):
        yield "as it is", name
        yield "capitals", name.upper()
        yield "small", name.lower()
        yield "decomposed", unicodedata.normalize("NFD", name)
        yield "no accents", plain(name)
        yield "possessive", f"{name}'s"
        yield "curly possessive", f"{name}’s"
        for mark in "'’ʻ-":
            if mark in name:
                for other in ("'", "’", "", " ", "-"):
                    yield "other mark", name.replace(mark, other)
        if len(name) > 3:
            middle = len(name) // 2
            for between in ("-\n", "\u200b", ".", "\u00ad", " - "):
                yield "split", f"{name[:middle]}{between}{name[middle:]}"
        yield from slips(name, rng)
    for short in SHORT.get(given, ()):
        yield "short name", short
        if family:
            yield "short name", f"{short} {family}"
    if len(given) > 4 and given.isalpha() and given.isascii():
        for beginning in (given[:3], given[:4]):
            if beginning.lower() not in SENTENCE_WORDS:
                yield "beginning", beginning
        yield "in circles", "".join(chr(0x24D0 + ord(c) - ord("a")) for c in given.lower())
        yield "in squares", "".join(chr(0x1F170 + ord(c) - ord("a")) for c in given.lower())
    yield "number", f"00{number.removeprefix('S-')}"
    if given and family:
        yield "whole", f"{given} {family}"
        yield "family first", f"{family}, {given}"
        yield "glued", f"{given}{family}".replace(" ", "")
        yield "initial and family", f"{given[0]}. {family}"
        yield "given and initial", f"{given} {family[0]}."
        first, last = given[0].upper(), family[0].upper()
        if first.lower() != first:
            for way in (f"{first}.{last}.", f"{first}{last}", f"{first}. {last}.", f"{first}.{last}"):
                yield "initials", way


def slips(name: str, rng: Random) -> Iterator[tuple[str, str]]:
    """Return a name of five letters or more with one letter wrong, missing, added or swapped."""
    if len(name) < 5 or not name.isalpha():
        return
    at = rng.randrange(1, len(name) - 1)
    letter = rng.choice("aeiounrst")
    yield "slip", name[:at] + letter + name[at + 1 :]
    yield "slip", name[:at] + name[at + 1 :]
    yield "slip", name[:at] + letter + name[at:]
    yield "slip", name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


def planted(child: tuple[str, str, str, str], rng: Random) -> Iterator[Planted]:
    """Return a text for each way of writing a child's name."""
    for way, form in ways(*child, rng):
        around = rng.choice(AROUND)
        text = around.format(form)
        yield Planted(text, form, around.index("{}"), way)
