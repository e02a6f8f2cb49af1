"""A school's contacts: School Sergeants, Safe Passage routes, and the filing of its threat-assessment team.

They hold nothing of any student.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask import render_template, url_for
from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import short_list
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, PlainForm, ShortText, choices
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at, zone_of
from wss_cases.foundation.tables.columns import Column, Order
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows, in_both
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

READERS = (*sorted(CASE_TEAM), Role.DISTRICT)


class TeamRole(Labelled):
    """A seat on a threat-assessment team: a role, never a name. It gives no access to any record."""

    ADMINISTRATOR = "administrator", _l("School administrator")
    TEACHER = "teacher", _l("Teacher")
    COUNSELOR = "counselor", _l("School counselor")
    PSYCHOLOGIST = "psychologist", _l("School psychologist")
    SOCIAL_WORKER = "social_worker", _l("School social worker")
    POLICE = "police", _l("Police officer")
    OTHER = "other", _l("Someone else")


class SchoolSergeant(Versioned, Base):
    """A school's contact at one police district, from `starts_on` (None: not known) until `ended_at`."""

    __tablename__ = "school_sergeant"
    __table_args__ = (Index("ix_school_sergeant_school", "school_id", "ended_at"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    police_district: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(60), default="")
    starts_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]


class ThreatTeam(Versioned, Base):
    """One filing of a school's threat-assessment team: its seats and the day. No names, no assessments."""

    __tablename__ = "threat_team"
    __table_args__ = (Index("ix_threat_team_school", "school_id", "filed_on"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    filed_on: Mapped[date]
    roles: Mapped[list[str]] = mapped_column(default=list)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class SafePassageRoute(Versioned, Base):
    """Where and when a vendor's adults stand on the way to a school, from `starts_on` until `ended_at`."""

    __tablename__ = "safe_passage_route"
    __table_args__ = (Index("ix_safe_passage_route_school", "school_id", "ended_at"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    place: Mapped[str] = mapped_column(String(200))
    hours: Mapped[str] = mapped_column(String(120))
    vendor: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ended_at: Mapped[datetime | None]


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of School Sergeants to those of schools whose contacts the actor may read."""
    return statement.where(in_schools(SchoolSergeant.school_id, actor, *READERS))


def sergeants_of(school_id: int) -> list[SchoolSergeant]:
    """A school's contacts at the police, by police district."""
    statement = select(SchoolSergeant).where(SchoolSergeant.school_id == school_id, SchoolSergeant.ended_at.is_(None))
    return list(db.session.scalars(statement.order_by(SchoolSergeant.police_district, SchoolSergeant.id)))


def routes_of(school_id: int) -> list[SafePassageRoute]:
    """A school's Safe Passage routes, by place."""
    live = select(SafePassageRoute).where(SafePassageRoute.school_id == school_id, SafePassageRoute.ended_at.is_(None))
    return list(db.session.scalars(live.order_by(SafePassageRoute.place, SafePassageRoute.id)))


def team_filed(school_id: int) -> ThreatTeam | None:
    """The last filing of a school's threat-assessment team; None where none was recorded."""
    statement = select(ThreatTeam).where(ThreatTeam.school_id == school_id)
    return db.session.scalars(statement.order_by(ThreatTeam.filed_on.desc(), ThreatTeam.id.desc())).first()


def sergeant_words(sergeant: SchoolSergeant) -> str:
    """A contact at the police as a notification names them."""
    return _(
        "School Sergeant %(name)s, police district %(district)s",
        name=sergeant.name, district=sergeant.police_district,
    )  # fmt: skip


def police_lines(sergeants: Sequence[SchoolSergeant]) -> list[tuple[str, str]]:
    """School Sergeants as lines that call: words and number, '' where none is known."""
    return [(dotted(sergeant_words(row), row.phone), row.phone.replace(" ", "")) for row in sergeants]


def _seat_words(roles: Iterable[str]) -> str:
    return ", ".join(str(TeamRole(role).label) for role in roles)


SERGEANTS = short_list(
    "school_sergeants", _l("School Sergeants"),
    (
        Column("name", _l("Name"), sorts=True, always=True, value=lambda row: row.name),
        Column("district", _l("Police district"), sorts=True, said=True, value=lambda row: row.police_district),
        Column("phone", _l("Phone"), value=lambda row: row.phone),
        Column("since", _l("Since"), sorts=True, said=True, value=lambda row: row.starts_on),
    ),
    sergeants_of,
    order=Order("district"), permission=Permission.CONTACT_READ, page="contacts.page", roles=READERS,
)  # fmt: skip
ROUTES = short_list(
    "safe_passage_routes", _l("Safe Passage routes"),
    (
        Column("place", _l("Place"), sorts=True, always=True, value=lambda row: row.place),
        Column("hours", _l("Hours"), said=True, value=lambda row: row.hours),
        Column("vendor", _l("Vendor"), sorts=True, said=True, value=lambda row: row.vendor),
        Column("from", _l("Since"), sorts=True, said=True, value=lambda row: row.starts_on),
    ),
    routes_of,
    order=Order("place"), permission=Permission.CONTACT_READ, page="contacts.page", roles=READERS,
)  # fmt: skip

pages = Pages("contacts", __name__, trail=lambda _record: [(_("Contacts of the school"), url_for("contacts.page"))])
MANAGE = Permission.SCHOOL_MANAGE
MANAGED_SCHOOL = Subject(
    School, lambda actor: get_school(chosen_school_id(actor, Role.ADMINISTRATOR, Role.DISTRICT) or 0)
)


@pages.get("/contacts")
@gate(Permission.CONTACT_READ)
def page() -> Page:
    """The chosen school's contacts and routes."""
    actor = current_actor()
    school_id = chosen_school_id(actor, *READERS)
    school = get_school(school_id) if school_id is not None else None
    team = team_filed(school.id) if school else None
    return render_template(
        "contacts/page.html",
        school=school,
        sergeants=SERGEANTS.table(actor, school_id),
        routes=ROUTES.table(actor, school_id),
        team=team,
        filed=day_words_with_year(team.filed_on) if team else "",
        seats=_seat_words(team.roles) if team else "",
        entries=entry_rows(history("threat_team", team.id), zone_of(team.school_id)) if team else [],
        may_edit=school is not None and actor.covers(school.id, Role.ADMINISTRATOR, Role.DISTRICT),
        key=BaseForm(formdata=None).request_key.data,
    )


@pages.get("/contacts/sergeants/<int:sergeant_id>/card")
@gate(Permission.CONTACT_READ)
def card(sergeant_id: int) -> Page:
    """A School Sergeant's card, to print and keep by the phone."""
    actor = current_actor()
    live = select(SchoolSergeant).where(SchoolSergeant.id == sergeant_id, SchoolSergeant.ended_at.is_(None))
    row: SchoolSergeant = existing(db.session.scalar(visible_to(live, actor)))
    require(actor, Permission.CONTACT_READ, row)
    today = day_words_with_year(today_at(row.school_id, clock.now()))
    return render_template("contacts/card.html", row=row, school=existing(get_school(row.school_id)), today=today)


class SergeantForm(PlainForm):
    """One contact of the school at the police."""

    police_district = ShortText(
        _l("Police district"), [NotBlank(_l("Enter the police district."))], limit=40, width="short",
        description=_l("A new contact for a district replaces the previous one."),
    )  # fmt: skip
    name = ShortText(_l("Name"), [NotBlank(_l("Enter the name."))], names=True)
    phone = ShortText(_l("Phone"), [NotBlank(_l("Enter the phone number."))], limit=60, width="medium", kind="tel")


@pages.act(
    "/school-sergeants", MANAGED_SCHOOL, SergeantForm, MANAGE, adds=True, endpoint="sergeants",
    title=_l("School Sergeants"), button=_l("Add"), then=lambda *_answer: url_for("contacts.sergeants"),
    done=_l("The School Sergeant is in the directory."), trail=None, template="contacts/sergeants.html",
    lede=lambda school: school.name if school else _("One contact for each police district of a school."),
    more=lambda school, _form: {
        "rows": sergeants_of(school.id) if school else [], "key": BaseForm(formdata=None).request_key.data,
    },
)  # fmt: skip
def add_sergeant(uow: UnitOfWork, school: School, form: SergeantForm) -> int:
    """Add a school's contact at one police district. The one it had there before goes off the directory."""
    before = select(SchoolSergeant).where(
        SchoolSergeant.school_id == school.id,
        SchoolSergeant.police_district == form.police_district.data,
        SchoolSergeant.ended_at.is_(None),
    )
    for row in uow.session.scalars(before.with_for_update()):
        row.ended_at = uow.now
        uow.record(row, "sergeant.ended")
    sergeant = SchoolSergeant(
        school_id=school.id, police_district=form.police_district.data, name=form.name.data, phone=form.phone.data,
        starts_on=today_at(school.id, uow.now),
    )  # fmt: skip
    uow.record(sergeant, "sergeant.added")
    return sergeant.id


@pages.button("/school-sergeants/<int:sergeant_id>/end", SchoolSergeant, MANAGE, then=".sergeants", endpoint="end")
def end_sergeant(uow: UnitOfWork, sergeant: SchoolSergeant) -> None:
    """Take a contact off the directory. Notifications that went to them keep the name."""
    if sergeant.ended_at is not None:
        uow.no_audit()
        return
    sergeant.ended_at = uow.now
    uow.record(sergeant, "sergeant.ended")


class TeamForm(PlainForm):
    """One filing of the threat-assessment team."""

    filed_on = DateField(_l("Filed on"), [InputRequired(_l("Choose a day."))])
    roles = SelectMultipleField(
        _l("Who sits on the team"), choices=choices(list(TeamRole.labels().items())),
        validators=[InputRequired(_l("Choose who sits on the team."))],
        description=_l("Roles only. No one on the team gets access to any record."),
    )  # fmt: skip

    @property
    def seats(self) -> list[str]:
        """The chosen seats, each once and in the order of the list."""
        return [role.value for role in TeamRole if role in self.roles.data]


@pages.act(
    "/contacts/team/new", MANAGED_SCHOOL, TeamForm, MANAGE, adds=True, endpoint="team",
    title=_l("Record a filing of the team"), button=_l("Save the filing"), then=".page",
)  # fmt: skip
def file_team(uow: UnitOfWork, school: School, form: TeamForm) -> int:
    """Record that a school's threat-assessment team was filed, by its seats. No one is named."""
    _refuse_future(uow, school.id, form)
    team = ThreatTeam(
        school_id=school.id, filed_on=form.filed_on.data, roles=form.seats, recorded_at=uow.now,
        recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.record(team, "threat_team.filed")
    return team.id


@pages.act(
    "/contacts/team/<int:team_id>/change", ThreatTeam, TeamForm, MANAGE, endpoint="correct",
    title=_l("Correct the filing"), button=_l("Save"), then=".page",
    start=lambda team: {"filed_on": team.filed_on, "roles": team.roles},
)  # fmt: skip
def correct_team(uow: UnitOfWork, team: ThreatTeam, form: TeamForm) -> None:
    """Put a filing right. What it said before stays in its history."""
    _refuse_future(uow, team.school_id, form)
    before = list(team.roles)
    filed, seats = team.filed_on.isoformat(), in_both(lambda: _seat_words(before))
    team.filed_on, team.roles = form.filed_on.data, form.seats
    uow.record(team, "threat_team.corrected", filed=filed, seats=seats)


def _refuse_future(uow: UnitOfWork, school_id: int, form: TeamForm) -> None:
    if form.filed_on.data > today_at(school_id, uow.now):
        raise Refused("filed_on", _("Choose today or an earlier day."))


class RouteForm(PlainForm):
    """One Safe Passage route."""

    place = ShortText(_l("Place"), [NotBlank(_l("Enter where the adults stand."))])
    hours = ShortText(_l("Hours"), [NotBlank(_l("Enter the hours."))], limit=120)
    vendor = ShortText(_l("Vendor"), [NotBlank(_l("Enter the vendor."))])


@pages.act(
    "/contacts/routes/new", MANAGED_SCHOOL, RouteForm, MANAGE, adds=True, endpoint="route",
    title=_l("Add a Safe Passage route"), button=_l("Add the route"), then=".page",
)  # fmt: skip
def add_route(uow: UnitOfWork, school: School, form: RouteForm) -> int:
    """Add a Safe Passage route from today on."""
    route = SafePassageRoute(
        school_id=school.id, place=form.place.data, hours=form.hours.data, vendor=form.vendor.data,
        starts_on=today_at(school.id, uow.now),
    )  # fmt: skip
    uow.record(route, "route.added", place=route.place)
    return route.id


@pages.button("/contacts/routes/<int:route_id>/end", SafePassageRoute, MANAGE, then=".page")
def end_route(uow: UnitOfWork, route: SafePassageRoute) -> None:
    """End a Safe Passage route. Ending it again does nothing."""
    if route.ended_at is not None:
        uow.no_audit()
        return
    route.ended_at = uow.now
    uow.record(route, "route.ended", place=route.place)


SENTENCES = {
    "sergeant.added": _l("School Sergeant added to the directory"),
    "sergeant.ended": _l("School Sergeant removed from the directory"),
    "threat_team.filed": _l("Filing of the threat-assessment team recorded"),
    "threat_team.corrected": _l("Filing of the threat-assessment team corrected. Before: %(filed)s: %(seats)s"),
    "route.added": _l("Safe Passage route added: %(place)s"),
    "route.ended": _l("Safe Passage route ended: %(place)s"),
}
ROOM = Room(
    pages=(pages,), sentences=SENTENCES, loaders={"threat_team": by_id(ThreatTeam)}, lists=(SERGEANTS.kind, ROUTES.kind)
)
