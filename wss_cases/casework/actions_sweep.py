"""The sweep: queue what has come due by an instant, on any day. It holds no truth, and any number may run at once."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.queries import holders
from wss_cases.accounts.queries_cover import covers_at
from wss_cases.casework.actions_calendar import settle_changes
from wss_cases.casework.actions_move import notice_moves
from wss_cases.casework.notices import DIGEST, digest_key
from wss_cases.casework.queries_my_day import AHEAD, digest_people, schools_with_reviews
from wss_cases.casework.queries_waiting import REVIEWERS
from wss_cases.followups.notices import FOLLOW_UP_DUE
from wss_cases.followups.queries_due import due_mails, owners_due
from wss_cases.foundation.clock import local, local_date
from wss_cases.foundation.db import db
from wss_cases.foundation.failpoints import reach
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit import insert_once, unit_of_work
from wss_cases.notices.actions import queue
from wss_cases.notices.models import DigestDay
from wss_cases.notices.queries import days_near
from wss_cases.notices.rules import CLOSES, OPENS, Planned
from wss_cases.pathways.circles.actions_invitations import former, withdraw_former
from wss_cases.pathways.reengagement.actions_sweep import open_returns
from wss_cases.pathways.referrals.queries_overdue import overdue_mails
from wss_cases.roster.models import School


def sweep(now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Queue the single mails and morning digests that have come due; returns {"queued", "already"}.

    `already` counts what is due and was queued by an earlier run. A dry run writes nothing and says how many it
    would have queued.
    """
    if not dry_run:
        notice_moves(now)
        settle_changes(now)
    withdrawn = len(former(now)) if dry_run else withdraw_former(now)
    mails = due_mails(now)
    planned = [
        Planned(mail.owner_id, FOLLOW_UP_DUE, "follow_up", mail.follow_up_id, mail.school_id, mail.dedupe_key)
        for mail in mails
        if not mail.queued
    ]
    planned += _new_only(overdue_mails(now))
    mornings = _mornings(now)
    if not dry_run:
        for day in sorted({day for _school_id, day, _horizon in mornings}):
            open_returns([school_id for school_id, its_day, _horizon in mornings if its_day == day], day, now)
    already = sum(mail.queued for mail in mails) + _digests_queued(now)
    if dry_run:
        digests = _new_only(_digests(mornings))
        return {"queued": withdrawn + len(planned) + len(digests), "already": already}
    if not planned and not mornings:
        return {"queued": withdrawn, "already": already}
    with unit_of_work(SYSTEM, now) as uow:
        uow.bookkeeping()
        reach("sweep.before_claim")
        claimed = [
            (school_id, day, horizon)
            for school_id, day, horizon in mornings
            if insert_once(uow.session, DigestDay, {"school_id": school_id, "day": day}, ["school_id", "day"])
        ]
        reach("sweep.after_claim")
        queued = queue(uow, [*planned, *_digests(claimed)])
    reach("queue.after_commit")
    return {"queued": withdrawn + queued, "already": already}


def _mornings(now: datetime) -> list[tuple[int, date, date]]:
    """Schools whose digests are due and not queued: (school, its date, the last date looked ahead to)."""
    zones = db.session.scalars(select(School.time_zone).where(School.is_active).distinct())
    found: list[tuple[int, date, date]] = []
    for zone in zones.all():
        here = local(now, zone)
        if not OPENS <= here.time() < CLOSES:
            continue
        day = here.date()
        done = select(DigestDay.school_id).where(DigestDay.day == day)
        statement = select(School.id).where(
            School.is_active, School.time_zone == zone, School.id.not_in(done)
        )
        ids = list(db.session.scalars(statement.order_by(School.id)))
        days = days_near(ids, day) if ids else {}
        found += [
            (number, day, days[number].add(day, AHEAD)) for number in ids if days[number].is_school_day(day)
        ]
    return found


def _digests(mornings: Sequence[tuple[int, date, date]]) -> list[Planned]:
    """One digest a person and date, however many schools they work at."""
    together: dict[tuple[date, date], list[int]] = {}
    for school_id, day, horizon in mornings:
        together.setdefault((day, horizon), []).append(school_id)
    planned: dict[str, Planned] = {}
    for (day, horizon), school_ids in together.items():
        for user_id, school_id in sorted(_with_covers(set(_people(school_ids, day, horizon)), day)):
            key = digest_key(user_id, day)
            planned.setdefault(key, Planned(user_id, DIGEST, "user_account", user_id, school_id, key))
    return list(planned.values())


def _with_covers(people: set[tuple[int, int]], day: date) -> set[tuple[int, int]]:
    """Add whoever stands in on this date for one of these people."""
    covers = covers_at({school_id for _user_id, school_id in people}, day) if people else {}
    return people | {(covers[person], person[1]) for person in people if person in covers}


def _people(school_ids: Sequence[int], day: date, horizon: date) -> Iterable[tuple[int, int]]:
    yield from owners_due(school_ids, horizon)
    yield from digest_people(school_ids)
    for school_id in schools_with_reviews(school_ids):
        for role in REVIEWERS:
            yield from ((user_id, school_id) for user_id, _name in holders(role, school_id, day))


def _new_only(planned: Sequence[Planned]) -> list[Planned]:
    keys = [message.dedupe_key for message in planned]
    known = set(
        db.session.scalars(select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.in_(keys)))
    )
    return [message for message in planned if message.dedupe_key not in known]


def _digests_queued(now: datetime) -> int:
    zones = db.session.scalars(select(School.time_zone).where(School.is_active).distinct())
    dates = {local_date(now, zone).isoformat() for zone in zones}
    statement = select(OutboxMessage.dedupe_key).where(
        OutboxMessage.kind == DIGEST,
        OutboxMessage.created_at > now.replace(hour=0, minute=0, second=0, microsecond=0),
    )
    return sum(key.rpartition(":")[2] in dates for key in db.session.scalars(statement))
