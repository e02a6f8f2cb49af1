"""The kinds of restraint and time-out that are recorded."""

import enum
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l


class RestraintKind(enum.StrEnum):
    """Kinds of 23 Ill. Adm. Code 1.285; others are prohibited there."""

    TIME_OUT = "time_out"
    ISOLATED_TIME_OUT = "isolated_time_out"
    PHYSICAL_RESTRAINT = "physical_restraint"


RESTRAINT_LABELS: Final = {
    RestraintKind.TIME_OUT: _l("Time-out"),
    RestraintKind.ISOLATED_TIME_OUT: _l("Isolated time-out"),
    RestraintKind.PHYSICAL_RESTRAINT: _l("Physical restraint"),
}

SENTENCES: Final = {
    "restraint.recorded": (_l("Restraint or time-out recorded: %(what)s"), {"what": RESTRAINT_LABELS}),
    "restraint.guardian_told": _l("The guardian was told of the restraint or time-out"),
    "restraint.reviewed": _l("The restraint or time-out was reviewed"),
}
