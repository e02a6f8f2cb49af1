"""What the timeline says of an exchange with another system."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES: Final = {"edfi.imported": _l("Taken in from an Ed-Fi file")}
