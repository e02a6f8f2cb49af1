"""Replays of a rule set: requested, run by the scheduler in slices, canceled and deleted."""

import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.routing import rule_sets
from wss_cases.routing.replay import models
from wss_cases.routing.replay.models import REPLAY_TRANSITIONS, Replay, ReplayChange, ReplayState
from wss_cases.routing.replay.queries import Period, check_days, count_routed, digest_of, routed_after
from wss_cases.routing.replay.rules import Replayed, Replayer, Tally, replayed
from wss_cases.routing.rule_sets import RuleSet

AUDITED = "rule_replay"


def ask(
    actor: Actor, rule_set_id: int, starts_on: date, ends_on: date, now: datetime, request_key: str | None = None
) -> int:  # fmt: skip
    """Request a replay over the incidents of these days; it replaces an earlier one of the same rule set. Returns its
    id.

    Raises Refused for days that `check_days` refuses.
    """
    check_days(starts_on, ends_on, today_at(None, now))
    total = count_routed(Period(starts_on, ends_on))
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        rule_set = uow.load(RuleSet, rule_set_id, Permission.RULES_EDIT)
        forget_replays(uow, rule_set_id)
        row = Replay(
            rule_set_id=rule_set_id, rows_digest=digest_of(rule_set), starts_on=starts_on, ends_on=ends_on,
            state=ReplayState.RUNNING, asked_by_id=actor.user_id, asked_at=now, total=total,
        )  # fmt: skip
        uow.answer = replay_id = uow.add_audited(row, "rules.replay_asked")
        uow.record(rule_set, "rules.replay_asked", first=starts_on.isoformat(), last=ends_on.isoformat())
        return replay_id


def cancel(actor: Actor, replay_id: int, now: datetime) -> int:
    """Stop a running replay; what it found so far stays. Returns the rule set's id. Raises Refused when it has
    ended."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(Replay, replay_id, with_for_update=True, populate_existing=True)
        rule_set = uow.session.get(RuleSet, row.rule_set_id) if row is not None else None
        if row is None or rule_set is None:
            raise NotFound
        require(actor, Permission.RULES_EDIT, rule_set)
        if row.state is not ReplayState.RUNNING:
            raise Refused("", _("This replay has already ended."))
        _end(row, ReplayState.CANCELLED, now)
        uow.audit("rules.replay_cancelled", AUDITED, row.id, changes_of(row))
        uow.record(rule_set, "rules.replay_cancelled")
        return rule_set.id


def forget_replays(uow: UnitOfWork, rule_set_id: int) -> None:
    """Step: delete the replays of a rule set."""
    # locked: the scheduler may be storing a slice of one of them
    replays = select(Replay).where(Replay.rule_set_id == rule_set_id).order_by(Replay.id).with_for_update()
    for row in uow.session.scalars(replays.execution_options(populate_existing=True)).all():
        uow.session.execute(delete(table_of(ReplayChange)).where(ReplayChange.replay_id == row.id))
        uow.session.delete(row)
    uow.session.flush()


def carry_on(now: datetime, seconds: float = 20.0) -> dict[str, int]:
    """Continue requested replays, the oldest first, for so many seconds; the next call continues from there.

    Each slice is one transaction: a process that dies loses at most its current slice. Returns how many incidents were
    `replayed`.
    """
    counts = {"replayed": 0}
    until = time.monotonic() + seconds
    replayers: dict[int, Replayer] = {}
    while time.monotonic() < until:
        db.session.remove()
        running = select(Replay).where(Replay.state == ReplayState.RUNNING).order_by(Replay.id).limit(1)
        row = db.session.scalars(running).first()
        if row is None:
            break
        counts["replayed"] += _slice(row, replayers, now)
    return counts


def _slice(row: Replay, replayers: dict[int, Replayer], now: datetime) -> int:
    """Replay the next incidents and store the result, unless someone else has by now."""
    rule_set = db.session.get_one(RuleSet, row.rule_set_id)
    if digest_of(rule_set) != row.rows_digest:
        return _keep(row.id, row.last_incident_id, [], ReplayState.OVERTAKEN, now)
    if row.id not in replayers:
        replayers[row.id] = Replayer(rule_sets.table_of(rule_set), rule_sets.signs_of(rule_set))
    size = setting("REPLAY_BATCH")
    batch = routed_after(Period(row.starts_on, row.ends_on), row.last_incident_id, size)
    outcomes = list(replayed(replayers[row.id], batch))
    ended = ReplayState.DONE if len(batch) < size else ReplayState.RUNNING
    return _keep(row.id, row.last_incident_id, outcomes, ended, now)


def _keep(replay_id: int, after: int, outcomes: Sequence[Replayed], state: ReplayState, now: datetime) -> int:
    with unit_of_work(SYSTEM, now) as uow:
        row = uow.session.get(Replay, replay_id, with_for_update=True, populate_existing=True)
        if row is None or row.state is not ReplayState.RUNNING or row.last_incident_id != after:
            return 0
        tally = Tally.of_json(row.counts)
        for one in outcomes:
            tally.add(one)
        changes = [_change(replay_id, one) for one in outcomes if one.changes or one.broken or not one.is_read]
        if changes:
            uow.session.execute(insert(table_of(ReplayChange)), changes)
        row.counts, row.done = tally.as_json(), row.done + len(outcomes)
        row.total = max(row.total, row.done)
        if outcomes:
            row.last_incident_id = outcomes[-1].incident.id
        if state is not ReplayState.RUNNING:
            _end(row, state, now)
        total = tally.of()
        uow.audit("rules.replayed", AUDITED, replay_id, {"done": [row.done - len(outcomes), row.done]})
        if state is ReplayState.DONE:
            rule_set = uow.session.get_one(RuleSet, row.rule_set_id)
            uow.record(rule_set, "rules.replayed", incidents=total.incidents, changed=total.changed)
        return len(outcomes)


def _change(replay_id: int, one: Replayed) -> dict[str, Any]:
    return {
        "replay_id": replay_id,
        "incident_id": one.incident.id,
        "school_id": one.incident.school_id,
        "changes": [change.as_json() for change in one.changes],
        "broken": list(one.broken),
        "is_read": one.is_read,
    }


def _end(row: Replay, state: ReplayState, now: datetime) -> None:
    assert state in REPLAY_TRANSITIONS[row.state]
    row.state, row.ended_at = state, now


ROOM = Room(sentences=models.SENTENCES)
