"""From a form that was sent to the call of its use case."""

from wss_cases.access.gate import current_actor
from wss_cases.access.invocation import Invocation
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm


def submitted(form: BaseForm) -> Invocation:
    """Return the call that a sent form makes: the person signed in, now, its request key and the version it showed."""
    return Invocation(current_actor(), clock.now(), form.request_key.data, form.seen_version)
