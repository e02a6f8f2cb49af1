"""The life of an uploaded roster, and what a person must confirm before it is written."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class UploadState(Labelled):
    """The scheduler checks and writes; a person confirms in between."""

    CHECKING = "checking", _l("Being checked")
    CHECKED = "checked", _l("Waiting for you")
    WRITING = "writing", _l("Being imported")
    WRITTEN = "written", _l("Imported")
    REFUSED = "refused", _l("Refused")


TRANSITIONS: Final = {
    UploadState.CHECKING: frozenset({UploadState.CHECKED, UploadState.REFUSED}),
    UploadState.CHECKED: frozenset({UploadState.WRITING}),
    UploadState.WRITING: frozenset({UploadState.WRITTEN, UploadState.REFUSED}),
    UploadState.WRITTEN: frozenset[UploadState](),
    UploadState.REFUSED: frozenset[UploadState](),
}
WORKING: Final = (UploadState.CHECKING, UploadState.WRITING)
"""What the scheduler takes up."""
