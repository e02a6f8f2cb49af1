"""Forms of attachments: the files with what they show, the reason of a removal."""

from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from wss_cases.attachments.contents.files import FIELD, MOST_BYTES, Content, content_of
from wss_cases.attachments.handling.rules import refuse_too_many
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l

TAKEN = (FIELD, "photo")
"""Names under which a form sends files: those that were chosen, and those that the camera took."""


class AttachForm(BaseForm):
    """Photos that are taken now, files that are chosen, and what they show."""

    photo = MultipleFileField(_l("Take a photo"))
    files = MultipleFileField(_l("Choose files"))
    title = ShortText(_l("What does it show?"), limit=120)

    def contents(self, sent: Any, there: int) -> list[Content]:
        """Return what is kept of the files that were sent. Raises Refused for the first that is not taken, and for
        more than fit beside those that are there; then none of them is decoded."""
        files: list[FileStorage] = [one for name in TAKEN for one in sent.getlist(name) if one.filename]
        refuse_too_many(there, len(files))
        return [content_of(one.filename or "", one.stream.read(MOST_BYTES + 1)) for one in files]


class RemoveForm(BaseForm):
    """Why a file is removed."""

    why = LongText(_l("Why is it removed?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=1000)
