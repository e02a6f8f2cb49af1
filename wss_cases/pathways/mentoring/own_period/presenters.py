"""How a teacher's period reads."""

from typing import Any

from wss_cases.foundation.dates import time_words
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.mentoring.own_period.forms import TAKEN_BACK
from wss_cases.pathways.mentoring.own_period.rules import OwnPeriod, Question


def answer_words() -> list[tuple[str, str]]:
    """Return the answers of a question, the best first: points and words."""
    return [("2", _("Yes")), ("1", _("Partly")), ("0", _("Not yet"))]


def hours_words(own: OwnPeriod, zone: str) -> str:
    """Return when a period is; nothing where its school gave no times."""
    if not own.hours.known:
        return ""
    return f"{time_words(own.hours.starts, zone)} – {time_words(own.hours.ends, zone)}"


def period_words(own: OwnPeriod, zone: str) -> str:
    """Return when a period is and how many students are asked about."""
    return dotted(hours_words(own, zone), ngettext("%(num)d student", "%(num)d students", own.students))


def progress(own: OwnPeriod) -> tuple[str, str]:
    """Return how much of a period is marked, and the tone of its tag."""
    words = _("%(marked)d of %(all)d answered", marked=own.marked, all=len(own.questions))
    return words, "moss" if own.marked == len(own.questions) else "sun"


def question_values(own: OwnPeriod, question: Question) -> dict[str, Any]:
    """Return what the page of one question shows beside its form."""
    number = own.questions.index(question) + 1
    return {
        "question": question,
        "period": own.period,
        "where": _("Question %(number)d of %(all)d", number=number, all=len(own.questions)),
        "answers": answer_words(),
        "given": "" if question.points is None else str(question.points),
        "taken_back": TAKEN_BACK,
    }


def given_words(question: Question) -> str:
    """Return the answer that a question has; nothing for none."""
    return dict(answer_words()).get(str(question.points), "")
