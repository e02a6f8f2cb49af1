"""What became of a backup."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Outcome(Labelled):
    """How a backup ended."""

    RUNNING = "running", _l("Being made")
    WHOLE = "whole", _l("Made, restored as a test, and complete")
    BY_HAND = "by_hand", _l("Made by a command; not restored as a test")
    FULL = "full", _l("Not made: the disk is full")
    FOLDER = "folder", _l("Not made: the folder does not exist, or cannot be written")
    DATABASE = "database", _l("Not made: the database did not answer, or this role may not read everything")
    UNLIKE = "unlike", _l("Made, but it could not be restored; it is kept as untested")
    BROKEN = "broken", _l("Not made: something failed; the scheduler’s log says where")
    KILLED = "killed", _l("Not made: the process ended partway through")


GOOD: Final = (Outcome.WHOLE, Outcome.BY_HAND)
"""A file that counts came of it."""
