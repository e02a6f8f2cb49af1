"""What keeps a record from being deleted, shredded or moved while it is open."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class HoldKind(enum.StrEnum):
    """Why a record must stay as it is."""

    RECORDS_REQUEST = "records_request"
    LEGAL_HOLD = "legal_hold"
    COURT_ORDER = "court_order"


HOLD_LABELS = {
    HoldKind.RECORDS_REQUEST: _l("Records request"),
    HoldKind.LEGAL_HOLD: _l("Legal hold"),
    HoldKind.COURT_ORDER: _l("Court order"),
}
