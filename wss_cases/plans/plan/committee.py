"""Writing down who sits on the committee of a plan. Students are a group: how many, never who."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import CheckConstraint, String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import Base, Versioned, by_id, db, named_enum
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, ShortText, filled, pick
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.models import EDITABLE, OfPlan, SchoolPlan
from wss_cases.plans.plan.core.pages import no_student_named, open_plan, part_of, part_page, plan_frame, plan_trail
from wss_cases.plans.plan.core.queries import get_plan, writable_plan
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
    """Return how many entries of a plan's committee sit on a day."""
    sits = or_(PlanMember.ends_on.is_(None), PlanMember.ends_on >= day)
    statement = select(func.count()).where(PlanMember.plan_id == plan_id, PlanMember.starts_on <= day, sits)
    return db.session.scalar(statement) or 0


def get_member(actor: Actor, plan_member_id: int) -> PlanMember:
    """Return one entry that the actor may change. Raises NotFound."""
    member = existing(db.session.get(PlanMember, plan_member_id))
    require(actor, Permission.PLAN_WRITE, member)
    return member


@dataclass(frozen=True)
class Seat:
    """One entry: a person or an organization, or how many students, from a day until a day (None: still)."""

    member_group: MemberGroup
    name: str
    organization: str
    people: int
    starts_on: date
    ends_on: date | None
    named_yes_on: date | None


@use_case
def add_member(uow: UnitOfWork, school_plan_id: int, seat: Seat, anyway: bool = False) -> int:
    """Add an entry to a plan's committee. Raises NotFound, Refused naming the field."""
    plan = open_plan(uow, school_plan_id)
    _check(uow, plan.school_id, seat, anyway)
    member = uow.add(PlanMember(plan_id=plan.id, school_id=plan.school_id, **asdict(seat)))
    uow.record(member, "plan.member_added")
    return member.id


@use_case
def change_member(uow: UnitOfWork, plan_member_id: int, seat: Seat, anyway: bool = False) -> int:
    """Change an entry, or end it on a day. Raises NotFound, Stale, Refused naming the field."""
    member = part_of(uow, PlanMember, plan_member_id, uow.version)
    _check(uow, member.school_id, seat, anyway)
    for name, value in asdict(seat).items():
        setattr(member, name, value)
    uow.record(member, "plan.member_changed")
    return member.id


def _check(uow: UnitOfWork, school_id: int, seat: Seat, anyway: bool) -> None:
    named = seat.name.strip() or seat.organization.strip()
    if seat.member_group is MemberGroup.STUDENT and (named or seat.named_yes_on):
        raise Refused("name", _("Students are never named. Leave the name empty and enter how many."))
    if seat.member_group is not MemberGroup.STUDENT and not named:
        raise Refused("name", _("Enter a name or an organization."))
    if seat.people < 1:
        raise Refused("people", _("Enter a whole number, at least 1."))
    if seat.ends_on is not None and seat.ends_on < seat.starts_on:
        raise Refused("ends_on", _("The last day cannot come before the first."))
    if seat.named_yes_on is not None and seat.named_yes_on > today_at(school_id, uow.now):
        raise Refused("named_yes_on", _("Choose today or an earlier day."))
    refuse_names(school_id, anyway, seat.name, seat.organization)


MOST_PEOPLE = 500


class MemberForm(BaseForm):
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
    anyway = no_student_named()

    @property
    def seat(self) -> Seat:
        """What the sound form says."""
        return filled(self, Seat, member_group=MemberGroup(self.member_group.data), people=self.people.data or 1)


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


blueprint = Blueprint("plan_committee", __name__, url_prefix="/safety-plans")
TAB = "plan_committee.members"


@blueprint.get("/<int:school_plan_id>/committee")
@gate(Permission.PLAN_READ)
def members(school_plan_id: int) -> Page:
    """Who sits on the committee."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    rows = member_rows(members_of(plan.id), today_at(plan.school_id, clock.now()), writes)
    return render_template("plans/committee/list.html", rows=rows, writes=writes, **plan_frame(actor, plan, TAB))


@blueprint.route("/<int:school_plan_id>/committee/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def add(school_plan_id: int) -> Page:
    """Add a person, an organization, or how many students."""
    plan = writable_plan(current_actor(), school_plan_id)
    form = MemberForm(starts_on=today_at(plan.school_id, clock.now()), people=1)
    words = _words(plan, _("Add to the committee"))
    return part_page(form, lambda call: add_member(call, plan.id, form.seat, bool(form.anyway.data)), words)


@blueprint.route("/committee/<int:plan_member_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def member(plan_member_id: int) -> Page:
    """Change an entry, or end it."""
    row = get_member(current_actor(), plan_member_id)
    plan = writable_plan(current_actor(), row.plan_id)
    form = MemberForm(obj=row)
    words = _words(plan, member_words(row))
    return part_page(
        form, lambda call: change_member(call, row.id, form.seat, bool(form.anyway.data)), words,
        lambda: MemberForm(obj=get_member(current_actor(), plan_member_id), formdata=None),
    )  # fmt: skip


def _words(plan: SchoolPlan, title: str) -> dict[str, Any]:
    href = url_for(TAB, school_plan_id=plan.id)
    crumbs = plan_trail(plan, title, (_("Committee"), href))
    return {"title": title, "crumbs": crumbs, "back_href": href, "go_words": _("Save")}


ROOM = Room(
    pages=(blueprint,),
    loaders={"plan_member": load_member},
    plan_tabs=(PlanTab("plan_committee.members", _l("Committee"), 25, Permission.PLAN_READ),),
)
