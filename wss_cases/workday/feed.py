"""A person's private calendar: what kind of thing is due, when and where, never whom it is about.

Every part starts from what the person may see today, so that a role or a case that went elsewhere leaves the calendar
with the next reading.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from sqlalchemy import and_, literal, or_, select

from wss_cases.access.actor import STAFF, Actor, in_schools
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.rules import FEED_WINDOW, read_too_often
from wss_cases.accounts.calendar_address import end_feed_of, note_reading, reader_of
from wss_cases.accounts.coverage import near
from wss_cases.cases.case.models import Case
from wss_cases.followups.core import queries as followups
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.files.icalendar import Entry, calendar_file, every
from wss_cases.foundation.i18n import _, force_locale, ngettext
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.queries import last_acts
from wss_cases.journal.rooms import Room
from wss_cases.mail.common.rules import days_near
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting
from wss_cases.pathways.circles.circle.queries import led_visible_to
from wss_cases.pathways.circles.invitations import meeting_uid, meeting_words
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringPlan
from wss_cases.pathways.mentoring.plan.rules import planned_days
from wss_cases.pathways.reengagement.plan import ReengagementPlan

BACK, AHEAD, SESSIONS_AHEAD = timedelta(days=30), timedelta(days=180), timedelta(days=28)
MOST = 400
REENTRY_KIND, REENTRY_MINUTES = "reentry_meeting", 60
"""A re-entry meeting has no length of its own: an hour is kept free for it."""


@dataclass(frozen=True)
class Asked:
    """Whose calendar, as of when, and for whom they stand in on this day: (person, school)."""

    actor: Actor
    now: datetime
    today: date
    covered: Sequence[tuple[int, int]]

    @property
    def moments(self) -> tuple[datetime, datetime]:
        return self.now - BACK, self.now + AHEAD


def entries(actor: Actor, made_at: datetime, now: datetime) -> list[Entry]:
    """Return what stands in a person's calendar, by day, in the reader's language; `made_at`: of the address."""
    today = today_at(None, now)
    covered = [(row.user_id, row.school_id) for row in near(actor.user_id, now) if row.cover_id == actor.user_id]
    asked = Asked(actor, now, today, covered)
    reentries = list(_reentries(asked))
    planned = {pathway_id for _key, pathway_id, _entry in reentries}
    keyed = [*_follow_ups(asked, planned), *_circles(asked), *((key, entry) for key, _pathway_id, entry in reentries)]
    changed = last_acts(key for key, _entry in keyed)
    found = [replace(entry, changed=changed.get(key, made_at)) for key, entry in keyed]
    return sorted([*found, *_sessions(asked, made_at)], key=lambda entry: (str(entry.starts), entry.uid))


def _uid(name: str) -> str:
    return f"{name}@{urlsplit(link('/')).hostname or 'localhost'}"


def _whose(words: str, mine: bool) -> str:
    return words if mine else _("Covering: %(what)s", what=words)


def _follow_ups(asked: Asked, planned: set[int]) -> Iterable[tuple[tuple[str, int], Entry]]:
    """Days on which something is due; the kind of it alone, as a title that was typed may name a child."""
    me = asked.actor.user_id
    theirs = [and_(FollowUp.owner_id == who, FollowUp.school_id == where) for who, where in asked.covered]
    statement = followups.visible_to(followups.listing(), asked.actor, live=True).where(
        or_(FollowUp.owner_id == me, *theirs), FollowUp.due_on.between(asked.today - BACK, asked.today + AHEAD)
    )
    for row in followups.rows(statement.order_by(FollowUp.due_on, FollowUp.id).limit(MOST)):
        if row.kind == REENTRY_KIND and row.pathway_id in planned:
            continue  # the meeting itself stands there with its hour
        yield (
            ("follow_up", row.id),
            Entry(
                uid=_uid(f"follow-up-{row.id}"),
                sequence=row.version,
                changed=asked.now,
                starts=row.due_on,
                minutes=0,
                summary=_whose(str(KINDS.get(row.kind, KINDS["other"])), row.owner_id == me),
                address=link(f"/follow-ups/{row.id}"),
                free=True,
            ),
        )


def _meeting(asked: Asked, row: Any, uid: str, words: str, *, of_team: bool = True) -> Entry:
    return Entry(
        uid=uid,
        sequence=row.sequence,
        changed=asked.now,
        starts=row.starts_at,
        minutes=row.minutes,
        summary=_whose(words, bool(row.mine)),
        address=link(f"/cases/{row.case_id}/pathways/{row.pathway_id}" if of_team else f"/keeping/{row.pathway_id}"),
        room=row.room,
    )


def _circles(asked: Asked) -> Iterable[tuple[tuple[str, int], Entry]]:
    me, meeting = asked.actor.user_id, CircleMeeting
    keeps = (
        select(CircleKeeper.id)
        .where(
            CircleKeeper.pathway_id == meeting.pathway_id, CircleKeeper.user_id == me, CircleKeeper.ended_at.is_(None)
        )
        .exists()
    )
    theirs = [
        and_(meeting.school_id == where, or_(meeting.keeper_id == who, Case.lead_id == who))
        for who, where in asked.covered
    ]
    mine = or_(keeps, Case.lead_id == me)
    leads = meeting.pathway_id.in_(led_visible_to(select(Pathway.id), asked.actor, asked.today))
    team = and_(meeting.pathway_id.in_(pathways_visible(select(Pathway.id), asked.actor)), or_(mine, *theirs))
    statement = (
        select(meeting.id, meeting.sequence, meeting.starts_at, meeting.minutes, meeting.room, meeting.kind)
        .add_columns(
            meeting.case_id,
            meeting.pathway_id,
            Pathway.kind.label("of_kind"),
            mine.label("mine"),
            team.label("of_team"),
        )
        .join(Case, Case.id == meeting.case_id)
        .join(Pathway, Pathway.id == meeting.pathway_id)
        .where(or_(team, leads))
        .where(meeting.starts_at.between(*asked.moments), meeting.happened.is_not(False))
    )
    for row in db.session.execute(statement.order_by(meeting.starts_at, meeting.id).limit(MOST)):
        yield (
            ("circle_meeting", row.id),
            _meeting(
                asked, row, meeting_uid(row.id, link("/")), meeting_words(row.of_kind, row.kind), of_team=row.of_team
            ),
        )


def _reentries(asked: Asked) -> Iterable[tuple[tuple[str, int], int, Entry]]:
    me, plan = asked.actor.user_id, ReengagementPlan
    theirs = [and_(plan.school_id == where, Case.lead_id == who) for who, where in asked.covered]
    mine = or_(Case.lead_id == me, Pathway.owner_id == me)
    columns: Any = (
        select(plan.id, plan.version.label("sequence"), plan.meeting_at.label("starts_at"), plan.case_id)
        .add_columns(plan.meeting_place.label("room"), literal(REENTRY_MINUTES).label("minutes"))
        .add_columns(plan.pathway_id, mine.label("mine"))
    )
    statement = (
        pathways_visible(columns, asked.actor)
        .join(Case, Case.id == plan.case_id)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .where(or_(mine, *theirs), plan.meeting_at.between(*asked.moments))
        .where(Pathway.state.in_((PathwayState.PREPARING, PathwayState.ACTIVE)))
    )
    for row in db.session.execute(statement.order_by(plan.meeting_at, plan.id).limit(MOST)):
        yield (
            ("reengagement_plan", row.id),
            row.pathway_id,
            _meeting(asked, row, _uid(f"reentry-meeting-{row.id}"), str(KINDS[REENTRY_KIND])),
        )


def _sessions(asked: Asked, made_at: datetime) -> Iterable[Entry]:
    """One entry a day with how many mentoring sessions are planned: of each it would say nothing more."""
    plan = MentoringPlan
    statement = (
        select(plan.rhythm, plan.starts_on, plan.weeks, plan.school_id)
        .join(Mentor, Mentor.id == plan.mentor_id)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .where(Mentor.user_id == asked.actor.user_id, Mentor.is_active, Pathway.state == PathwayState.ACTIVE)
        .where(in_schools(plan.school_id, asked.actor, *STAFF))
    )
    rows = db.session.execute(statement.limit(MOST)).all()
    schools = days_near({row.school_id for row in rows}, asked.today) if rows else {}
    count = Counter(
        day
        for row in rows
        for day in planned_days(row, asked.today + SESSIONS_AHEAD, schools[row.school_id]) or ()
        if day >= asked.today
    )
    for day, number in count.items():
        yield Entry(
            uid=_uid(f"mentoring-{asked.actor.user_id}-{day:%Y%m%d}"),
            sequence=0,
            changed=made_at,
            starts=day,
            minutes=0,
            summary=ngettext("%(num)d mentoring session planned", "%(num)d mentoring sessions planned", number),
            address=link("/mentoring"),
            free=True,
        )


blueprint = Blueprint("calendar_feed", __name__)


@blueprint.get("/calendar/<token>.ics")
@gate(Permission.PUBLIC)
def read(token: str) -> Response:
    """The calendar of the person whose address this is; any other address answers as if there were none."""
    now = clock.now()
    reader = reader_of(token, now)
    if reader is not None and reader.actor is None:
        end_feed_of(reader.user_id, now)
    if reader is None or reader.actor is None:
        return _plain("Not found\n", 404)
    if read_too_often(reader.reads, reader.counted_from, now):
        answer = _plain("Too many requests\n", 429)
        answer.headers["Retry-After"] = str(int(FEED_WINDOW.total_seconds()))
        return answer
    note_reading(reader.feed_id, now)
    locale = reader.actor.locale if reader.actor.locale in setting("LANGUAGES") else "en"
    with force_locale(locale):
        found = entries(reader.actor, reader.made_at, now)
        body = calendar_file(found, properties={"x-wr-calname": _("Whole School Safety")} | every(hours=1))
    answer = Response(body, mimetype="text/calendar")
    # it may be kept, but every use asks again whether it still may be read
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


def _plain(words: str, code: int) -> Response:
    # the same bytes for all: no layout, no language, no address said back
    return Response(words, code, mimetype="text/plain", headers={"Cache-Control": "no-store"})


ROOM = Room(pages=(blueprint,))
