"""Words of "Something happened again"."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Ground(Labelled):
    """On what ground words that were said to somebody are passed on in a report."""

    AGREED = "agreed", _l("The person agrees to sharing this")
    PREVENT_HARM = "prevent_harm", _l("To prevent harm to someone")
    LAW = "law", _l("Another law requires it")


SENTENCES: dict[str, object] = {
    "incident.passed_on": (_l("Shared because: %(ground)s"), {"ground": Ground.labels()}),
    "case.happened_again": (
        _l("Something happened again: report %(reference)s. Shared because: %(ground)s"),
        {"ground": Ground.labels()},
    ),
}
