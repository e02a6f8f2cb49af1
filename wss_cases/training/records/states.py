"""What timelines say of trainings on record, under their old kinds too."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.training.topics import KnownTopic

RECORDED, ENDS, TAKEN_BACK = "training.recorded", "training.ends", "training.taken_back"
CORRECTED, COUNTS_AGAIN = "training.corrected", "training.counts_again"


class Because(Labelled):
    """Why a training session is canceled."""

    NOT_HELD = "not_held", _l("It was not held, or will not be")
    IN_ERROR = "in_error", _l("It was entered by mistake")


SENTENCES: Final = {
    # as they were written while only keepers of circles had trainings on record
    "circle.training_recorded": (_l("Training recorded: %(training)s"), {"training": KnownTopic.labels()}),
    "circle.training_ends": (_l("Training end date set: %(training)s"), {"training": KnownTopic.labels()}),
    RECORDED: _l("Training recorded: %(training)s"),
    CORRECTED: _l("Corrected with its session: %(training)s"),
    ENDS: _l("Training end date set: %(training)s"),
    TAKEN_BACK: _l("Training taken back: %(training)s"),
    COUNTS_AGAIN: _l("Counts again, with its session: %(training)s"),
}
