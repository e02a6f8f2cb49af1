"""The kinds of restraint and time-out that are recorded."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class RestraintKind(Labelled):
    """Kinds of 23 Ill. Adm. Code 1.285; others are prohibited there."""

    TIME_OUT = "time_out", _l("Time-out")
    ISOLATED_TIME_OUT = "isolated_time_out", _l("Isolated time-out")
    PHYSICAL_RESTRAINT = "physical_restraint", _l("Physical restraint")


SENTENCES: Final = {
    "restraint.recorded": (_l("Restraint or time-out recorded: %(what)s"), {"what": RestraintKind.labels()}),
    "restraint.guardian_told": _l("The guardian was told about the restraint or time-out"),
    "restraint.reviewed": _l("The restraint or time-out was reviewed"),
}
