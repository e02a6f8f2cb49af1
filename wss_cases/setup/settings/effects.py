"""What a change of a setting would move, counted before anybody confirms it; no name stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select

from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.queries import OPEN, items, overdue_loudly
from wss_cases.followups.reminders.recipients import Known
from wss_cases.followups.reminders.rules import Days
from wss_cases.foundation.clock import year_named
from wss_cases.foundation.dates import day_words_with_year, moment_words, time_of_day_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import decided_on, local_date, today_at
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.roster.calendar.bells.models import BellTime
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.workday.caseload.queries import loads_of
from wss_cases.workday.caseload.weights import Weights
from wss_cases.workday.digest.queries import DIGEST

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Change:
    """A setting's value before and after, the day from which the new one holds, and now."""

    old: Any
    new: Any
    day: date
    now: datetime


def nothing(_change: Change) -> list[str]:
    """Return no effect: the change moves nothing."""
    return []


def of_zone(change: Change) -> list[str]:
    """Return what another time zone moves: the district's clock, the schools that follow it, and what they planned."""
    follow = School.time_zone == change.old
    moved, own = _count(School.id, School.is_active, follow), _count(School.id, School.is_active, ~follow)
    theirs = select(School.id).where(follow)
    due = _count(FollowUp.id, OPEN, FollowUp.school_id.in_(theirs))
    waits = CircleMeeting.happened.is_(None) & (CircleMeeting.starts_at > change.now)
    meetings = _count(CircleMeeting.id, waits, CircleMeeting.school_id.in_(theirs))
    return [
        _(
            "The district’s clock shows %(then)s instead of %(now)s.",
            then=moment_words(change.now, change.new),
            now=moment_words(change.now, change.old),
        ),
        ngettext(
            "%(num)d school keeps the district’s time and moves with it.",
            "%(num)d schools keep the district’s time and move with it.",
            moved,
        ),
        ngettext("%(num)d school has a time zone of its own.", "%(num)d schools have a time zone of their own.", own),
        ngettext(
            "%(num)d open follow-up is due, and reminds, by the new time.",
            "%(num)d open follow-ups are due, and remind, by the new time.",
            due,
        ),
        ngettext(
            "%(num)d scheduled meeting stays at the same moment and shows another hour: tell the people who are "
            "coming.",
            "%(num)d scheduled meetings stay at the same moments and show another hour: tell the people who are "
            "coming.",
            meetings,
        ),
        _("Legal clocks that count hours continue as they are, and the days of what has happened stay."),
    ]


def of_year_start(change: Change) -> list[str]:
    """Return which school years move and what goes by them; a year that has begun is none of these."""
    first = change.day.year if change.day <= decided_on(change.day.year) else change.day.year + 1
    old, new = (date(first, *value) for value in (change.old, change.new))
    last = db.session.scalar(select(func.max(CalendarDay.day)).where(CalendarDay.school_id.is_(None)))
    lines = [
        _(
            "The school year %(year)s and those after it begin on %(new)s instead of %(old)s.",
            year=year_named(first), new=day_words_with_year(new), old=day_words_with_year(old),
        ),
        _(
            "The school year %(year)s ends on %(day)s. Earlier years keep their days, counts, and exports.",
            year=year_named(first - 1), day=day_words_with_year(new - timedelta(days=1)),
        ),
        _("Days of suspension start over, and past years are hidden, on the new day."),
    ]  # fmt: skip
    if new > old and last is not None and last < new - timedelta(days=1):
        words = _(
            "Import the calendar of %(year)s again: it does not reach the new last day.", year=year_named(first - 1)
        )
        lines.append(words)
    return lines


def of_look(change: Change) -> list[str]:
    """Return from when everyone sees it."""
    day = day_words_with_year(change.day)
    return [_("From %(day)s on everyone sees it, on every page. A preview is below.", day=day)]


def of_hours(change: Change) -> list[str]:
    """Return which schools' bells move, and what of today comes at another time with them."""
    first, last = change.old
    keep = School.is_active & (School.first_bell == first) & (School.last_bell == last)
    schools = select(School.id).where(keep)
    own = _count(BellTime.school_id.distinct(), BellTime.school_id.in_(schools))
    today = today_at(None, change.now)
    due = _count(FollowUp.id, OPEN, FollowUp.same_day, FollowUp.due_on >= today, FollowUp.school_id.in_(schools))
    return [
        ngettext(
            "%(num)d school uses the district’s bell times and changes with them.",
            "%(num)d schools use the district’s bell times and change with them.",
            _count(School.id, keep),
        ),
        ngettext(
            "Of these, %(num)d has set its own bells for some weekdays; those stay.",
            "Of these, %(num)d have set their own bells for some weekdays; those stay.",
            own,
        ),
        ngettext(
            "%(num)d same-day task reminds 60 minutes before the new last bell.",
            "%(num)d same-day tasks remind 60 minutes before the new last bell.",
            due,
        ),
    ]


def of_mail(change: Change) -> list[str]:
    """Return whose mail comes at another hour."""
    week = (OutboxMessage.kind == DIGEST) & (OutboxMessage.created_at > change.now - WEEK)
    week &= OutboxMessage.object_type == "user_account"  # by the index of what is old, not by the mails of years
    people = _count(OutboxMessage.recipient_id.distinct(), week)
    return [
        _(
            "From %(day)s on the morning summary, and everything that waits for school hours, is sent at %(new)s "
            "instead of %(old)s.",
            day=day_words_with_year(change.day),
            new=time_of_day_words(change.new),
            old=time_of_day_words(change.old),
        ),
        ngettext(
            "%(num)d person had a morning summary in the last seven days.",
            "%(num)d people had a morning summary in the last seven days.",
            people,
        ),
        _("Danger, legal duties and same-day reminders do not wait for it."),
    ]


def of_escalation(change: Change) -> list[str]:
    """Return how many of what is overdue now reaches the lead and the administrators, before and after."""
    late = _school_days_late(change.now)

    def reached(days: Days) -> tuple[int, int]:
        lead, administrator = (sum(each >= after for each in late) for after in days)
        return lead, administrator

    (old_lead, old_all), (new_lead, new_all) = reached(change.old), reached(change.new)
    return [
        ngettext(
            "%(num)d open follow-up that escalates is overdue now.",
            "%(num)d open follow-ups that escalate are overdue now.",
            len(late),
        ),
        _("Of these, the case’s lead is told about %(new)d instead of %(old)d.", new=new_lead, old=old_lead),
        _("Of these, the administrators are told about %(new)d instead of %(old)d.", new=new_all, old=old_all),
        _("What was already sent is not sent again."),
    ]


def _school_days_late(now: datetime) -> Sequence[int]:
    known = Known(now)
    ids = list(db.session.scalars(select(FollowUp.id).where(overdue_loudly(today_at(None, now)))))
    late = items(ids)
    known.learn_schools({item.school_id: item.time_zone for item in late})
    return [known.days(item.school_id).between(item.due_on, local_date(now, item.time_zone)) for item in late]


def of_public_pages(change: Change) -> list[str]:
    """Return how many pages of schools anyone can read, or can read no longer."""
    live = (PlanPublication.replaced_at.is_(None), PlanPublication.withdrawn_at.is_(None))
    pages = _count(PlanPublication.id, *live)
    if change.new == change.old or not pages:
        return []
    if change.new:
        return [ngettext("%(num)d page can be read again.", "%(num)d pages can be read again.", pages)]
    return [ngettext("%(num)d page can no longer be read.", "%(num)d pages can no longer be read.", pages)]


def of_tiers(change: Change) -> list[str]:
    """Return how many plans keep a tier that is no longer offered."""
    gone = [tier for tier in change.old if tier not in change.new]
    plans = _count(SchoolPlan.id, SchoolPlan.tier.in_(gone)) if gone else 0
    if not plans:
        return []
    words = ngettext(
        "%(num)d plan keeps its tier, which is no longer offered.",
        "%(num)d plans keep their tiers, which are no longer offered.",
        plans,
    )
    return [words]


def of_links(change: Change) -> list[str]:
    """Return which links stay as they are."""
    out = Questionnaire.answered_at.is_(None) & Questionnaire.revoked_at.is_(None)
    open_links = _count(Questionnaire.id, out, Questionnaire.expires_at > change.now)
    return [
        _(
            "Links made from %(day)s on work for %(new)d days instead of %(old)d.",
            day=day_words_with_year(change.day), new=change.new, old=change.old,
        ),
        ngettext("%(num)d open link keeps its day.", "%(num)d open links keep their day.", open_links),
    ]  # fmt: skip


def of_seconding(change: Change) -> list[str]:
    """Return what another time for the second person means."""
    return [
        _(
            "From %(day)s on a second person has %(new)d minutes instead of %(old)d. After that, what the law "
            "requires opens for one person and is reviewed afterward. A question already waiting keeps its time.",
            day=day_words_with_year(change.day),
            new=change.new,
            old=change.old,
        )
    ]


def of_gap(change: Change) -> list[str]:
    """Return what another gap means."""
    return [
        _(
            "From %(day)s on a student who was enrolled nowhere for %(new)d school days instead of %(old)d gets a "
            "return plan. Open plans stay.",
            day=day_words_with_year(change.day),
            new=change.new,
            old=change.old,
        )
    ]


def of_weights(change: Change) -> list[str]:
    """Return what coordinators carry by the weights before and after; open cases do not change."""

    def carried(weights: Weights) -> dict[int, int]:
        return {load.lead_id: load.points for load in loads_of([], weights) if load.lead_id is not None}

    before, after = carried(change.old), carried(change.new)
    moved = sum(before[lead_id] != points for lead_id, points in after.items())
    old, new = list(before.values()), list(after.values())
    return [
        ngettext(
            "For %(num)d person who leads cases the points change.",
            "For %(num)d people who lead cases the points change.",
            moved,
        ),
        _(
            "The median is %(new)s points instead of %(old)s, the most %(new_most)s instead of %(old_most)s.",
            new=median(new or [0]),
            old=median(old or [0]),
            new_most=max(new, default=0),
            old_most=max(old, default=0),
        ),
    ]


def _count(column: Any, *where: Any) -> int:
    return int(db.session.scalar(select(func.count(column)).where(*where)) or 0)
