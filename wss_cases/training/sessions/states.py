"""What timelines say of training sessions."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.training.records.states import Because

CANCELED, PUT_BACK = "training_session.canceled", "training_session.put_back"
SENTENCES: Final = {
    "training_session.added": _l("Training session added: %(training)s"),
    "training_session.changed": _l("Training session changed. Before: %(training)s, %(day)s, %(hours)s hours"),
    "training_session.signed_in": _l("Signed in by list: %(number)s"),
    "training_session.code_drawn": _l("Code for signing in drawn"),
    CANCELED: (_l("Training session canceled: %(because)s"), {"because": Because.labels()}),
    PUT_BACK: _l("Training session put back"),
}
