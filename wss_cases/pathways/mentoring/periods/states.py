"""What the history says of periods and of who teaches in them."""

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES = {
    "school.periods_set": _l("Periods of the day set"),
    "mentoring.teachers_set": _l("Who teaches the student in each period set"),
}
