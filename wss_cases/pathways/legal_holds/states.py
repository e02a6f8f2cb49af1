"""What keeps a record from being deleted, shredded or moved while it is open."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class HoldKind(Labelled):
    """Why a record must stay as it is."""

    RECORDS_REQUEST = "records_request", _l("Records request")
    LEGAL_HOLD = "legal_hold", _l("Legal hold")
    COURT_ORDER = "court_order", _l("Court order")
