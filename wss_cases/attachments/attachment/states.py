"""What an attachment is, why it was sealed, and what histories say of it."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class AttachmentKind(Labelled):
    """What was attached."""

    PHOTO = "photo", _l("Photo")
    PDF = "pdf", _l("PDF")


class SealedWhy(Labelled):
    """Why nobody opens a file any more."""

    FLAGGED = "flagged", _l("Someone said that it may be a sexual image of a child")
    FACTS = "facts", _l("The report now says that something sexual happened")


SENTENCES: dict[str, Any] = {
    "attachment.added": _l("A file was attached"),
    "attachment.removed": _l("An attached file was removed"),
    "attachment.sealed": _l("An attached file was sealed"),
}
