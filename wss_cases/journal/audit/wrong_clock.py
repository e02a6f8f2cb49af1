"""Saying in the log that a clock was wrong: the way back for a chain with which nothing else is."""

from datetime import datetime

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.audit.actions import EVERY_ROW, seal
from wss_cases.journal.audit.clocks import note_of_clock
from wss_cases.journal.audit.detached import CLOCK
from wss_cases.journal.audit.queries import untimely
from wss_cases.journal.audit.rules import PURPOSE, keyring
from wss_cases.journal.models import AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work

MOST = 300


def note_wrong_clock(now: datetime, reason: str) -> list[tuple[int, int]]:
    """Say of the seals whose times cannot be, and which are whole otherwise, that a clock was wrong; seal that.

    Returns them as runs of numbers. Raises Refused without a reason, where there are none, or anything else is broken.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= MOST:
        raise Refused("reason", _("Say in at most %(most)s letters what was wrong with the clock.", most=MOST))
    broken, runs = untimely(now)
    if broken is not None:
        raise Refused("", _("Nothing is noted, because the chain is broken. %(why)s.", why=broken.words))
    if not runs:
        raise Refused("", _("No seal says a time that cannot be."))
    said = note_of_clock(runs, now, keyring(setting("WSS_KEYS").derived(PURPOSE)))
    with unit_of_work(SYSTEM, now) as uow:
        uow.audit(CLOCK, AuditSeal.__tablename__, None, {"reason": [None, reason], **said})
    seal(now, EVERY_ROW)
    return [(first, last) for first, last, _digest in runs]
