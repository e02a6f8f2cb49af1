"""Words and rows of a survey's round: how it stands, who took part, what it came to."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.mail.family_texts.queries import family_texts
from wss_cases.surveys.instrument.queries import text_code
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.results.models import SurveyResult
from wss_cases.surveys.results.states import ResultState
from wss_cases.surveys.rounds.models import SurveyRound, SurveyTally
from wss_cases.surveys.rounds.rules import FEWEST, is_open


def state_words(row: SurveyRound, today: date) -> tuple[str, str]:
    """Return how a round stands, and the tone of its tag."""
    if row.counted_at is not None:
        return _("Counted"), "moss"
    if is_open(row, today):
        return _("Open"), "sun"
    return (_("Planned"), "slate") if today < row.opens_on else (_("Being counted"), "slate")


def days_words(row: SurveyRound) -> str:
    """Return from when to when a round is."""
    return _("%(first)s to %(last)s", first=day_words_with_year(row.opens_on), last=day_words_with_year(row.closes_on))


def part_rows(tallies: Sequence[SurveyTally]) -> list[list[Any]]:
    """Return who took part: links made, slips replaced, links used; and by the code on the wall, which has no links."""
    return [
        [
            f"{tally.audience.label} – {tally.way.label}",
            tally.invited if tally.way is Way.INVITED else "–",
            tally.replaced if tally.way is Way.INVITED else "–",
            tally.taken if tally.way is Way.INVITED or tally.taken >= FEWEST else _("fewer than 10"),
        ]
        for tally in tallies
    ]


def result_tables(results: Sequence[SurveyResult], way: Way, language: str, day: date) -> list[dict[str, Any]]:
    """Return a table for each group that was asked by a way: question, share, answers; hidden ones say why."""
    words = family_texts([text_code(one.audience, one.question) for one in results], language, day)
    tables = []
    for group in SurveyGroup:
        mine = [one for one in results if one.audience is group and one.way is way]
        if mine:
            rows = [_result_row(one, words[text_code(group, one.question)].text) for one in mine]
            tables.append({"title": group.label, "rows": rows})
    return tables


def _result_row(one: SurveyResult, question: str) -> list[Any]:
    if one.state is not ResultState.SHOWN or one.favorable is None or one.answered is None:
        return [question, one.state.label, "–"]
    return [question, f"{round(100 * one.favorable / one.answered)}%", one.answered]
