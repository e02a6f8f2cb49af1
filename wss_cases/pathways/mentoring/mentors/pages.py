"""Mentors and groups of a school: use cases, and pages for coordinators and administrators."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import func, select
from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import actor_of
from wss_cases.cases.case.pages import person_words
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, filled, radio
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import audit_only
from wss_cases.pathways.common.pages import kind_words, number, page_of, people_choices
from wss_cases.pathways.common.rules import LIVE, Pathway
from wss_cases.pathways.mentoring.mentors.queries import (
    get_managed_group,
    get_mentor,
    group_places_taken,
    groups_at,
    mentors_at,
    open_matches,
    places_taken,
    staff_accounts,
)
from wss_cases.pathways.mentoring.plan.models import (
    LANGUAGES,
    LARGEST_CAPACITY,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentorKind,
)
from wss_cases.roster.directory.pages import language_words, languages_by_name


def number_or_none(label: Any, least: int, most: int, required: bool = False) -> IntegerField:
    """A field for a whole number in a range, optional unless `required`."""
    words = _l("Write a number from %(least)d to %(most)d.", least=least, most=most)
    first = InputRequired(words) if required else Optional()
    return IntegerField(label, validators=[first, NumberRange(least, most, words)])


class MentorForm(BaseForm):
    kind = radio(_l("Where do they come from?"), MentorKind.labels(), _l("Enter where the mentor comes from."))
    user_id = SelectField(
        _l("Staff member"), validators=[Optional()], description=_l("They can then log their sessions themselves.")
    )
    name = ShortText(_l("Name, if they come from a partner"), [Optional()])
    organisation = ShortText(_l("Partner organization"), [Optional()])
    capacity = number_or_none(_l("How many students at a time"), 0, LARGEST_CAPACITY, required=True)
    languages = SelectMultipleField(_l("Languages"), validators=[Optional()])
    strengths = ShortText(
        _l("Strengths"), [Optional()], limit=300, description=_l("For example: reading, soccer, experience with grief.")
    )
    trained_on = DateField(_l("Trained on"), validators=[Optional()])


class GroupForm(BaseForm):
    name = ShortText(_l("Name of the group"), [NotBlank(_l("Write the group’s name."))], limit=120)
    mentor = SelectField(_l("Mentor"), validators=[InputRequired(_l("Choose the mentor."))])
    capacity = number_or_none(_l("How many students"), 2, LARGEST_CAPACITY, required=True)


class ChangeGroupForm(GroupForm):
    """A group that exists already."""

    is_active = BooleanField(_l("The group meets"))


class EndMentorForm(BaseForm):
    """Ending a mentor, with or without students."""

    rematch = BooleanField(_l("These students get a new mentor; their cases say so"))


@dataclass(frozen=True)
class MentorDraft:
    """The data of a mentor: `user_id` for staff with an account, `name` for anyone else."""

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
    """Add a mentor to a school. Returns the id. Raises Refused naming the field."""
    mentor = Mentor(school_id=school_id, kind=draft.kind, name="", capacity=draft.capacity)
    require(uow.actor, Permission.MENTOR_MANAGE, mentor)
    _fill(uow, mentor, draft)
    uow.add(mentor)
    uow.record(mentor, "mentor.added")
    return mentor.id


@use_case
def change_mentor(uow: UnitOfWork, mentor_id: int, draft: MentorDraft) -> int:
    """Change a mentor's data. Raises Refused when the capacity is below the places taken."""
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
    """How many places of a mentor are taken outside groups. The caller has locked the mentor."""
    return _count(uow, MentoringPlan.mentor_id == mentor.id, MentoringPlan.group_id.is_(None))


def places_of_group(uow: UnitOfWork, group: MentoringGroup) -> int:
    """How many places of a group are taken. The caller has locked the group."""
    return _count(uow, MentoringPlan.group_id == group.id)


def _count(uow: UnitOfWork, *conditions: object) -> int:
    statement = select(func.count()).select_from(MentoringPlan)
    statement = statement.join(Pathway, Pathway.id == MentoringPlan.pathway_id)
    return uow.session.scalar(statement.where(Pathway.state.in_(LIVE), *conditions)) or 0  # type: ignore[arg-type]


@use_case
def end_mentor(uow: UnitOfWork, mentor_id: int, rematch: bool) -> int:
    """End a mentor and their groups.

    Raises Refused while students are matched with them, unless `rematch`. Then each of these pathways asks for a new
    match, and its case's history says so.
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
    """Make an ended mentor active again."""
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
    """Add a group, or change it. Its students stay with it when its mentor changes. Raises Refused naming the field."""
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


blueprint = Blueprint("mentors", __name__, url_prefix="/mentors")

MANAGERS = (Role.COORDINATOR, Role.ADMINISTRATOR)
USUAL_GROUP = 8


def _school_id(actor: Actor) -> int:
    return existing(chosen_school_id(actor, *MANAGERS))


@blueprint.get("")
@gate(Permission.MENTOR_MANAGE)
def mentors() -> Page:
    """The mentors and groups of a school, with their places."""
    school_id = _school_id(current_actor())
    taken, in_groups = places_taken(school_id), group_places_taken(school_id)
    at_school = mentors_at(school_id)
    groups = groups_at(school_id)
    return render_template(
        "pathways/mentoring/mentors/list.html",
        mentors=[_row(mentor, taken.get(mentor.id, 0)) for mentor in at_school if mentor.is_active],
        former=[_row(mentor, taken.get(mentor.id, 0)) for mentor in at_school if not mentor.is_active],
        groups=[
            {
                "title": group.name,
                "href": url_for("mentors.group", group_id=group.id),
                "meta": group.mentor.name,
                **_places(in_groups.get(group.id, 0), group.capacity),
                "meets": group.is_active,
                "log": url_for("mentoring_sessions.group", group_id=group.id),
            }
            for group in groups
        ],
        free=sum(max(0, m.capacity - taken.get(m.id, 0)) for m in at_school if m.is_active),
    )


def _places(taken: int, capacity: int) -> dict[str, str]:
    words = _("%(taken)d of %(all)d spots taken", taken=taken, all=capacity)
    return {"tag": words, "tone": "sun" if taken >= capacity else "moss"}


def _row(mentor: Mentor, taken: int) -> dict[str, str]:
    languages = ", ".join(language_words(code) for code in mentor.languages)
    trained = (
        _("trained %(day)s", day=day_words_with_year(mentor.trained_on)) if mentor.trained_on else _("not trained yet")
    )
    return {
        "title": mentor.name,
        "href": url_for("mentors.mentor", mentor_id=mentor.id),
        "meta": dotted(mentor.organisation, languages, mentor.strengths, trained),
        **_places(taken, mentor.capacity),
    }


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def add() -> Page:
    school_id = _school_id(current_actor())
    words: dict[str, Any] = {"title": _("Add a mentor"), "go_words": _("Add the mentor"), "mentor": None, "matches": []}
    form = MentorForm(capacity=3)
    return _mentor_page(form, school_id, lambda call: add_mentor(call, school_id, _draft(form)), words)


@blueprint.route("/<int:mentor_id>", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def mentor(mentor_id: int) -> Page:
    """A mentor's data and current students."""
    row = get_mentor(current_actor(), mentor_id)
    form = MentorForm(
        version=row.version,
        kind=row.kind.value,
        user_id=str(row.user_id or ""),
        name=row.name if row.kind is MentorKind.PARTNER else "",
        **{name: getattr(row, name) for name in ("organisation", "capacity", "languages", "strengths", "trained_on")},
    )
    matches = [_match(*match) for match in open_matches(row.id)]
    words = {"title": row.name, "go_words": _("Save"), "mentor": row, "matches": matches}
    return _mentor_page(form, row.school_id, lambda call: change_mentor(call, row.id, _draft(form)), words)


def _mentor_page(form: MentorForm, school_id: int, act: Callable[[Invocation], int], words: dict[str, Any]) -> Page:
    form.languages.choices = choices(languages_by_name(LANGUAGES))
    form.user_id.choices = people_choices(staff_accounts(school_id, today_at(school_id, clock.now())), _("Choose"))
    return act_form(form, act, url_for("mentors.mentors"), words, "pathways/mentoring/mentors/mentor.html")


def _draft(form: MentorForm) -> MentorDraft:
    return filled(
        form,
        MentorDraft,
        kind=MentorKind(form.kind.data),
        user_id=number(form.user_id.data),
        languages=form.languages.data or [],
    )


def _match(plan: MentoringPlan, row: Pathway) -> dict[str, Any]:
    who = person_words(row.participant) if row.participant else ""
    return {
        "title": who or row.case.reference,
        "href": page_of(row),
        "meta": dotted(row.case.reference, kind_words(row), plan.group.name if plan.group else ""),
        "rematch": url_for("mentoring.match", case_id=row.case_id, pathway_id=row.id),
    }


act_page(
    blueprint,
    "/<int:mentor_id>/end",
    "end",
    Permission.MENTOR_MANAGE,
    load=get_mentor,
    form=lambda row: EndMentorForm(version=row.version),
    act=lambda call, row, form: end_mentor(call, row.id, bool(form.rematch.data)),
    done=lambda row: url_for("mentors.mentors"),
    words=lambda row: {"mentor": row, "matches": [_match(*match) for match in open_matches(row.id)]},
    template="pathways/mentoring/mentors/end.html",
)


@blueprint.post("/<int:mentor_id>/return", endpoint="bring_back")
@gate(Permission.MENTOR_MANAGE)
def bring_back_page(mentor_id: int) -> Page:
    actor = current_actor()
    bring_back(Invocation(actor, clock.now()), get_mentor(actor, mentor_id).id)
    return redirect(url_for("mentors.mentor", mentor_id=mentor_id), 303)


@blueprint.route("/groups/new", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def add_group() -> Page:
    school_id = _school_id(current_actor())
    words = {"title": _("Add a group"), "go_words": _("Add the group")}
    return _group_page(GroupForm(capacity=USUAL_GROUP), school_id, None, words)


@blueprint.route("/groups/<int:group_id>", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def group(group_id: int) -> Page:
    row = get_managed_group(current_actor(), group_id)
    form = ChangeGroupForm(
        version=row.version, name=row.name, mentor=str(row.mentor_id), capacity=row.capacity, is_active=row.is_active
    )
    return _group_page(form, row.school_id, row.id, {"title": row.name, "go_words": _("Save")})


def _group_page(form: GroupForm, school_id: int, group_id: int | None, words: dict[str, str]) -> Page:
    active = {mentor.id: mentor.name for mentor in mentors_at(school_id, active_only=True)}
    form.mentor.choices = people_choices(active, _("Choose"))
    return act_form(
        form,
        lambda call: save_group(
            call,
            school_id,
            group_id,
            mentor_id=number(form.mentor.data),
            name=form.name.data,
            capacity=form.capacity.data,
            is_active="is_active" not in form or bool(form["is_active"].data),
        ),
        url_for("mentors.mentors"),
        words,
        "pathways/mentoring/mentors/group_form.html",
    )


ROOM = Room(pages=(blueprint,))
