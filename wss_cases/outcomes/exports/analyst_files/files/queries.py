"""Reading requests for files for analysts, and what a file says today; the caller has checked that the actor may."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select

from wss_cases.access.actor import Actor
from wss_cases.accounts.two_persons.queries import are_two_persons
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement
from wss_cases.outcomes.exports.analyst_files.agreements.queries import load_agreement
from wss_cases.outcomes.exports.analyst_files.agreements.rules import in_force
from wss_cases.outcomes.exports.analyst_files.content.packing import fingerprint
from wss_cases.outcomes.exports.analyst_files.content.queries import facts_of, least_of, scope_between
from wss_cases.outcomes.exports.analyst_files.content.rules import released
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.outcomes.exports.analyst_files.files.rules import can_be_taken, same_months
from wss_cases.outcomes.exports.analyst_files.files.states import FileState, Refusal

PAGE = 50
Said = list[tuple[int, tuple[str, ...]]]

load_file = by_id(AnalystFile)


def get_file(file_id: int) -> AnalystFile:
    """Return one request. Raises NotFound."""
    return existing(load_file(file_id))


def files(before: int | None = None, limit: int = PAGE) -> list[tuple[AnalystFile, str]]:
    """Return requests with their receiver, the newest first."""
    one = AnalystFile
    statement = select(one, AnalystAgreement.receiver).join(AnalystAgreement, AnalystAgreement.id == one.agreement_id)
    if before is not None:
        statement = statement.where(one.id < before)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(one.id.desc()).limit(limit))]


def given_of_months(first: date, last: date, now: datetime) -> list[tuple[AnalystFile, AnalystAgreement]]:
    """Return the files with any of these days that somebody has or can still get, each with its agreement."""
    one = AnalystFile
    statement = _given(now).add_columns(AnalystAgreement).where(one.first_day <= last, one.last_day >= first)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(one.id))]


def _given(now: datetime) -> Any:
    one = AnalystFile
    standing = (AnalystAgreement.ended_at.is_(None), AnalystAgreement.ends_on >= today_at(None, now))
    ready = and_(one.state == FileState.RELEASED, one.expires_at > now, *standing)
    return (
        select(one)
        .join(AnalystAgreement, AnalystAgreement.id == one.agreement_id)
        .where(or_(one.state == FileState.TAKEN, ready))
    )


def waiting_files() -> Sequence[AnalystFile]:
    """Return the requests that wait to be released, locked."""
    waiting = select(AnalystFile).where(AnalystFile.state == FileState.ASKED).order_by(AnalystFile.id)
    return db.session.scalars(waiting.with_for_update()).all()


def is_ready(file: AnalystFile, now: datetime) -> bool:
    """Whether a file can be downloaded now: released, its time not over, its agreement in force."""
    agreement = load_agreement(file.agreement_id)
    return agreement is not None and in_force(agreement, today_at(None, now)) and can_be_taken(file, now)


def said_in(actor: Actor, file: AnalystFile, now: datetime) -> Said:
    """Return what a file says today of each incident of its months."""
    scope = scope_between(file.school_year, file.first_day, file.last_day, today_at(None, now))
    return released(facts_of(actor, scope), least_of(file.school_year))


def in_the_way(actor: Actor, file: AnalystFile, said: Said, now: datetime) -> list[Refusal]:
    """Return why a request that says this could not be released by the actor now; empty where it could."""
    agreement = existing(load_agreement(file.agreement_id))
    given = given_of_months(file.first_day, file.last_day, now)
    same = [
        one
        for one, to in given
        if same_months(file, one) and to.receiver_key != agreement.receiver_key and one.fingerprint == fingerprint(said)
    ]
    holds = {
        Refusal.OVERLAP: len(same) < len(given),
        Refusal.TOO_FEW: not said,
        Refusal.AGREEMENT: not in_force(agreement, today_at(None, now)),
        Refusal.ONE_PERSON: not are_two_persons(file.asked_by_id, actor.user_id, now),
    }
    return [reason for reason, is_so in holds.items() if is_so]
