"""A file of money in words: what would be written, row by row."""

from collections.abc import Sequence

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.money.amounts.rules import hundredths_words, money_words
from wss_cases.plans.money.files.rules import Line
from wss_cases.plans.money.funding.actions import Given
from wss_cases.plans.money.resources.actions import Needed
from wss_cases.plans.money.resources.queries import titles_of
from wss_cases.roster.directory.queries import schools_by_id


def line_rows(lines: Sequence[Line]) -> list[tuple[str, str, str]]:
    """Return of each sound row where it goes, what it says, and its amount."""
    schools = schools_by_id({one.school_id for one in lines})
    titles = titles_of({one.resource_id for one in lines if one.resource_id is not None})
    rows = []
    for one in lines:
        where = dotted(titles.get(one.resource_id or 0), schools[one.school_id].name)
        row, what = _("Row %(row)d", row=one.row), one.what
        if isinstance(what, Given):
            officers = ""
            if what.officers_removed is not None:
                officers = _("Police officers removed: %(number)d", number=what.officers_removed)
            words = dotted(row, what.school_year, what.source.label, officers, what.note)
        elif isinstance(what, Needed):
            where, words = dotted(what.title, schools[one.school_id].name), dotted(row, _needed_words(what))
        else:
            words = dotted(row, what.kind.label, day_words_with_year(what.on_day), what.note)
        cents = what.planned_cents if isinstance(what, Needed) else what.amount_cents
        rows.append((where, words, money_words(cents)))
    return rows


def _needed_words(what: Needed) -> str:
    number = hundredths_words(what.fte_hundredths)
    share = _("Full-time equivalent %(share)s", share=number) if number else ""
    filled = _("Filled on %(day)s", day=day_words_with_year(what.filled_on)) if what.filled_on else ""
    vacant = _("Vacant since %(day)s", day=day_words_with_year(what.vacant_since)) if what.vacant_since else ""
    return dotted(what.kind.label, what.job_code, share, filled, vacant)
