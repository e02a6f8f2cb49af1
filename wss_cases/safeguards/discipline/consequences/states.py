"""Minor consequences that a dean gives: counted apart from removals, never recommended by routing."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class ConsequenceKind(Labelled):
    """What was given. A day away from class or school is a removal and stands in a record of its own."""

    CALL_HOME = "call_home", _l("Call home")
    LOST_PRIVILEGE = "lost_privilege", _l("Lost privilege")
    DETENTION = "detention", _l("Detention")


SENTENCES = {
    "consequence.given": (_l("Minor consequence logged: %(what)s"), {"what": ConsequenceKind.labels()}),
    "consequence.taken_back": (_l("Minor consequence taken back: %(what)s"), {"what": ConsequenceKind.labels()}),
}
