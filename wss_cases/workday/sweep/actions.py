"""The sweep: queue what has come due by an instant, on any day. It holds no truth, and any number may run at once."""

from collections import defaultdict
from datetime import date, datetime

from wss_cases.casework.transfer.pages import notice_moves
from wss_cases.followups.reminders.pages import outlook, sweep_follow_ups
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.incidents.deputies.pages import ask_deputies
from wss_cases.pathways.circles.invitations.actions import former, withdraw_former
from wss_cases.pathways.circles.notes.leaving import tell_of_leaving
from wss_cases.pathways.common.owners import give_unowned
from wss_cases.pathways.reengagement.opening.roster_gaps import open_returns
from wss_cases.safeguards.duties.clocks import clocks_would_queue, sweep_clocks
from wss_cases.safeguards.police.clocks import calls_would_queue, refuse_silence, sweep_calls
from wss_cases.workday.calendar.actions import settle_changes
from wss_cases.workday.digest.actions import mornings_would_queue, sweep_mornings


def sweep(now: datetime, dry_run: bool = False, thorough: bool = True, share: Share = WHOLE) -> dict[str, int]:
    """Queue the mails that have come due; returns {"queued": how many this run queued}.

    What it finds to do besides comes last: support with housing that is nobody's, days that the calendar opened or
    closed, reviews that nobody answered, students of open cases who changed school, second persons and keepers who
    leave (in a thorough one), returns to be planned in the morning. Clocks of the law and calls to the police are swept
    whole; what else the share leaves, the next sweep takes. The next sweep queues what that makes due, so a dry run,
    which writes nothing, says the same number.
    """
    return {"queued": _would_queue(now) if dry_run else _sweep(now, thorough, share)}


def _sweep(now: datetime, thorough: bool, share: Share) -> int:
    queued = sweep_clocks(now) + sweep_calls(now) + sweep_follow_ups(now, share) + withdraw_former(now)
    of_mornings, claimed = sweep_mornings(now, share.anew())
    give_unowned(now)
    settle_changes(now, share.anew())
    refuse_silence(now, share.anew())
    if thorough:
        notice_moves(now)
        ask_deputies(now, share.anew())
        tell_of_leaving(now)
    schools: dict[date, list[int]] = defaultdict(list)
    for morning in claimed:
        schools[morning.day].append(morning.school_id)
    for day, school_ids in schools.items():
        open_returns(school_ids, day, now)
    return queued + of_mornings


def _would_queue(now: datetime) -> int:
    follow_ups = outlook(now)
    return (
        clocks_would_queue(now)
        + calls_would_queue(now)
        + len(former(now))
        + follow_ups.queued
        + mornings_would_queue(now, follow_ups.given)
    )
