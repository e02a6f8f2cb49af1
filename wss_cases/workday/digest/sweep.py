"""The sweep of mornings: each school's digests, weekly counts and late partners, once a school day.

A school's morning is claimed in the commit that queues its mails, so any number of sweeps may run at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from wss_cases.access.actor import STAFF, SYSTEM
from wss_cases.accounts.teams import colleagues
from wss_cases.foundation.operations import WHOLE, Share, reach
from wss_cases.journal.message_kinds import MailList
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.common.pages import DigestDay
from wss_cases.mail.common.rules import Planned, choices_of, queued_keys, wanted
from wss_cases.mail.delivery.queue import queue
from wss_cases.pathways.referrals.referral.pages import overdue_mails, record_overdue
from wss_cases.pathways.referrals.referral.queries import late_referrals
from wss_cases.workday.digest import messages
from wss_cases.workday.digest.messages import WEEKLY, no_coordinator_mails, weekly_key
from wss_cases.workday.digest.queries import (
    DIGEST,
    Given,
    Morning,
    digest_key,
    mornings,
    weekly_people,
    with_covers,
    with_work,
)

SCHOOLS = 50
"""Mornings of one commit."""


def sweep_mornings(now: datetime, share: Share = WHOLE) -> tuple[int, list[Morning]]:
    """Queue the mails of the mornings that have come; returns how many, and the mornings this run claimed."""
    queued, claimed = 0, []
    for batch in _chunks(mornings(now)):
        if not share.goes_on():
            break
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            reach("sweep.before_claim")
            mine = [morning for morning in batch if _claim(uow, morning)]
            reach("sweep.after_claim")
            late = late_referrals(now, [morning.school_id for morning in mine])
            keys = queue(uow, [*_mails(mine, {}, now), *overdue_mails(late)])
            record_overdue(uow, late, keys)
        reach("queue.after_commit")
        queued += len(keys)
        claimed += mine
    return queued, claimed


def mornings_would_queue(now: datetime, given: Given) -> int:
    """Return how many messages `sweep_mornings` would queue; writes nothing."""
    keys: set[str] = set()
    for batch in _chunks(mornings(now)):
        late = late_referrals(now, [morning.school_id for morning in batch])
        planned = {message.dedupe_key for message in [*_mails(batch, given, now), *overdue_mails(late)]}
        keys |= planned - queued_keys(planned)
    return len(keys)


def _chunks(batch: Sequence[Morning]) -> Iterable[Sequence[Morning]]:
    return (batch[start : start + SCHOOLS] for start in range(0, len(batch), SCHOOLS))


def _claim(uow: UnitOfWork, morning: Morning) -> bool:
    row = {"school_id": morning.school_id, "day": morning.day}
    return insert_once(uow.session, DigestDay, row, ["school_id", "day"])


def _mails(batch: Iterable[Morning], given: Given, now: datetime) -> list[Planned]:
    """One digest and one weekly count a person and date, however many schools they work at; for each school without a
    coordinator one a week."""
    together: dict[tuple[date, date, bool], list[Morning]] = defaultdict(list)
    for morning in batch:
        together[morning.day, morning.horizon, morning.begins_week].append(morning)
    planned: dict[str, Planned] = {}
    for (day, _horizon, begins_week), alike in together.items():
        mails = _planned(with_work(alike, given, now), DIGEST, MailList.DIGEST, day, now)
        if begins_week:
            people = weekly_people([morning.school_id for morning in alike], day, now)
            mails += _planned(with_covers(people, day), WEEKLY, MailList.WEEKLY, day, now)
        mails += no_coordinator_mails([morning.school_id for morning in alike], day, now)
        for message in mails:
            planned.setdefault(message.dedupe_key, message)
    return list(planned.values())


def _planned(
    people: Iterable[tuple[int, int]], kind: str, mail_list: MailList, day: date, now: datetime
) -> list[Planned]:
    pairs = _at_work(people, now)
    choices = choices_of({user_id for user_id, _school_id in pairs})
    key_of = digest_key if kind == DIGEST else weekly_key
    return [
        Planned(user_id, kind, "user_account", user_id, school_id, key_of(user_id, day))
        for user_id, school_id in pairs
        if wanted(choices[user_id], mail_list)
    ]


def _at_work(people: Iterable[tuple[int, int]], now: datetime) -> list[tuple[int, int]]:
    """Those of these (person, school) who still work there."""
    pairs = sorted(people)
    known = colleagues({user_id for user_id, _school_id in pairs}, now)
    return [
        (user_id, school_id)
        for user_id, school_id in pairs
        if user_id in known and known[user_id].covers(school_id, *STAFF)
    ]


ROOM = Room(messages=messages.MESSAGES)
