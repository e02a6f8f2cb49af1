"""Words that an American school does not say, and what it says instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Banned(NamedTuple):
    """A word that is not used, what is used instead, and the phrases in which it is right after all."""

    word: str
    instead: str
    but_for: str = ""


# Everywhere: on screen, in what is sent and exported, and in the documents of this project.
EVERYWHERE = (
    Banned(r"somebody", "someone"),
    Banned(r"nobody", "no one"),
    Banned(r"anybody", "anyone"),
    Banned(r"everybody", "everyone"),
    Banned(r"e-mail(?:s|ed)?", "email"),
    Banned(r"organisation(?:s|al)?", "organization"),
    Banned(r"cancelled", "canceled"),
    Banned(r"cancelling", "canceling"),
    Banned(r"(?:behavi|col|fav|neighb|hon|lab)our\w*", "-or: behavior, color, favor"),
    Banned(r"(?:recogn|organ|author|summar|apolog|prior|emphas|minim|final|special)is(?:e|es|ed|ing|ation)", "-ize"),
    Banned(r"programmes?|catalogues?|centres?", "program, catalog, center"),
    Banned(r"(?:label|travel|model|total)l(?:ed|ing)", "one l: labeled, traveled"),
    Banned(r"enrolments?|fulfil", "enrollment, fulfill"),
    Banned(r"towards|whilst|amongst", "toward, while, among"),
    Banned(r"anew", "again"),
    Banned(r"all the same", "anyway"),
)
# On screen besides: what a person in a school reads.
ON_SCREEN = (
    Banned(r"mails?", "email, emails", r"mail servers?|sent back by mail"),
    Banned(r"whom", "who", r"(?:about|for|to) whom"),
    Banned(r"whoever", "the person who, anyone who"),
    Banned(r"twins?", "possible duplicates"),
    Banned(r"second looks?", "second review"),
    Banned(r"second factors?", "two-step sign-in"),
    Banned(r"stands? in|standing in", "is covering for"),
    Banned(r"desks?", "caseload"),
    Banned(r"worr(?:y|ies|ied)", "concern"),
    Banned(r"care records?", "student concern"),
    Banned(r"yard", "playground"),
    Banned(r"rhythm|timetables?", "schedule"),
    Banned(r"at once", "right away", r"(?:are moved|can take|students) at once"),
    Banned(r"(?:has|have) faded|fades?", "is no longer shown"),
    Banned(r"held back", "on hold"),
    Banned(r"called off", "canceled"),
    Banned(r"silence (?:is a refusal|refuses)", "no response means no"),
    Banned(r"is not a call", "does not replace a phone call; does not alert anyone"),
    Banned(r"unconfirmed", "needs legal review"),
    Banned(r"good answers", "favorable responses"),
    Banned(r"windows? over", "completed follow-up periods"),
    Banned(r"tak(?:e|es|en|ing) a file|files? (?:that was|that were) taken", "download"),
    Banned(r"ticks?|ticked", "check, select"),
    Banned(r"join(?:s|ed)? (?:this|another|an) (?:incident|case|report)", "add, merge"),
    Banned(r"named by mistake", "named in error"),
    Banned(r"what came of it", "result"),
    Banned(r"the (?:first|second|third) door", "the button by its name"),
    Banned(r"(?:tell|tells|told) of", "tell about, identify"),
    Banned(r"(?:go|goes) along", "is transferred"),
    Banned(r"letters are enough", "Type at least 2 letters"),
    Banned(r"choose otherwise|decide otherwise", "choose a different response"),
    Banned(r"start the hour", "start the one-hour record"),
    Banned(r"as it stands|where it stands", "current, status"),
    Banned(r"in the ticked", "selected"),
    Banned(r"keep the (?:change|new row)", "save"),
    Banned(r"schedule of retention", "records retention schedule"),
    Banned(r"reported twice", "duplicate report"),
    Banned(r"put right", "correct"),
    Banned(r"looked? through", "review"),
    Banned(r"is no (?=PNG|CSV|email|value|role|date|coordinator|finding)", "is not a"),
)
FILLED_IN = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


@cache
def _compiled(on_screen: bool) -> tuple[tuple[re.Pattern[str], re.Pattern[str] | None, str], ...]:
    rows = EVERYWHERE + ON_SCREEN if on_screen else EVERYWHERE
    return tuple((_whole(row.word), _whole(row.but_for) if row.but_for else None, row.instead) for row in rows)


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-])(?:{words})(?![\w/-])", re.IGNORECASE)


def banned(text: str, *, on_screen: bool = True) -> Iterator[tuple[str, str]]:
    """Yield each banned word of a text with what to use instead."""
    text = FILLED_IN.sub("%", text)
    for pattern, but_for, instead in _compiled(on_screen):
        for match in pattern.finditer(but_for.sub("", text) if but_for else text):
            yield match[0], instead
