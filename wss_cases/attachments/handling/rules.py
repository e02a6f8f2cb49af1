"""How many files a record takes, and under which key they lie. Pure."""

from typing import Any, Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext

PURPOSE: Final = "attachment"
"""What the keys of attachments are derived for."""
MOST: Final = 20
"""Files on one record."""


def refuse_too_many(there: int, more: int) -> None:
    """Raise Refused where a record would have more files than it takes."""
    if there + more <= MOST:
        return
    left = max(0, MOST - there)
    if left == 0:
        raise Refused("files", _("This record has 20 files already. Remove one first."))
    words = ngettext("A record takes 20 files. %(num)d more fits.", "A record takes 20 files. %(num)d more fit.", left)
    raise Refused("files", words)


def may_remove(host: Any, attachment: Any, user_id: int | None) -> bool:
    """Whether somebody may remove a file: the case team, or whoever attached it while they may still add more."""
    stands = attachment.removed_at is None and attachment.sealed_at is None
    return stands and (host.is_team or (host.may_add and attachment.added_by_id == user_id))
