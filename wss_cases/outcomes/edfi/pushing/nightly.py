"""The push as the settings have it: by the command, and each night between two hours."""

from dataclasses import replace
from datetime import datetime

from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import district_zone, local, today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.outcomes.counting.scope.rules import scope_of
from wss_cases.outcomes.edfi.common.versions import VERSIONS
from wss_cases.outcomes.edfi.pushing.actions import KIND, Chosen, host_of, push_edfi
from wss_cases.outcomes.edfi.pushing.client import Ods
from wss_cases.outcomes.exports.export_log.disclosing import Recipient
from wss_cases.roster.runs import is_due


def configured() -> tuple[Ods, Chosen] | None:
    """Return the server and how it is sent to, None where the settings name none."""
    if not setting("EDFI_URL"):
        return None
    ods = Ods(setting("EDFI_URL"), setting("EDFI_TOKEN_URL"), setting("EDFI_KEY"), setting("EDFI_SECRET"))
    told = setting("EDFI_DISCLOSED")
    return ods, Chosen(VERSIONS[setting("EDFI_STANDARD")], Recipient(*told) if told else None)


def push_due(now: datetime, server: tuple[Ods, Chosen] | None = None) -> dict[str, int]:
    """Push the school year of today where that is due; returns how many were `sent`, `deleted`, `refused`.

    Those who run the system get an email where it did not succeed, or the last one did not come to its end.
    """
    server, hours = server or configured(), setting("EDFI_HOURS")
    if server is None or hours is None or not hours[0] <= local(now, district_zone()).hour < hours[1]:
        return {}
    ods, chosen = server
    today = today_at(None, now)
    scope = scope_of(None, school_year(today), today)
    if scope is None or not is_due(KIND, host_of(ods), now):
        return {}
    db.session.remove()
    with force_locale("en"):
        push = push_edfi(scope, now, ods, replace(chosen, tells=True), lambda _done, _whole: None)
    totals = {what: sum(counts[what] for counts in push.counts.values()) for what in ("created", "updated", "deleted")}
    return {"sent": totals["created"] + totals["updated"], "deleted": totals["deleted"], "refused": len(push.problems)}
