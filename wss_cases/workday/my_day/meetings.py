"""What meets today, as cards of My day: when, where, who keeps it, the plan, and the act that is next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.school_time import at_local, local_date, time_words, today_at
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting, MeetingKind
from wss_cases.pathways.circles.circle.queries import led_visible_to
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.pages import rounds_words
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.queries import visible_to as pathways_visible
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import whom_words
from wss_cases.routing.engine.vocabulary import Kind


def may_meet(actor: Actor) -> Select[Any]:
    """Return the select of circles among which all are that `circles_today` returns: what else keeps one from the actor
    is asked there. Its parameters are those of `meet_between`."""
    meeting = CircleMeeting
    leads = exists().where(Case.id == meeting.case_id, Case.lead_id == actor.user_id)
    keeps = exists().where(CircleKeeper.pathway_id == meeting.pathway_id, CircleKeeper.user_id == actor.user_id)
    return select(meeting.id).where(
        in_schools(meeting.school_id, actor, *STAFF),
        meeting.starts_at.between(bindparam("day_begins"), bindparam("day_ends")),
        or_(meeting.keeper_id == actor.user_id, leads, keeps),
    )


def may_reenter(actor: Actor) -> Any:
    return _reentries(select(ReengagementPlan.id), actor).where(
        ReengagementPlan.meeting_at.between(bindparam("day_begins"), bindparam("day_ends"))
    )


def _reentries(statement: Any, actor: Actor) -> Any:
    plan = ReengagementPlan
    return (
        statement.select_from(plan)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .join(Case, Case.id == plan.case_id)
        .where(
            in_schools(plan.school_id, actor, *CASE_TEAM),
            or_(Pathway.owner_id == actor.user_id, Case.lead_id == actor.user_id),
            Pathway.state.in_(LIVE),
        )
    )


def meet_between(now: datetime, zones: Mapping[int, str]) -> dict[str, datetime]:
    bounds = [bound for zone in sorted(set(zones.values())) for bound in _bounds(now, zone)]
    return {"day_begins": min(bounds, default=now), "day_ends": max(bounds, default=now)}


def circles_today(actor: Actor, now: datetime, zones: Mapping[int, str]) -> list[Any]:
    """The circles of today that the actor keeps or leads the case of; `zones` names each own school's.

    `of_team`: the actor sees the circle's case; `what` is the kind of the meeting, `kind` that of its pathway.
    """
    meeting = CircleMeeting
    team = meeting.pathway_id.in_(pathways_visible(select(Pathway.id), actor))
    leads = meeting.pathway_id.in_(led_visible_to(select(Pathway.id), actor, today_at(None, now)))
    statement = (
        select(meeting.id, meeting.starts_at, School.time_zone, meeting.room, Pathway.kind, Case.reference)
        .add_columns(meeting.keeper_id, UserAccount.name.label("keeper"), meeting.happened, meeting.kind.label("what"))
        .add_columns(meeting.case_id, meeting.pathway_id, CirclePlan.id.label("plan_id"), team.label("of_team"))
        .outerjoin(CirclePlan, CirclePlan.pathway_id == meeting.pathway_id)
        .join(Pathway, Pathway.id == meeting.pathway_id)
        .join(Case, Case.id == meeting.case_id)
        .join(School, School.id == meeting.school_id)
        .join(UserAccount, UserAccount.id == meeting.keeper_id)
        .where(
            or_(and_(team, or_(meeting.keeper_id == actor.user_id, Case.lead_id == actor.user_id)), leads),
            _today(meeting.starts_at, now, zones),
        )
    )
    return list(db.session.execute(statement.order_by(meeting.starts_at)))


def reentries_today(actor: Actor, now: datetime, zones: Mapping[int, str]) -> list[Any]:
    plan = ReengagementPlan
    columns = select(
        plan.meeting_at.label("starts_at"), School.time_zone, plan.meeting_place.label("room"), Case.reference,
        plan.meeting_held_on.is_not(None).label("held"), plan.case_id, plan.pathway_id,
    )  # fmt: skip
    of_today = _reentries(columns, actor).join(School, School.id == plan.school_id)
    statement = of_today.where(_today(plan.meeting_at, now, zones)).order_by(plan.meeting_at)
    return list(db.session.execute(statement))


def _today(column: Any, now: datetime, zones: Mapping[int, str]) -> ColumnElement[bool]:
    by_zone = []
    for zone in sorted(set(zones.values())):
        start, end = _bounds(now, zone)
        by_zone.append(and_(School.time_zone == zone, column >= start, column < end))
    return or_(*by_zone) if by_zone else column.is_(None) & column.is_not(None)


def _bounds(now: datetime, zone: str) -> tuple[datetime, datetime]:
    day = local_date(now, zone)
    return at_local(day, 0, 0, zone), at_local(day + timedelta(days=1), 0, 0, zone)


def circle_card(meeting: Any, actor: Actor, now: datetime, students: Sequence[str]) -> dict[str, Any]:
    kind = str(Kind(meeting.kind).label) if meeting.kind in set(Kind) else meeting.kind
    if meeting.what is MeetingKind.COMPLETION:
        kind = _("Agreement completion meeting")
    href = url_for("pathways.pathway", case_id=meeting.case_id, pathway_id=meeting.pathway_id)
    words = _("Open the circle’s page")
    if meeting.happened is None and meeting.starts_at <= now:
        href, words = url_for("circles.answer", meeting_id=meeting.id), _("Did it take place?")
    if not meeting.of_team:
        return _led_card(meeting, kind, now)
    keeper = _("you") if meeting.keeper_id == actor.user_id else meeting.keeper
    card = _card(meeting, kind, href, words, _("keeper: %(name)s", name=keeper))
    card["meta"] = dotted(whom_words(students, actor), card["meta"])
    if meeting.plan_id is not None:
        card["plan_href"] = url_for("circle_plans.sheet", circle_plan_id=meeting.plan_id)
    return card


def _led_card(meeting: Any, kind: str, now: datetime) -> dict[str, Any]:
    href, words = url_for("keeping.circle", pathway_id=meeting.pathway_id), _("Open the circle’s page")
    if meeting.happened is None and meeting.starts_at <= now:
        href, words = url_for("keeping.answer", pathway_id=meeting.pathway_id), _("Did it take place?")
    card = _card(meeting, kind, href, words) | {"meta": meeting.room, "reference": kind}
    if meeting.plan_id is not None:
        card["plan_href"] = url_for("keeping.sheet", pathway_id=meeting.pathway_id)
    return card


def planned_card(plan: CirclePlan, start: datetime) -> dict[str, Any]:
    """Return a community circle that the person keeps today, with its plan; `start` is the beginning of the day."""
    href = url_for("circle_plans.plan", circle_plan_id=plan.id)
    return {
        "at": start,
        "title": plan.title,
        "meta": dotted(str(plan.kind.label), rounds_words(plan)),
        "href": href,
        "words": _("Open the plan"),
        "reference": plan.title,
    }


def reentry_card(meeting: Any, now: datetime) -> dict[str, Any]:
    of: dict[str, Any] = {"case_id": meeting.case_id, "pathway_id": meeting.pathway_id}
    what, href, words = _("Re-entry meeting"), url_for("pathways.pathway", **of), _("Prepare the meeting")
    if meeting.held:
        words = _("Go to the return")
    elif meeting.starts_at <= now:
        href, words = url_for("reengagement.answer", **of), _("Did it take place?")
    return _card(meeting, what, href, words)


def _card(meeting: Any, what: str, href: str, words: str, keeper: str = "") -> dict[str, Any]:
    return {
        "at": meeting.starts_at,
        "title": f"{time_words(meeting.starts_at, meeting.time_zone)} {what}",
        "meta": " · ".join(part for part in (meeting.reference, meeting.room, keeper) if part),
        "href": href,
        "words": words,
        "reference": meeting.reference,
    }
