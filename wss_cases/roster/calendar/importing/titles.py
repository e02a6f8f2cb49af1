"""What the title of an event says about school: pure. Only a title that says nothing else closes a day."""

import re
from functools import lru_cache

from wss_cases.roster.calendar.importing.events import EventKind, Why

_CLOSED = (
    r"no school", r"no classes", r"no class", r"no students?", r"no student attendance",
    r"student non ?attendance(?: days?)?",
    r"non ?attendance days?", r"(?:all |public )*schools? (?:is |are )?closed", r"district closed",
    r"students? do not attend",
    r"(?:winter|spring|fall|autumn|thanksgiving|christmas|easter|holiday|summer|mid ?winter|february)"
    r" (?:break|recess|vacation)",
)  # fmt: skip
_EARLY = (r"early (?:dismissal|release)(?: days?)?", r"half days?(?: of school)?", r"minimum day")
_FIRST = (
    r"(?:students? )?first day (?:of|for) (?:school|classes|students|all students|the school year|student attendance)",
    r"school (?:year )?(?:begins|starts)",
)
_LAST = (
    r"(?:students? )?last day (?:of|for) (?:school|classes|students|all students|the school year|student attendance)",
    r"school (?:year )?ends",
)
_HOLIDAYS = (
    r"labor day", r"thanksgiving(?: day| week| holiday)?", r"veterans day", r"columbus day", r"indigenous peoples? day",
    r"native americans? day", r"presidents? day", r"washingtons birthday", r"lincolns birthday", r"juneteenth",
    r"(?:dr )?martin luther king(?: jr)?(?: s)?(?: birthday| day| holiday)*", r"mlk(?: jr)?(?: day)?", r"memorial day",
    r"independence day", r"(?:fourth|4th) of july", r"new years?(?: day| eve)?", r"christmas(?: day| eve)?",
    r"good friday", r"easter(?: monday)?", r"(?:general )?election day", r"(?:casimir )?pulaski day", r"yom kippur",
    r"rosh hashanah", r"eid(?: al)?(?: fitr| adha)?", r"diwali", r"lunar new year", r"cesar chavez day",
)  # fmt: skip
_BESIDE = (
    r"(?:(?:teachers?|staff|school|district) )?(?:institute|in ?service|professional (?:development|learning)|pd"
    r"|work|planning|improvement|records?|grading) days?", r"(?:teacher|staff) (?:workdays?|institute|in ?service|pd)",
    r"professional (?:development|learning)", r"parent(?: and)? teacher conferences?(?: day)?",
    r"report card pick ?up(?: day)?", r"snow day", r"(?:legal |federal |state |school )?holiday", r"observed", r"and",
    r"(?:for )?all (?:students|schools|grades)", r"for students", r"district ?wide", r"(?:grades )?(?:k|pk|pre k) 12",
    r"(?:schools and |all |district )?offices closed", r"week", r"20\d\d(?: (?:20)?\d\d)?",
    r"(?:one|two|three|[123]) weeks?", *_HOLIDAYS,
)  # fmt: skip
_SPOKEN = re.compile(
    r"\b(no school|no class(es)?|no students?|non ?attendance|holidays?|break|recess|vacation|clos(ed|es|ing|ure)"
    r"|days? off|first day|last day|half days?|early (dismissal|release|out)|dismiss\w*|release day|late start"
    r"|delayed start|institute|in ?service|professional development|snow day|school (year )?(begins|starts|ends))\b"
)
_PART = re.compile(
    r"\b(grades?|pre ?k\w*|kindergarten|elementary|middle|high|freshm[ae]n|sophomores?|juniors?|seniors?|only|except"
    r"|some|[ap] ?m|noon|morning|afternoon|campus|\d+(st|nd|rd|th))\b"
)


def _all_of(*groups: tuple[str, ...]) -> re.Pattern[str]:
    """A title of nothing but these phrases, one after the other."""
    one = "|".join(phrase for group in groups for phrase in group)
    return re.compile(rf"(?:(?:{one})(?: |$))+")


_KINDS = (
    (EventKind.FIRST_DAY, _FIRST, (*_EARLY, *_BESIDE)),
    (EventKind.LAST_DAY, _LAST, (*_EARLY, *_BESIDE)),
    (EventKind.NO_SCHOOL, _CLOSED, _BESIDE),
    (EventKind.HALF_DAY, _EARLY, (*_BESIDE, r"(?:at )?\d{1,2}(?: \d\d)? ?[ap] ?m")),
)
_WHOLE = [(kind, re.compile(rf"\b(?:{'|'.join(says)})\b"), _all_of(says, beside)) for kind, says, beside in _KINDS]
_ONLY_HOLIDAY = _all_of(_HOLIDAYS, _BESIDE)
_HOLIDAY = re.compile(rf"\b(?:{'|'.join(_HOLIDAYS)})\b")


@lru_cache(maxsize=2_000)
def said_by_title(title: str) -> tuple[EventKind, Why, bool]:
    """Return what a title says of whole days, why, and whether a person must decide.

    "No School – Labor Day" closes. "No School Dance", "Holiday Concert" and "Labor Day" do not: a person is asked.
    """
    words = " ".join(re.sub(r"[^\w]+", " ", re.sub(r"['’`.]", "", title.casefold()).replace("&", " and ")).split())
    for kind, says, whole in _WHOLE:
        if says.search(words) and whole.fullmatch(words):
            return kind, Why.TITLE, False
    if _HOLIDAY.search(words) and _ONLY_HOLIDAY.fullmatch(words):
        return EventKind.IGNORED, Why.HOLIDAY, True
    if _SPOKEN.search(words):
        return EventKind.IGNORED, Why.PART if _PART.search(words) else Why.MENTIONS, True
    return EventKind.IGNORED, Why.NOTHING, False


def taken_for(title: str, own: EventKind | None, *, canceled: bool, timed: bool) -> tuple[EventKind, Why, bool]:
    """Return what an event is taken for, why, and whether a person must decide; `own`: what its column says."""
    if canceled:
        return EventKind.IGNORED, Why.CANCELED, False
    if own is EventKind.STATE_HOLIDAY_CHECK:
        return own, Why.CHECK, False
    kind, why, asks = (own, Why.COLUMN, False) if own else said_by_title(title)
    if timed and (asks or kind is not EventKind.IGNORED):
        return EventKind.IGNORED, Why.TIMED, True
    return kind, why, asks
