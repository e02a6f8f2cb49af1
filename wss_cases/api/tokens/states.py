"""What a token may read, of which schools, and why it ended."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Scope(Labelled):
    """What a token reads; each address of the API asks for one of these."""

    SCHOOLS = "schools", _l("Schools: names, numbers, grades and networks")
    COUNTS = "counts", _l("Counts: the figures of Outcomes by school")
    CASES = "cases", _l("Cases without names: state, dates and pathways, no student and no text")


class Reach(Labelled):
    """Of which schools."""

    ALL = "all", _l("All schools, new ones included")
    NETWORK = "network", _l("The schools of one network")
    SOME = "some", _l("Some schools")


class Ended(Labelled):
    """Why a token ended before its last day."""

    REVOKED = "revoked", _l("Revoked")
    REFUSED = "refused", _l("Refused by the second person")
    MAKER_LEFT = "maker_left", _l("The person who requested it no longer administers the district")


SENTENCES: Final[dict[str, object]] = {
    "api_token.asked": _l("Token made; it is waiting for a second person"),
    "api_token.agreed": _l("Agreed by a second person; it is now active"),
    "api_token.ended": (_l("Ended: %(why)s"), {"why": Ended.labels()}),
}
