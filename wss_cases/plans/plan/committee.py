"""The committee of a plan. Students are a group: how many, never who."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Versioned, by_id, db, named_enum
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import PlainForm, ShortText, needs, pick
from wss_cases.foundation.i18n import Labelled, _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.plans.plan.core import pages
from wss_cases.plans.plan.core.models import EDITABLE, OfPlan, SchoolPlan, get_plan, writable_plan
from wss_cases.roster.names.queries import refuse_names


class MemberGroup(Labelled):
    """For whom somebody sits there. Students sit there as a group: how many, never who."""

    PRINCIPAL = "principal", _l("Principal")
    TEACHER = "teacher", _l("Teacher")
    COORDINATOR = "coordinator", _l("Restorative justice coordinator")
    STAFF = "staff", _l("Other school staff")
    STUDENT = "student", _l("Students")
    PARENT = "parent", _l("Parent or guardian")
    COUNCIL = "council", _l("Local School Council")
    COMMUNITY = "community", _l("Community")
    LABOR = "labor", _l("Labor union")
    PARTNER = "partner", _l("Partner organization")


LONGEST_NAME = 120


class PlanMember(OfPlan, Versioned, Base):
    """One person or organization, from a day until a day; of the group of students only how many.

    `named_yes_on`: the day of the written consent to stand in the public page's list of the committee; None means never
    named there. What is written elsewhere on that page takes a consent of its own.
    """

    __tablename__ = "plan_member"
    __table_args__ = (
        CheckConstraint(
            "member_group <> 'student' or (name = '' and organization = '' and named_yes_on is null)",
            name="no_student_named",
        ),
        CheckConstraint("member_group = 'student' or name <> '' or organization <> ''", name="somebody"),
        CheckConstraint("people > 0", name="people"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )
    PRIVATE = frozenset({"name", "organization"})

    member_group: Mapped[MemberGroup] = mapped_column(named_enum(MemberGroup, "member_group"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="", server_default="")
    organization: Mapped[str] = mapped_column(String(LONGEST_NAME), default="", server_default="")
    people: Mapped[int] = mapped_column(default=1, server_default="1")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    named_yes_on: Mapped[date | None]


load_member = by_id(PlanMember)


def members_of(plan_id: int) -> Sequence[PlanMember]:
    """Return everybody who sits or sat on a plan's committee, by group; the caller has checked the plan."""
    statement = select(PlanMember).where(PlanMember.plan_id == plan_id)
    found = db.session.scalars(statement.order_by(PlanMember.starts_on, PlanMember.id)).all()
    order = {group: number for number, group in enumerate(type(found[0].member_group))} if found else {}
    return sorted(found, key=lambda one: order[one.member_group])


def seats(plan_id: int, day: date) -> int:
    sits = or_(PlanMember.ends_on.is_(None), PlanMember.ends_on >= day)
    statement = select(func.count()).where(PlanMember.plan_id == plan_id, PlanMember.starts_on <= day, sits)
    return db.session.scalar(statement) or 0


def get_member(actor: Actor, plan_member_id: int) -> PlanMember:
    """Return one entry that the actor may change. Raises NotFound."""
    member = existing(db.session.get(PlanMember, plan_member_id))
    require(actor, Permission.PLAN_WRITE, member)
    return member


MOST_PEOPLE = 500


class MemberForm(PlainForm):
    """Who sits there, for whom, and since when."""

    member_group = pick(_l("Group"), MemberGroup.labels(), _l("Choose a group."))
    name = ShortText(_l("Name"), limit=LONGEST_NAME, description=_l("Leave it empty for students."))
    organization = ShortText(_l("Organization"), limit=LONGEST_NAME)
    people = IntegerField(
        _l("How many people"), [Optional(), NumberRange(1, MOST_PEOPLE, _l("Enter a whole number, at least 1."))]
    )
    starts_on = DateField(_l("Member since"), [InputRequired(_l("Choose a day."))])
    ends_on = DateField(_l("Last day"), validators=[Optional()])
    named_yes_on = DateField(
        _l("Written consent to be named publicly, given on"),
        validators=[Optional()],
        description=_l("Without it the public page shows the group only."),
    )
    anyway = pages.no_student_named()

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that students are a number and everybody else is named, and that the days are in order."""
        sound = super().validate(extra_validators)
        named = bool(self.name.data.strip() or self.organization.data.strip())
        students = self.member_group.data == MemberGroup.STUDENT
        sound = needs(
            sound, self.name, students and (named or self.named_yes_on.data is not None),
            _("Students are never named. Leave the name empty and enter how many."),
        )  # fmt: skip
        sound = needs(sound, self.name, not students and not named, _("Enter a name or an organization."))
        backward = sound and self.ends_on.data is not None and self.ends_on.data < self.starts_on.data
        return needs(sound, self.ends_on, backward, _("The last day cannot come before the first."))

    def write(self, uow: UnitOfWork, member: PlanMember) -> None:
        """Set the entry's columns. Raises Refused for a consent of a later day and for names of students."""
        if self.named_yes_on.data is not None and self.named_yes_on.data > today_at(member.school_id, uow.now):
            raise Refused("named_yes_on", _("Choose today or an earlier day."))
        refuse_names(member.school_id, self.anyway.data, self.name.data, self.organization.data)
        member.member_group, member.people = MemberGroup(self.member_group.data), self.people.data or 1
        for name in ("name", "organization", "starts_on", "ends_on", "named_yes_on"):
            setattr(member, name, self[name].data)


def member_words(member: PlanMember) -> str:
    """Return who sits there: a name and an organization, or how many students."""
    if member.member_group is MemberGroup.STUDENT:
        return ngettext("%(num)s student", "%(num)s students", member.people)
    named = ", ".join(part for part in (member.name, member.organization) if part)
    return named if member.people == 1 else _("%(who)s (%(number)s people)", who=named, number=member.people)


def member_rows(members: Sequence[PlanMember], today: date, writes: bool) -> list[dict[str, Any]]:
    """Return a committee as lines: who, for whom, since when, and whether it is over."""
    return [
        {
            "title": member_words(member),
            "meta": dotted(
                member.member_group.label,
                _("since %(day)s", day=day_words_with_year(member.starts_on)),
                _("until %(day)s", day=day_words_with_year(member.ends_on)) if member.ends_on else "",
            ),
            "tag": _("Ended") if member.ends_on is not None and member.ends_on < today else None,
            "href": url_for("plan_committee.member", plan_member_id=member.id) if writes else None,
        }
        for member in members
    ]


blueprint = Pages("plan_committee", __name__, url_prefix="/safety-plans")
TAB = "plan_committee.members"


@blueprint.get("/<int:school_plan_id>/committee")
@gate(Permission.PLAN_READ)
def members(school_plan_id: int) -> Page:
    """Who sits on the committee."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    rows = member_rows(members_of(plan.id), today_at(plan.school_id, clock.now()), writes)
    return render_template("plans/committee/list.html", rows=rows, writes=writes, **pages.plan_frame(actor, plan, TAB))


def _trail(record: SchoolPlan | PlanMember) -> list[tuple[Any, Any]]:
    plan = record if isinstance(record, SchoolPlan) else writable_plan(current_actor(), record.plan_id)
    return pages.plan_trail(plan, "", (_("Committee"), url_for(TAB, school_plan_id=plan.id)))[:-1]


def _start(member: PlanMember) -> dict[str, Any]:
    names = ("member_group", "name", "organization", "people", "starts_on", "ends_on", "named_yes_on")
    return {name: getattr(member, name) for name in names}


MEMBER = Subject(PlanMember, get_member)
PART: dict[str, Any] = {"button": _l("Save"), "trail": _trail, "template": pages.FORM, "boxed": False}


@blueprint.act(
    "/<int:school_plan_id>/committee/new", Subject(SchoolPlan, writable_plan), MemberForm, Permission.PLAN_WRITE,
    adds=True, endpoint="add", title=_l("Add to the committee"),
    then=lambda plan, _id: url_for(TAB, school_plan_id=plan.id),
    start=lambda plan: {"starts_on": today_at(plan.school_id, clock.now()), "people": 1}, **PART,
)  # fmt: skip
def add_member(uow: UnitOfWork, plan: SchoolPlan, form: MemberForm) -> int:
    """Add a person, an organization, or how many students to a plan's committee."""
    pages.refuse_fixed(plan)
    member = PlanMember(plan_id=plan.id, school_id=plan.school_id)
    form.write(uow, member)
    uow.record(member, "plan.member_added")
    return member.id


@blueprint.act(
    "/committee/<int:plan_member_id>", MEMBER, MemberForm, Permission.PLAN_WRITE, endpoint="member",
    title=member_words, then=lambda member, _id: url_for(TAB, school_plan_id=member.plan_id), start=_start,
    guard=pages.both_texts(MemberForm, MEMBER, _start, ""), **PART,
)  # fmt: skip
def change_member(uow: UnitOfWork, member: PlanMember, form: MemberForm) -> None:
    """Change an entry, or end it on a day."""
    pages.open_plan(uow, member.plan_id)
    form.write(uow, member)
    uow.record(member, "plan.member_changed")


ROOM = Room(
    pages=(blueprint,),
    loaders={"plan_member": load_member},
    plan_tabs=(PlanTab("plan_committee.members", _l("Committee"), 25, Permission.PLAN_READ),),
)
