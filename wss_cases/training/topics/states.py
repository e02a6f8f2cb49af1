"""The topics that come with the program, two of which it counts by name, and what timelines say of topics."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class KnownTopic(Labelled):
    """Topics that the program names itself; keeping a circle needs the first."""

    CIRCLE_KEEPING = "circle_keeping", _l("Keeping circles")
    RESTORATIVE_PRACTICE = "restorative_practice", _l("Restorative practice")
    DE_ESCALATION = "de_escalation", _l("De-escalation")
    MENTORING = "mentoring", _l("Mentoring")


NEVER_ENDS: Final = frozenset({KnownTopic.CIRCLE_KEEPING})
"""Topics that rules of the program stand on: without them no one could be trained, and no circle be held."""

SENTENCES: Final = {
    "training_topic.added": _l("Training topic added: %(topic)s"),
    "training_topic.changed": _l("Training topic changed: %(topic)s"),
}
