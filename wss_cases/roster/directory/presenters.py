"""How students, staff, grades and languages read on screen."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from unicodedata import normalize

from babel import Locale, UnknownLocaleError

from wss_cases.access.actor import Actor
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.roster.directory.guardians import GuardianOf
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.queries import FoundPerson
from wss_cases.roster.directory.rules import last_digits
from wss_cases.roster.directory.states import (
    GRADE_WORDS,
    RELATION_LABELS,
    SCHOOL_LEVEL_LABELS,
    STAFF_ROLE_LABELS,
    MoveWhy,
    Reach,
)

MOST_NAMES = 3
MOST_LANGUAGES = 500
"""Of a line that says whom something is about."""


def grade_words(grade: int | None) -> str:
    """Return a grade: "Grade 9", "Kindergarten"; nothing when it is not known."""
    if grade is None:
        return ""
    special = GRADE_WORDS.get(grade)
    return _("Grade %(number)s", number=grade) if special is None else str(special)


def short_grade(grade: int | None) -> str:
    """Return a grade in a letter or two, beside a name: "9", "K", "PK"; nothing when it is not known."""
    return "" if grade is None else {-1: _("PK"), 0: _("K")}.get(grade, str(grade))


def move_words(move: CalendarMove) -> str:
    """Return why the calendar moved something, and from which day."""
    day = day_words(move.day)
    if move.why is MoveWhy.YEAR_END:
        return _("It was due on %(day)s, after the last school day of the year.", day=day)
    if move.why is MoveWhy.NEXT_SCHOOL:
        return _("By %(day)s the student is at another school: it is due there.", day=day)
    if not move.label:
        return _("There is no school on %(day)s.", day=day)
    return _("There is no school on %(day)s (%(label)s).", day=day, label=move.label)


def relation_words(relation: str) -> str:
    """Return how a guardian is related, as the roster says it when it is no known word."""
    return str(RELATION_LABELS.get(relation.lower(), relation))


def limit_words(who: GuardianOf) -> str:
    """Return what keeps the school from calling or writing to a guardian, with its source and date; nothing if open."""
    if who.reach is Reach.ASK:
        return _("It is not known whether contact is safe. Ask the office first.")
    if who.restriction is None or who.restricted_on is None:
        return ""
    return _("%(paper)s of %(day)s", paper=who.restriction.label, day=day_words_with_year(who.restricted_on))


def guardian_words(who: GuardianOf) -> str:
    """Return a guardian in one line: relation, number and language, or why nobody calls."""
    known = (relation_words(who.relation), who.phone, language_words(who.language), limit_words(who))
    return " · ".join(part for part in known if part)


def role_words(role: str) -> str:
    """Return a staff role, as the roster says it when it is no known word."""
    return str(STAFF_ROLE_LABELS.get(role.lower(), role))


def level_words(kind: str) -> str:
    """Return the level of a school, as the roster says it when it is no known word."""
    plain = "".join(filter(str.isalpha, kind.lower()))
    return str(SCHOOL_LEVEL_LABELS.get(plain.removesuffix("school") or plain, kind))


def language_words(code: str | None) -> str:
    """Return a language's name in the reader's language; nothing when it is not known."""
    return _language(code, locale_code()) if code else ""


@lru_cache(MOST_LANGUAGES)
def _language(code: str, locale: str) -> str:
    """Asked of every guardian on a page; a roster has some dozens, and whatever else is typed pushes out the oldest."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def languages_by_name(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return (code, name) of each language once, as they stand in a list: with a capital, accents aside."""
    named = ((code, language_words(code)) for code in dict.fromkeys(codes))
    return sorted(
        ((code, words[:1].upper() + words[1:]) for code, words in named),
        key=lambda one: normalize("NFKD", one[1]).encode("ascii", "ignore"),
    )


def whom_words(names: Sequence[str], actor: Actor) -> str:
    """Return whom something is about, in a line: the first few names, or initials for who chose them, and how many
    more."""
    shown = [initials_of(name) for name in names] if actor.initials else names
    first, more = ", ".join(shown[:MOST_NAMES]), len(names) - MOST_NAMES
    return _("%(names)s and %(number)d more", names=first, number=more) if more > 0 else first


def initials_of(name: str) -> str:
    """Return the first letters of the first and the last word of a name: "J. S."."""
    words = name.split()
    return " ".join(f"{word[0]}." for word in dict.fromkeys((*words[:1], *words[-1:])))


def student_items(people: Iterable[FoundPerson]) -> list[dict[str, str]]:
    """Return students as items of the search field: value, label, and what tells homonyms apart."""
    return [
        {
            "value": str(who.id),
            "label": who.name,
            "meta": " · ".join(part for part in (grade_words(who.grade), last_digits(who.number)) if part),
        }
        for who in people
    ]


def staff_items(people: Iterable[FoundPerson]) -> list[dict[str, str]]:
    """Return staff as items of the search field."""
    return [{"value": str(who.id), "label": who.name, "meta": role_words(who.role)} for who in people]
