"""What the history says of this pathway."""

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES = {
    "mentoring.planned": _l("Mentor, goal and rhythm set"),
}
