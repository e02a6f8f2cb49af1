"""The morning digest, and the mails of a hand-over and a cover: how much waits, and links; no names, no titles."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.accounts.queries_cover import load_cover
from wss_cases.casework.queries_my_day import Item, MyDay, my_day
from wss_cases.followups.states import KINDS
from wss_cases.foundation.clock import local_date, now
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.letters import link
from wss_cases.journal.models import OutboxMessage
from wss_cases.notices.registry import MessageKind
from wss_cases.roster.queries import get_school

DIGEST = "digest"


def digest_key(user_id: int, day: date) -> str:
    """Return the key under which a person's digest of a morning is queued once."""
    return f"digest:{user_id}:{day.isoformat()}"


def groups(day: MyDay) -> list[dict[str, Any]]:
    """Return the digest's groups: words, count, and lines of (kind, count), empty ones left out."""
    found = [
        _group(_("Overdue"), day.overdue),
        _group(_("Due today"), day.due_today),
        _group(_("Due in the next two school days"), day.coming),
    ]
    waiting = day.waiting
    lines = [
        (ngettext("report to review", "reports to review", waiting.to_review), waiting.to_review),
        (ngettext("legal duty open", "legal duties open", waiting.duties), waiting.duties),
        (ngettext("new case", "new cases", len(waiting.new_cases)), len(waiting.new_cases)),
        (
            ngettext("question about your report", "questions about your reports", len(waiting.questions)),
            len(waiting.questions),
        ),
    ]
    found.append({"words": _("Waiting for you"), "count": waiting.count, "lines": [x for x in lines if x[1]]})
    return [group for group in found if group["count"]]


def _group(words: str, items: Sequence[Item]) -> dict[str, Any]:
    kinds = Counter(str(KINDS.get(item.row.kind, KINDS["other"])) for item in items)
    return {"words": words, "count": len(items), "lines": sorted(kinds.items())}


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    day = my_day(actor, now())
    found = groups(day)
    if not found:
        return None
    total = sum(group["count"] for group in found)
    return {
        "groups": found,
        "total": total,
        "day": day_words(day.today),
        "href": link("/my-day"),
        "circles": len(day.circles),
    }


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    return message.dedupe_key == digest_key(message.recipient_id, _local_day(message, now()))


def _local_day(message: OutboxMessage, instant: datetime) -> date:
    school = get_school(message.school_id) if message.school_id is not None else None
    return local_date(instant, school.time_zone if school else "UTC")


def _to_desk(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link("/desk")}


def _leads_there(message: OutboxMessage, actor: Actor) -> bool:
    return message.object_id == actor.user_id and actor.has(*CASE_TEAM)


def _stands_in(message: OutboxMessage, actor: Actor) -> bool:
    row = load_cover(message.object_id)
    if row is None or row.ended_at is not None or row.cover_id != actor.user_id:
        return False
    return row.ends_on >= _local_day(message, now()) and actor.covers(row.school_id, *CASE_TEAM)


MESSAGES = (
    MessageKind(DIGEST, "digest", _context, _still_due),
    MessageKind("cases_handed_over", "cases_handed_over", _to_desk, _leads_there),
    MessageKind("cover_set", "cover_set", _to_desk, _stands_in),
)
