"""How support without an incident began, in words."""

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.mentoring.opening.models import SupportStart
from wss_cases.pathways.mentoring.opening.states import AgreedHow, Because


def start_rows(start: SupportStart) -> list[dict[str, str]]:
    """Return why a case without an incident was opened and who agreed, as label and value."""
    agreed = dotted(start.agreed_name, str(AgreedHow(start.agreed_how).label), day_words_with_year(start.agreed_on))
    return [
        {"label": _("Why"), "value": str(Because(start.because).label)},
        {"label": _("The reason"), "value": start.why},
        {"label": _("Family agreed"), "value": agreed},
    ]
