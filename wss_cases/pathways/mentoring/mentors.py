"""Mentors and groups of a school: which places are taken, possible mentors for a student, acts and pages."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import render_template, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import STAFF, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import NotBlank, PlainForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import audit_only
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.pages import kind_words, number, page_of, people_choices
from wss_cases.pathways.mentoring.plan.models import (
    LANGUAGES,
    LARGEST_CAPACITY,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentorKind,
)
from wss_cases.pathways.mentoring.plan.rules import Candidate, ranked
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import language_words, languages_by_name
from wss_cases.roster.directory.queries import get_school
from wss_cases.routing.engine.vocabulary import Kind


def mentors_at(school_id: int, active_only: bool = False) -> list[Mentor]:
    """The mentors of a school, active ones first, then by name; the caller has checked the school."""
    statement = select(Mentor).where(Mentor.school_id == school_id)
    if active_only:
        statement = statement.where(Mentor.is_active)
    return list(db.session.scalars(statement.order_by(Mentor.is_active.desc(), Mentor.name, Mentor.id)))


def groups_at(school_id: int) -> list[MentoringGroup]:
    """The groups of a school with their mentors, active ones first, then by name."""
    statement = (
        select(MentoringGroup)
        .options(joinedload(MentoringGroup.mentor))
        .where(MentoringGroup.school_id == school_id)
        .order_by(MentoringGroup.is_active.desc(), MentoringGroup.name, MentoringGroup.id)
    )
    return list(db.session.scalars(statement))


def places_taken(school_id: int) -> dict[int, int]:
    """The current students of each mentor outside groups, as counts by mentor, in one query."""
    return _taken(MentoringPlan.mentor_id, MentoringPlan.school_id == school_id, MentoringPlan.group_id.is_(None))


def group_places_taken(school_id: int) -> dict[int, int]:
    """The current students of each group, as counts by group, in one query."""
    return _taken(MentoringPlan.group_id, MentoringPlan.school_id == school_id)


def _taken(by: Any, *conditions: Any) -> dict[int, int]:
    statement = (
        select(by, func.count())
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .where(by.is_not(None), Pathway.state.in_(LIVE), *conditions)
        .group_by(by)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def open_matches(mentor_id: int) -> Sequence[Any]:
    """(plan, pathway) of a mentor's current students, in groups too; the caller has checked the mentor."""
    statement = (
        select(MentoringPlan, Pathway)
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .options(
            joinedload(MentoringPlan.group),
            joinedload(Pathway.case),
            joinedload(Pathway.participant).joinedload(CaseParticipant.student),
        )
        .where(MentoringPlan.mentor_id == mentor_id, Pathway.state.in_(LIVE))
        .order_by(MentoringPlan.id)
    )
    return db.session.execute(statement).all()


def candidates(row: Pathway, language: str | None, goal: str, today: date) -> list[Candidate]:
    """Possible mentors for a pathway's student, or groups for group mentoring, the best first.

    The place of the present match counts as free, so that a plan can be saved again.
    """
    current = db.session.execute(
        select(MentoringPlan.mentor_id, MentoringPlan.group_id).where(MentoringPlan.pathway_id == row.id)
    ).first()
    mentor_id, group_id = (current[0], current[1]) if current is not None else (None, None)
    if row.kind == Kind.GROUP:
        taken = group_places_taken(row.school_id)
        groups = [group for group in groups_at(row.school_id) if group.is_active and group.mentor.is_active]
        offers: Sequence[tuple[Mentor, MentoringGroup | None, int]] = [
            (group.mentor, group, taken.get(group.id, 0) - (group.id == group_id)) for group in groups
        ]
    else:
        taken = places_taken(row.school_id)
        own = mentor_id if group_id is None else None
        offers = [
            (mentor, None, taken.get(mentor.id, 0) - (mentor.id == own))
            for mentor in mentors_at(row.school_id, active_only=True)
        ]
    return ranked(offers, language, goal, today)


def staff_accounts(school_id: int, day: date) -> dict[int, str]:
    """Accounts at a school that could mentor: id to name, sorted by name."""
    people = {user_id: name for role in STAFF for user_id, name in holders(role, school_id, day)}
    return dict(sorted(people.items(), key=lambda item: item[1].casefold()))


MANAGE = Permission.MENTOR_MANAGE
MANAGERS = (Role.COORDINATOR, Role.ADMINISTRATOR)
MANAGED_SCHOOL = Subject(School, lambda actor: existing(get_school(existing(chosen_school_id(actor, *MANAGERS)))))
pages = Pages(
    "mentors", __name__, url_prefix="/mentors", trail=lambda _row: [(_("Mentors"), url_for("mentors.mentors"))]
)


@pages.get("")
@gate(Permission.MENTOR_MANAGE)
def mentors() -> Page:
    """The mentors and groups of a school, with their places."""
    school_id = existing(chosen_school_id(current_actor(), *MANAGERS))
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


def number_or_none(label: Any, least: int, most: int, required: bool = False) -> IntegerField:
    """A field for a whole number in a range, optional unless `required`."""
    words = _l("Write a number from %(least)d to %(most)d.", least=least, most=most)
    first = InputRequired(words) if required else Optional()
    return IntegerField(label, validators=[first, NumberRange(least, most, words)])


class MentorForm(PlainForm):
    """A mentor: a staff member by their account, anyone else by name and organization."""

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

    def fit(self, record: School | Mentor) -> None:
        school_id = record.id if isinstance(record, School) else record.school_id
        self.languages.choices = choices(languages_by_name(LANGUAGES))
        self.user_id.choices = people_choices(staff_accounts(school_id, today_at(school_id, clock.now())), _("Choose"))

    def validate(self, extra_validators: Any = None) -> bool:
        sound, is_partner = super().validate(extra_validators), self.kind.data == MentorKind.PARTNER
        no_name, no_place = (is_partner and not text.data.strip() for text in (self.name, self.organisation))
        sound = needs(sound, self.name, no_name, _l("Write the mentor’s name."))
        return needs(sound, self.organisation, no_place, _l("Write which organization they come from."))


@pages.act(
    "/new", MANAGED_SCHOOL, MentorForm, MANAGE, adds=True, endpoint="add",
    title=_l("Add a mentor"), button=_l("Add the mentor"), then=".mentors", boxed=False,
    template="pathways/mentoring/mentors/mentor.html", start=lambda _school: {"capacity": 3},
)  # fmt: skip
def add_mentor(uow: UnitOfWork, school: School, form: MentorForm) -> int:
    """Add a mentor to a school."""
    mentor = Mentor(school_id=school.id)
    _write(uow, mentor, form)
    uow.add(mentor)
    uow.record(mentor, "mentor.added")
    return mentor.id


def _start(mentor: Mentor) -> dict[str, Any]:
    given = {name: getattr(mentor, name) for name in ("organisation", "capacity", "languages", "strengths")}
    name = mentor.name if mentor.kind is MentorKind.PARTNER else ""
    return {"kind": mentor.kind, "user_id": mentor.user_id, "name": name, "trained_on": mentor.trained_on, **given}


def _matches(mentor: Mentor, _form: PlainForm) -> dict[str, Any]:
    return {"mentor": mentor, "matches": [_match(*match) for match in open_matches(mentor.id)]}


@pages.act(
    "/<int:mentor_id>", Mentor, MentorForm, MANAGE, endpoint="mentor",
    title=lambda mentor: mentor.name, button=_l("Save"), then=".mentors", boxed=False,
    template="pathways/mentoring/mentors/mentor.html", start=_start, more=_matches,
)  # fmt: skip
def change_mentor(uow: UnitOfWork, mentor: Mentor, form: MentorForm) -> None:
    """Change a mentor's data. Refused when the capacity is below the places taken."""
    taken = places_taken(mentor.school_id).get(mentor.id, 0)
    if form.capacity.data < taken:
        raise Refused("capacity", ngettext("%(num)d spot is taken.", "%(num)d spots are taken.", taken))
    _write(uow, mentor, form)
    uow.record(mentor, "mentor.changed")


def _write(uow: UnitOfWork, mentor: Mentor, form: MentorForm) -> None:
    today, is_staff = today_at(mentor.school_id, uow.now), form.kind.data == MentorKind.STAFF
    if form.trained_on.data is not None and form.trained_on.data > today:
        raise Refused("trained_on", _("Choose today or an earlier day."))
    name, user_id = form.name.data, None
    if is_staff:
        user_id = number(form.user_id.data)
        name = _account_name(uow, mentor, user_id)
    mentor.kind, mentor.name, mentor.user_id, mentor.capacity = (
        MentorKind(form.kind.data), name, user_id, form.capacity.data
    )  # fmt: skip
    mentor.organisation = "" if is_staff else form.organisation.data
    mentor.languages, mentor.strengths = form.languages.data or [], form.strengths.data
    mentor.trained_on = form.trained_on.data


def _account_name(uow: UnitOfWork, mentor: Mentor, user_id: int | None) -> str:
    staff = staff_accounts(mentor.school_id, today_at(mentor.school_id, uow.now))
    if user_id not in staff:
        raise Refused("user_id", _("Choose someone who works at this school."))
    same = select(Mentor.id).where(
        Mentor.school_id == mentor.school_id, Mentor.user_id == user_id, Mentor.id != (mentor.id or 0)
    )
    if uow.session.scalar(same) is not None:
        raise Refused("user_id", _("This person is already on the list of mentors."))
    return staff[user_id]


def _match(plan: MentoringPlan, row: Pathway) -> dict[str, Any]:
    who = person_words(row.participant) if row.participant else ""
    return {
        "title": who or row.case.reference,
        "href": page_of(row),
        "meta": dotted(row.case.reference, kind_words(row), plan.group.name if plan.group else ""),
        "rematch": url_for("mentoring.match", case_id=row.case_id, pathway_id=row.id),
    }


class EndMentorForm(PlainForm):
    rematch = BooleanField(_l("These students get a new mentor; their cases say so"))


@pages.act(
    "/<int:mentor_id>/end", Mentor, EndMentorForm, MANAGE, endpoint="end",
    title=lambda mentor: _("Remove %(name)s as a mentor", name=mentor.name), button=_l("Save"), then=".mentors",
    lede=_l("Logged sessions stay. Their groups end too."), boxed=False, more=_matches,
    template="pathways/mentoring/mentors/end.html",
    trail=lambda mentor: [
        (_("Mentors"), url_for("mentors.mentors")), (mentor.name, url_for("mentors.mentor", mentor_id=mentor.id))
    ],
)  # fmt: skip
def end_mentor(uow: UnitOfWork, mentor: Mentor, form: EndMentorForm) -> None:
    """End a mentor and their groups.

    Refused while students are matched with them, unless `rematch` is ticked. Then each of these pathways asks for a new
    match, and its case's history says so.
    """
    if not mentor.is_active:
        raise Refused("", _("This mentor has already ended."))
    matches = open_matches(mentor.id)
    if matches and not form.rematch.data:
        raise Refused("rematch", _("Confirm that these students get a new mentor."))
    for plan, pathway in matches:
        _unmatch(uow, mentor, plan.id, pathway.id)
    groups = select(MentoringGroup).where(MentoringGroup.mentor_id == mentor.id, MentoringGroup.is_active)
    for group in uow.session.scalars(groups):
        group.is_active = False
        uow.record(group, "mentoring_group.changed")
    mentor.is_active = False
    uow.record(mentor, "mentor.ended")


def _unmatch(uow: UnitOfWork, mentor: Mentor, plan_id: int, pathway_id: int) -> None:
    row = uow.session.get_one(Pathway, pathway_id, with_for_update=True, populate_existing=True)
    plan = uow.session.get_one(MentoringPlan, plan_id, with_for_update=True, populate_existing=True)
    plan.mentor_id, plan.group_id, plan.match_reasons = None, None, ""
    uow.record(plan, "mentoring.unmatched", mentor=mentor.name)
    row.next_step, row.next_step_on = _("Match a new mentor"), today_at(row.school_id, uow.now)
    audit_only(uow, row)


@pages.button(
    "/<int:mentor_id>/return", Mentor, MANAGE,
    then=lambda mentor, _id: url_for(".mentor", mentor_id=mentor.id),
)  # fmt: skip
def bring_back(uow: UnitOfWork, mentor: Mentor) -> None:
    """Make an ended mentor active again."""
    mentor.is_active = True
    uow.record(mentor, "mentor.returned")


class GroupForm(PlainForm):
    name = ShortText(_l("Name of the group"), [NotBlank(_l("Write the group’s name."))], limit=120)
    mentor = SelectField(_l("Mentor"), validators=[InputRequired(_l("Choose the mentor."))])
    capacity = number_or_none(_l("How many students"), 2, LARGEST_CAPACITY, required=True)

    def fit(self, record: School | MentoringGroup) -> None:
        school_id = record.id if isinstance(record, School) else record.school_id
        active = {mentor.id: mentor.name for mentor in mentors_at(school_id, active_only=True)}
        self.mentor.choices = people_choices(active, _("Choose"))

    def chosen(self, uow: UnitOfWork, school_id: int) -> Mentor:
        """The chosen mentor of the school, who may have ended meanwhile."""
        mentor = existing(uow.session.get(Mentor, int(self.mentor.data)))
        if not mentor.is_active or mentor.school_id != school_id:
            raise Refused("mentor", _("Choose the mentor."))
        return mentor


class ChangeGroupForm(GroupForm):
    is_active = BooleanField(_l("The group meets"))


@pages.act(
    "/groups/new", MANAGED_SCHOOL, GroupForm, MANAGE, adds=True,
    title=_l("Add a group"), button=_l("Add the group"), then=".mentors", boxed=False,
    start=lambda _school: {"capacity": 8},
)  # fmt: skip
def add_group(uow: UnitOfWork, school: School, form: GroupForm) -> int:
    """Add a group to a school."""
    mentor_id, name, capacity = form.chosen(uow, school.id).id, form.name.data, form.capacity.data
    group = uow.add(MentoringGroup(school_id=school.id, mentor_id=mentor_id, name=name, capacity=capacity))
    uow.record(group, "mentoring_group.added")
    return group.id


@pages.act(
    "/groups/<int:group_id>", MentoringGroup, ChangeGroupForm, MANAGE, endpoint="group",
    title=lambda group: group.name, button=_l("Save"), then=".mentors", boxed=False,
    start=lambda row: {
        "name": row.name, "mentor": row.mentor_id, "capacity": row.capacity, "is_active": row.is_active
    },
)  # fmt: skip
def change_group(uow: UnitOfWork, group: MentoringGroup, form: ChangeGroupForm) -> None:
    """Change a group. Its students stay with it when its mentor changes."""
    mentor, taken = form.chosen(uow, group.school_id), group_places_taken(group.school_id).get(group.id, 0)
    if form.capacity.data < taken:
        raise Refused("capacity", ngettext("%(num)d spot is taken.", "%(num)d spots are taken.", taken))
    if taken and not form.is_active.data:
        raise Refused("is_active", _("Students meet in this group now. Match them with other mentors first."))
    if mentor.id != group.mentor_id:
        plans = select(MentoringPlan).where(MentoringPlan.group_id == group.id)
        for plan in uow.session.scalars(plans.with_for_update()):
            plan.mentor_id = mentor.id
            uow.record(plan, "mentoring.matched", mentor=mentor.name)
    group.mentor_id, group.name = mentor.id, form.name.data
    group.capacity, group.is_active = form.capacity.data, form.is_active.data
    uow.record(group, "mentoring_group.changed")


ROOM = Room(pages=(pages,))
