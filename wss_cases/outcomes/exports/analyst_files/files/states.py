"""How a file for analysts stands, and what its history says."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class FileState(Labelled):
    """From the request to the download."""

    ASKED = "asked", _l("Waiting for release")
    RELEASED = "released", _l("Released, not downloaded yet")
    TAKEN = "taken", _l("Downloaded")
    REFUSED = "refused", _l("Not released")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


class Refusal(Labelled):
    """Why a file is not released."""

    OVERLAP = "overlap", _l("Another file has some of these months.")
    TOO_FEW = "too_few", _l("Too few incidents and students are in these months.")
    AGREEMENT = "agreement", _l("The agreement is not in force.")
    ONE_PERSON = "one_person", _l("The person who asked and the person who releases are not known to be two people.")
    OTHER = "other", _l("Another reason")


OPEN: Final = frozenset({FileState.ASKED, FileState.RELEASED})
"""What the person who asked may withdraw: nothing of it has left."""

TONES: Final = {
    FileState.ASKED: "sun",
    FileState.RELEASED: "moss",
    FileState.TAKEN: "moss",
    FileState.REFUSED: "brick",
    FileState.WITHDRAWN: "slate",
}

SENTENCES: Final[dict[str, object]] = {
    "analyst_file.asked": _l("The file was requested"),
    "analyst_file.released": _l("The file was released"),
    "analyst_file.refused": _l("The file was not released"),
    "analyst_file.withdrawn": _l("The request was withdrawn"),
    "analyst_file.handed_on": _l("The request went on to the person who is now responsible for privacy"),
    "analyst_file.taken": _l("The file was downloaded"),
}
