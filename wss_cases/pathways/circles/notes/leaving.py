"""Keepers whose work at a school ends: they are asked to hand their notes over; once they left the school is told."""

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select

from wss_cases.access.actor import STAFF, SYSTEM, Actor, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import works
from wss_cases.cases.case.models import Case, CaseState
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Shown
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common.queries import Planned
from wss_cases.mail.delivery.pages import queue
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.messages import HAND_OVER, LEFT
from wss_cases.pathways.circles.notes.models import CircleNote

SOON = timedelta(days=7)


def kept_with_notes() -> Select[CircleKeeper]:
    """Select the periods that go on of keepers who wrote notes in their circle."""
    wrote = exists().where(
        CircleNote.pathway_id == CircleKeeper.pathway_id, CircleNote.author_id == CircleKeeper.user_id
    )
    return select(CircleKeeper).where(CircleKeeper.ended_at.is_(None), wrote).order_by(CircleKeeper.id)


def before_a_role_ends(actor: Actor, user: UserAccount) -> Shown | None:
    """Say to whoever could end this person's roles that notes of open cases are theirs alone to hand over."""
    of_theirs = kept_with_notes().where(CircleKeeper.user_id == user.id, CircleKeeper.case_id == Case.id)
    periods = list(db.session.scalars(of_theirs.where(Case.state != CaseState.CLOSED)))
    if not periods:
        return None
    sees = any(actor.covers(one.school_id, Role.ADMINISTRATOR) for one in periods)
    words = ngettext(
        "%(name)s keeps circle notes of %(num)d open case.",
        "%(name)s keeps circle notes of %(num)d open cases.",
        len({one.case_id for one in periods}),
        name=user.name,
    )
    return "pathways/circles/notes/_before_a_role_ends.html", {"words": words, "whose": user.id if sees else None}


def tell_of_leaving(now: datetime) -> None:
    """Ask keepers whose work ends within a week to hand over; tell leads and administrators of those who left."""

    def at(when: datetime) -> list[CircleKeeper]:
        gone = ~works(CircleKeeper.user_id, CircleKeeper.school_id, STAFF, when)
        return list(db.session.scalars(kept_with_notes().where(gone)))

    left = at(now)
    mails = [_mail(HAND_OVER, period, period.user_id) for period in at(now + SOON) if period not in left]
    for period in left:
        mails += [_mail(LEFT, period, user_id) for user_id in _told(period, now)]
    if mails:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            queue(uow, mails)


def _told(period: CircleKeeper, now: datetime) -> list[int]:
    day = today_at(period.school_id, now)
    people = {user_id for user_id, _name in holders(Role.ADMINISTRATOR, period.school_id, day)}
    return sorted({*people, db.session.get_one(Case, period.case_id).lead_id or 0} - {0, period.user_id})


def _mail(kind: str, period: CircleKeeper, user_id: int) -> Planned:
    key = f"{kind}:{period.id}:{user_id}"
    return Planned(user_id, kind, "circle_keeper", period.id, period.school_id, key)
