"""Forms of an uploaded roster: the files with the name of their feed, and what must be confirmed."""

from wtforms import BooleanField, MultipleFileField

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class UploadForm(BaseForm):
    """The files, and the feed that they come from."""

    source = ShortText(_l("Name of the feed"), [NotBlank(_l("Name the system the roster comes from."))], limit=120)
    files = MultipleFileField(_l("Roster files"))


class ConfirmForm(BaseForm):
    """What a person says of an uploaded roster that an import would stop for; only what is asked is shown."""

    source = BooleanField(_l("Yes, this is another feed, and its schools are not the ones that are already here"))
    shrink = BooleanField(_l("Yes, these people are really gone, or may no longer sign in"))
    refused = BooleanField(_l("Import the other rows without the refused ones"))

    def accepted(self) -> list[str]:
        """Return the names of what was ticked."""
        return [name for name in ("source", "shrink", "refused") if self[name].data]
