"""A file of trainings in words: what would go on record, row by row."""

from collections.abc import Sequence

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.training.importing.rules import Row
from wss_cases.training.records.presenters import length
from wss_cases.training.records.queries import names_of
from wss_cases.training.topics import topic_names


def line_rows(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Return of each sound row whose training it is, what it says, and the school at which it goes on record."""
    names, topics = names_of({one.training.user_id for one in rows}), topic_names()
    schools = schools_by_id({one.school_id for one in rows})
    found = []
    for one in rows:
        what = one.training
        until = day_words_with_year(what.valid_until) if what.valid_until else ""
        words = dotted(
            _("Row %(row)d", row=one.number), topics[what.topic], day_words_with_year(what.completed_on),
            length(what.minutes), what.provider, what.certificate,
            _("valid until %(day)s", day=until) if until else "",
        )  # fmt: skip
        found.append((names.get(what.user_id, ""), words, schools[one.school_id].name))
    return found
