"""The rows of a CSV file that somebody uploads."""

import csv
import io
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import is_storable
from wss_cases.foundation.i18n import gettext as _

MOST_BYTES: Final = 2 * 1024**2


def rows_in(content: bytes) -> list[list[str]]:
    """Return the cells of a CSV file without spaces around them. Raises Refused for what is none or too large."""
    if len(content) > MOST_BYTES:
        raise Refused("file", _("This file is too large."))
    try:
        text = content.decode("utf-8-sig")
        if not is_storable(text):
            raise ValueError("a character that cannot be stored")
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except (ValueError, csv.Error) as error:
        words = _("This is not a CSV file in UTF-8. Save it as “CSV UTF-8” and upload it again.")
        raise Refused("file", words) from error
