"""One answer to one open question, and how long its page had been open."""

from datetime import datetime

from itsdangerous import BadSignature, URLSafeSerializer
from wtforms import HiddenField, RadioField

from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.settings.reading import signing_keys

LONGEST_LOOK = 24 * 60 * 60


class TapForm(BaseForm):
    """One answer to one question; `shown` is when the page was, signed."""

    answer = RadioField(_l("Answer"), validate_choice=False)
    whom = ShortText(_l("Who told you, or who did you ask?"))
    shown = HiddenField()

    def seconds(self, incident_id: int, now: datetime) -> int | None:
        """Return how long the page had been open, None where that is not known."""
        try:
            number, at = _signer().loads(self.shown.data or "")
        except (BadSignature, TypeError, ValueError):
            return None
        passed = int(now.timestamp()) - int(at)
        return passed if number == incident_id and 0 <= passed <= LONGEST_LOOK else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="open-questions")


def shown_at(incident_id: int, now: datetime) -> str:
    """Return when the page of a report was shown, signed, for the hidden field of its questions."""
    return str(_signer().dumps([incident_id, int(now.timestamp())]))
