"""How mail that does not arrive reads: to the person, and to whoever looks after their account."""

from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.mail.bounces.queries import TroubleRow, own_trouble, trouble_count
from wss_cases.mail.bounces.rules import reason


def own_words(actor: Actor) -> dict[str, str] | None:
    """Return that mail to the person's own address fails, and why; None when it does not."""
    row = own_trouble(actor.user_id or 0)
    if row is None:
        return None
    since = day_words(local_date(row.since, district_zone()))
    words = _("Email to %(address)s has not been delivered since %(day)s.", address=row.address, day=since)
    return {"words": words, "why": reason(row.status)[0]}


def trouble_lines(actor: Actor, now: datetime) -> list[dict[str, str]]:
    """Return what My day says of it: one's own address, and for an administrator how many people's of the school."""
    lines = []
    own = own_words(actor)
    if own is not None:
        lines.append(
            {"words": f"{own['words']} {own['why']}", "go": _("See what to do"), "href": url_for("accounts.me")}
        )
    if actor.has(Role.ADMINISTRATOR) and (others := trouble_count(actor, now)):
        lines.append({"words": count_words(others), "go": _("See who"), "href": url_for("troubles.page")})
    return lines


def count_words(number: int) -> str:
    """Return to how many people mail does not arrive."""
    return ngettext(
        "Email to %(num)d person is not being delivered.", "Email to %(num)d people is not being delivered.", number
    )


def row_words(row: TroubleRow) -> dict[str, Any]:
    """Return one person of the list: since when, why, and what helps."""
    means, helps = reason(row.status)
    since = day_words(local_date(row.since, district_zone()))
    failed = ngettext("%(num)d email failed", "%(num)d emails failed", row.failed)
    return {
        "user_id": row.user_id,
        "name": row.name,
        "meta": " · ".join([row.address, _("since %(when)s", when=since), *([failed] if row.failed else [])]),
        "why": f"{means} {helps}",
        "status": row.status,
    }
