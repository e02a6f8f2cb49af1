"""Who mentors at a school: adding, changing and ending mentors, and their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from wss_cases.access.actor import STAFF
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import audit_only
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.mentoring.mentors.queries import open_matches
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringGroup, MentoringPlan
from wss_cases.pathways.mentoring.plan.states import LARGEST_CAPACITY, MentorKind


@dataclass(frozen=True)
class MentorDraft:
    """What a school knows of a mentor; `user_id` for staff with an account, `name` for everybody else."""

    kind: MentorKind
    capacity: int
    user_id: int | None = None
    name: str = ""
    organisation: str = ""
    languages: Sequence[str] = ()
    strengths: str = ""
    trained_on: date | None = None


@use_case
def add_mentor(uow: UnitOfWork, school_id: int, draft: MentorDraft) -> int:
    """Add a mentor to a school. Returns the id; Refused names the field."""
    mentor = Mentor(school_id=school_id, kind=draft.kind, name="", capacity=draft.capacity)
    require(uow.actor, Permission.MENTOR_MANAGE, mentor)
    _fill(uow, mentor, draft)
    uow.add(mentor)
    uow.record(mentor, "mentor.added")
    return mentor.id


@use_case
def change_mentor(uow: UnitOfWork, mentor_id: int, draft: MentorDraft) -> int:
    """Change what is known of a mentor. Raises Refused for fewer places than are taken."""
    mentor = uow.load(Mentor, mentor_id, Permission.MENTOR_MANAGE, uow.version)
    taken = places_of(uow, mentor)
    if draft.capacity < taken:
        words = ngettext("%(num)d spot is taken.", "%(num)d spots are taken.", taken)
        raise Refused("capacity", words)
    _fill(uow, mentor, draft)
    uow.record(mentor, "mentor.changed")
    return mentor.id


def _fill(uow: UnitOfWork, mentor: Mentor, draft: MentorDraft) -> None:
    if not 0 <= draft.capacity <= LARGEST_CAPACITY:
        raise Refused("capacity", _("Write a number from 0 to %(most)d.", most=LARGEST_CAPACITY))
    if draft.trained_on is not None and draft.trained_on > today_at(mentor.school_id, uow.now):
        raise Refused("trained_on", _("Choose today or an earlier day."))
    name, user_id = draft.name, None
    if draft.kind is MentorKind.STAFF:
        user_id = draft.user_id
        name = _account_name(uow, mentor, user_id)
    elif not name.strip():
        raise Refused("name", _("Write the mentor’s name."))
    elif not draft.organisation.strip():
        raise Refused("organisation", _("Write which organization they come from."))
    mentor.kind, mentor.name, mentor.user_id, mentor.capacity = draft.kind, name, user_id, draft.capacity
    mentor.organisation = "" if draft.kind is MentorKind.STAFF else draft.organisation
    mentor.languages, mentor.strengths = list(draft.languages), draft.strengths
    mentor.trained_on = draft.trained_on


def _account_name(uow: UnitOfWork, mentor: Mentor, user_id: int | None) -> str:
    person = actor_of(user_id, uow.now) if user_id is not None else None
    if person is None or not person.covers(mentor.school_id, *STAFF):
        raise Refused("user_id", _("Choose someone who works at this school."))
    same = select(Mentor.id).where(
        Mentor.school_id == mentor.school_id, Mentor.user_id == user_id, Mentor.id != (mentor.id or 0)
    )
    with uow.session.no_autoflush:
        if uow.session.scalar(same) is not None:
            raise Refused("user_id", _("This person is already on the list of mentors."))
    return person.name


def places_of(uow: UnitOfWork, mentor: Mentor) -> int:
    """Return how many places of a mentor are taken outside groups. Lock the mentor before."""
    return _count(uow, MentoringPlan.mentor_id == mentor.id, MentoringPlan.group_id.is_(None))


def places_of_group(uow: UnitOfWork, group: MentoringGroup) -> int:
    """Return how many places of a group are taken. Lock the group before."""
    return _count(uow, MentoringPlan.group_id == group.id)


def _count(uow: UnitOfWork, *conditions: object) -> int:
    statement = select(func.count()).select_from(MentoringPlan)
    statement = statement.join(Pathway, Pathway.id == MentoringPlan.pathway_id)
    return uow.session.scalar(statement.where(Pathway.state.in_(LIVE), *conditions)) or 0  # type: ignore[arg-type]


@use_case
def end_mentor(uow: UnitOfWork, mentor_id: int, rematch: bool) -> int:
    """Say that somebody mentors no more. Their groups end too.

    Raises Refused while students are matched with them, unless `rematch`: then each of these pathways asks for a
    new match, and says so in its case's history.
    """
    mentor = uow.load(Mentor, mentor_id, Permission.MENTOR_MANAGE, uow.version)
    if not mentor.is_active:
        raise Refused("", _("This mentor has already ended."))
    matches = open_matches(mentor.id)
    if matches and not rematch:
        raise Refused("rematch", _("Confirm that these students get a new mentor."))
    for plan, pathway in matches:
        _unmatch(uow, mentor, plan.id, pathway.id)
    for group in uow.session.scalars(
        select(MentoringGroup).where(MentoringGroup.mentor_id == mentor.id, MentoringGroup.is_active)
    ):
        group.is_active = False
        uow.record(group, "mentoring_group.changed")
    mentor.is_active = False
    uow.record(mentor, "mentor.ended")
    return mentor.id


def _unmatch(uow: UnitOfWork, mentor: Mentor, plan_id: int, pathway_id: int) -> None:
    row = uow.session.get_one(Pathway, pathway_id, with_for_update=True, populate_existing=True)
    plan = uow.session.get_one(MentoringPlan, plan_id, with_for_update=True, populate_existing=True)
    plan.mentor_id, plan.group_id, plan.match_reasons = None, None, ""
    uow.record(plan, "mentoring.unmatched", mentor=mentor.name)
    row.next_step, row.next_step_on = _("Match a new mentor"), today_at(row.school_id, uow.now)
    audit_only(uow, row)


@use_case
def bring_back(uow: UnitOfWork, mentor_id: int) -> int:
    """Say that somebody mentors again."""
    mentor = uow.load(Mentor, mentor_id, Permission.MENTOR_MANAGE, uow.version)
    mentor.is_active = True
    uow.record(mentor, "mentor.returned")
    return mentor.id


@use_case
def save_group(
    uow: UnitOfWork,
    school_id: int,
    group_id: int | None,
    *,
    mentor_id: int | None,
    name: str,
    capacity: int,
    is_active: bool,
) -> int:
    """Add a group, or change one; its students stay with it when its mentor changes. Refused names the field."""
    mentor = uow.session.get(Mentor, mentor_id) if mentor_id is not None else None
    if mentor is None or mentor.school_id != school_id or not mentor.is_active:
        raise Refused("mentor", _("Choose the mentor."))
    require(uow.actor, Permission.MENTOR_MANAGE, mentor)
    if not 2 <= capacity <= LARGEST_CAPACITY:
        raise Refused("capacity", _("Write a number from 2 to %(most)d.", most=LARGEST_CAPACITY))
    if group_id is None:
        group = uow.add(MentoringGroup(school_id=school_id, mentor_id=mentor.id, name=name, capacity=capacity))
        uow.record(group, "mentoring_group.added")
    else:
        group = uow.load(MentoringGroup, group_id, Permission.MENTOR_MANAGE, uow.version)
        if group.school_id != school_id:
            raise NotFound
        _change_group(uow, group, mentor, name, capacity, is_active)
    return group.id


def _change_group(
    uow: UnitOfWork, group: MentoringGroup, mentor: Mentor, name: str, capacity: int, is_active: bool
) -> None:
    taken = places_of_group(uow, group)
    if capacity < taken:
        raise Refused("capacity", ngettext("%(num)d spot is taken.", "%(num)d spots are taken.", taken))
    if taken and not is_active:
        raise Refused("is_active", _("Students meet in this group now. Match them with other mentors first."))
    if mentor.id != group.mentor_id:
        for plan in uow.session.scalars(
            select(MentoringPlan).where(MentoringPlan.group_id == group.id).with_for_update()
        ):
            plan.mentor_id = mentor.id
            uow.record(plan, "mentoring.matched", mentor=mentor.name)
    group.mentor_id, group.name, group.capacity, group.is_active = mentor.id, name, capacity, is_active
    uow.record(group, "mentoring_group.changed")
