"""Schools and networks: lists, creating, renaming and moving, and the office's phone.

Lists start from what the actor may see.
"""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import Select, and_, func, or_, select
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import holders
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, PlainForm, ShortText, choice_field, choices, sent_answers
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import fold, id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import react
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import Network, School
from wss_cases.roster.directory.pages import grade_words, level_words
from wss_cases.roster.directory.queries import get_school, renamed_networks

PAGE = 50
NONE = "none"
"""In addresses: schools without a network."""


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Limit a select of schools to those the actor administers, alone or through a network or the district."""
    return statement.where(in_schools(School.id, actor, Role.ADMINISTRATOR, Role.DISTRICT))


def schools(actor: Actor, text: str, network: str, after: int | None) -> list[School]:
    """Up to a page of schools and one more, by name, after the school with this id; network '' means all."""
    statement = visible_to(select(School), actor).order_by(School.name, School.id).limit(PAGE + 1)
    if text:
        matches = School.name.icontains(text, autoescape=True)
        statement = statement.where(or_(matches, School.identifier.istartswith(text, autoescape=True)))
    if network:
        statement = statement.where(School.network.is_(None) if network == NONE else School.network == network)
    if after:
        name = select(School.name).where(School.id == after).scalar_subquery()
        statement = statement.where(or_(School.name > name, and_(School.name == name, School.id > after)))
    return list(db.session.scalars(statement))


def seen_school(actor: Actor, school_id: int) -> School:
    """A school that the actor administers. Raises NotFound."""
    school: School = existing(db.session.scalar(visible_to(select(School), actor).where(School.id == school_id)))
    return school


def network_names() -> list[str]:
    """All networks: of schools, of people's roles, and empty ones."""
    names = select(School.network).union(select(RoleGrant.network), select(Network.name))
    return sorted(name for name in db.session.scalars(names) if name)


def networks() -> list[tuple[str, int, int]]:
    """(name, open schools, people who administer it) of each network."""
    inside = select(School.network, func.count()).where(School.is_active).group_by(School.network)
    people = select(RoleGrant.network, func.count(RoleGrant.user_id.distinct())).where(RoleGrant.ends_on.is_(None))
    schools_of = {row[0]: row[1] for row in db.session.execute(inside)}
    people_of = {row[0]: row[1] for row in db.session.execute(people.group_by(RoleGrant.network))}
    return [(name, schools_of.get(name, 0), people_of.get(name, 0)) for name in network_names()]


class NetworkForm(PlainForm):
    name = ShortText(_l("Name"), [NotBlank(_l("Enter a name."))], limit=80)


RENAMED = "network.renamed"
MOVED = "school.network_set"
AS_ROSTER = "roster:"
"""Choice of the network that the roster names. Network names have no colon."""


@dataclass(frozen=True)
class Renamed:
    before: str
    name: str


@use_case
def rename_network(uow: UnitOfWork, before: str, name: str) -> int:
    """Rename a network with its schools, roles and second approvals; the roster's name leads to it. Raises NotFound;
    Refused for another network's name."""
    require(uow.actor, Permission.NETWORK_EDIT, uow.actor)
    known, session = network_names(), uow.session
    if before not in known:
        raise NotFound
    name = _checked(name, [one for one in known if one != before])
    network = session.scalars(select(Network).where(Network.name == before).with_for_update()).one_or_none()
    if network is None:
        fed = session.scalar(select(School.id).where(School.roster_network == before).limit(1))
        network = uow.add(Network(name=before, roster_name=before if fed else None))
    network.name = name
    for school in session.scalars(select(School).where(School.network == before).with_for_update()):
        school.network = name
    for grant in session.scalars(select(RoleGrant).where(RoleGrant.network == before).with_for_update()):
        grant.network = name
    for approver in session.scalars(select(NetworkApprover).where(NetworkApprover.network == before)):
        approver.network = name
    uow.record(network, RENAMED, before=before, name=name)
    react(uow, RENAMED, Renamed(before, name))
    return network.id


def _checked(name: str, others: list[str]) -> str:
    name = " ".join(name.split())
    if ":" in name or "/" in name or fold(name) == NONE:
        raise Refused("name", _("Choose another name, without a colon or a slash."))
    if fold(name) in {fold(one) for one in others}:
        raise Refused("name", _("There is a network of this name already."))
    return name


_SAYS = leads_to(
    "/district/schools/{id}",
    _l("Your school’s network was changed"),
    _l(
        "The district put your school into another network, or into none. People with a role in a network see its "
        "schools from now on, and second approvals are given by another person. If you did not expect this, ask the "
        "district."
    ),
)


def _administers(message: OutboxMessage, actor: Actor) -> bool:
    return message.object_id in actor.school_ids(Role.ADMINISTRATOR)


MESSAGES = (MessageKind(MOVED, _SAYS, _administers),)


blueprint = Pages("networks", __name__, url_prefix="/district")
FRAME = "layouts/form_page.html"


@blueprint.get("/schools", endpoint="schools")
@gate(Permission.SCHOOL_MANAGE)
def schools_page() -> Page:
    """The schools that one administers, searchable by name, number or network, in pages."""
    actor = current_actor()
    text, network = request.args.get("q", "").strip(), request.args.get("network", "")
    after = id_in(request.args.get("after"))
    rows = schools(actor, text, network, after)
    shown, filters = rows[:PAGE], {"q": text, "network": network}
    return render_template(
        "roster/networks/schools.html",
        rows=[(school.name, url_for(".school", school_id=school.id), _line(school)) for school in shown],
        closed={school.name for school in shown if not school.is_active},
        text=text,
        network=network,
        networks=[*((name, name) for name in network_names()), (NONE, _("In no network"))],
        edits=can(actor, Permission.NETWORK_EDIT, actor),
        first=_list(**filters) if after else None,
        more=_list(**filters, after=str(shown[-1].id)) if len(rows) > PAGE else None,
    )


def _list(**asked: str) -> str:
    return url_for(".schools", **{name: value for name, value in asked.items() if value})  # type: ignore[arg-type]


def _line(school: School) -> str:
    parts = (school.identifier, school.network or _("In no network"), _level(school))
    return " · ".join(part for part in parts if part)


def _level(school: School) -> str:
    grades = [grade_words(grade) for grade in (school.low_grade, school.high_grade) if grade is not None]
    parts = (level_words(school.kind), " – ".join(grades), _("charter school") if school.is_charter else "")
    return " · ".join(part for part in parts if part)


@blueprint.get("/schools/<int:school_id>")
@gate(Permission.SCHOOL_MANAGE)
def school(school_id: int) -> Page:
    """One school: its data in the roster and the district."""
    actor = current_actor()
    shown = seen_school(actor, school_id)
    by_hand = _("The district put it there; the roster says: %(network)s", network=_roster_words(shown))
    return render_template(
        "roster/networks/school.html",
        school=shown,
        facts=[
            (_("Number"), shown.identifier),
            (_("Network"), shown.network or _("In no network")),
            ("", by_hand if shown.network_by_hand and shown.source != "manual" else ""),
            (_("Level"), _level(shown)),
            (_("Phone of the office"), shown.phone),
            (_("Source"), _("entered by hand") if shown.source == "manual" else shown.source),
        ],
        edits=can(actor, Permission.NETWORK_EDIT, shown),
        entries=entry_rows(history("school", shown.id), district_zone()),
    )


def _roster_words(school: School) -> str:
    return school.roster_network or _("in no network")


class MoveForm(PlainForm):
    network = choice_field(_l("Network"), validators=[InputRequired(_l("Choose a network."))])

    def fit(self, school: School) -> None:
        fed = [(AS_ROSTER, _("As the roster has it: %(network)s", network=_roster_words(school)))]
        offered = [*((name, name) for name in network_names()), (NONE, _("In no network"))]
        self.network.choices = choices(offered if school.source == "manual" else [*offered, *fed])


@blueprint.act(
    "/schools/<int:school_id>/network", Subject(School, seen_school), MoveForm, Permission.NETWORK_EDIT,
    guard=fresh_within(FRESH_MINUTES), endpoint="move", boxed=False, template=FRAME,
    title=lambda school: _("Network of %(school)s", school=school.name), button=_l("Save the network"),
    lede=_l(
        "The administrators of the new network see the school from now on; those of the previous one no longer do."
    ),
    start=lambda school: {"network": school.network or NONE},
    more=lambda school, _form: {"back_href": url_for(".school", school_id=school.id)},
    then=lambda school, _answer: url_for(".school", school_id=school.id), done=_l("The network is saved."),
)  # fmt: skip
def move_school(uow: UnitOfWork, school: School, form: MoveForm) -> None:
    """Move a school to a network, to none (`NONE`), or to the roster's (`AS_ROSTER`), and tell its administrators. A
    manual choice stays through imports."""
    network = form.network.data
    before, school.network_by_hand = school.network, network != AS_ROSTER
    if network == AS_ROSTER:
        fed = school.roster_network
        school.network = renamed_networks(uow.session).get(fed, fed)
    else:
        school.network = None if network == NONE else network
    uow.record(school, MOVED, network=school.network or "")
    react(uow, MOVED, school)
    if school.network != before:
        for user_id, _name in holders(Role.ADMINISTRATOR, school.id, today_at(school.id, uow.now)):
            if user_id != uow.actor.user_id:
                uow.notify(user_id, MOVED, school, f"{MOVED}:{user_id}:{school.id}:{uow.now.isoformat()}")


@blueprint.get("/networks", endpoint="networks")
@gate(Permission.NETWORK_EDIT)
def networks_page() -> Page:
    """All networks with their numbers of schools and administrators."""
    require(current_actor(), Permission.NETWORK_EDIT, current_actor())
    return render_template("roster/networks/networks.html", rows=networks())


@blueprint.act(
    "/networks/new", None, NetworkForm, Permission.NETWORK_EDIT, guard=fresh_within(FRESH_MINUTES), endpoint="make",
    title=_l("New network"), button=_l("Make the network"), boxed=False, template=FRAME,
    more=lambda _record, _form: {"back_href": url_for(".networks")},
    then=".networks", done=_l("The network is there. Put schools into it from their pages."),
)  # fmt: skip
def make_network(uow: UnitOfWork, form: NetworkForm) -> int:
    """Create a network without schools. Raises Refused for a name in use."""
    network = Network(name=_checked(form.name.data, network_names()))
    uow.record(network, "network.made")
    return network.id


@blueprint.route("/networks/<path:name>/name", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.NETWORK_EDIT)
def rename(name: str) -> Page:
    require(current_actor(), Permission.NETWORK_EDIT, current_actor())
    if name not in network_names():
        raise NotFound
    form, envelope = NetworkForm(sent_answers(NetworkForm), data={"name": name}), BaseForm()
    return form_page(
        form, lambda: rename_network(submitted(envelope), name, form.name.data),
        with_flash(_("The name is saved."), url_for(".networks")), FRAME,
        envelope=envelope, back_href=url_for(".networks"), go_words=_("Save the name"),
        title=_("Rename %(network)s", network=name),
        lede=_("Its schools, roles, and second approvals keep it. The roster may keep using the previous name."),
    )  # fmt: skip


class PhoneForm(PlainForm):
    phone = ShortText(_l("Phone of the office"), [NotBlank(_l("Enter the number."))], limit=60)


office = Pages("office", __name__)
CHOSEN_SCHOOL = Subject(
    School, lambda actor: get_school(chosen_school_id(actor, Role.ADMINISTRATOR, Role.DISTRICT) or 0)
)


@office.act(
    "/school/phone", CHOSEN_SCHOOL, PhoneForm, Permission.SCHOOL_MANAGE, endpoint="phone", boxed=False, template=FRAME,
    title=_l("Phone of the office"), lede=lambda school: school.name if school else "", button=_l("Save the number"),
    start=lambda school: {"phone": school.phone}, then=".phone", done=_l("The number is saved."),
    more=lambda school, _form: {} if school else {"back_href": url_for("web.schools", next=url_for(".phone"))},
)  # fmt: skip
def save_phone(uow: UnitOfWork, school: School, form: PhoneForm) -> None:
    school.phone = form.phone.data.strip()
    uow.record(school, "school.phone_saved")


ROOM = Room(
    pages=(blueprint, office),
    messages=MESSAGES,
    sentences={
        "network.made": _l("Network made"),
        "network.renamed": _l("Network %(before)s renamed to %(name)s"),
        "school.network_set": _l("Network changed: %(network)s"),
    },
)
