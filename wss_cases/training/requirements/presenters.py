"""A requirement in words."""

from collections.abc import Mapping

from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.training.requirements.models import TrainingRequirement
from wss_cases.training.requirements.queries import Minimum
from wss_cases.training.requirements.states import Standing

TONES = {Standing.NONE: "brick", Standing.OVERDUE: "brick", Standing.DUE: "sun", Standing.VALID: "moss"}


def asked_words(row: TrainingRequirement) -> str:
    """Return what a requirement asks, of whom."""
    if row.role is not None:
        months = row.months or 0
        return ngettext("%(role)s, every month", "%(role)s, every %(num)d months", months, role=ROLE_LABELS[row.role])
    return _("At least %(number)d trained people at each school", number=row.minimum or 0)


def minimum_words(one: Minimum, names: Mapping[str, str]) -> str:
    """Return how a school meets a minimum, e.g. "Keeping circles: 2 trained, at least 1 needed"."""
    return _(
        "%(topic)s: %(trained)d trained, at least %(minimum)d needed",
        topic=names[one.requirement.topic],
        trained=one.trained,
        minimum=one.requirement.minimum or 0,
    )
