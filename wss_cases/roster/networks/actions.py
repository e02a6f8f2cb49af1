"""Networks are made and renamed, and schools are put into them."""

from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.grants import holders
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import Network, School
from wss_cases.roster.directory.queries import renamed_networks
from wss_cases.roster.networks.queries import NONE, network_names

RENAMED = "network.renamed"
MOVED = "school.network_set"
AS_ROSTER = "roster:"
"""As a choice: the network that the roster names. No name has a colon, so that this is none."""


@dataclass(frozen=True)
class Renamed:
    """What a network was called and is called from now on."""

    before: str
    name: str


@use_case
def make_network(uow: UnitOfWork, name: str) -> int:
    """Make a network that no school is in yet. Raises Refused for a name that there is."""
    require(uow.actor, Permission.NETWORK_EDIT, uow.actor)
    network = Network(name=_checked(name, network_names()))
    uow.record(network, "network.made")
    return network.id


@use_case
def rename_network(uow: UnitOfWork, before: str, name: str) -> int:
    """Rename a network: its schools, roles and second approvals go with it, and the roster's name leads here.

    Raises NotFound; Refused for a name that another network has.
    """
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


@use_case
def move_school(uow: UnitOfWork, school_id: int, network: str) -> int:
    """Put a school into a network, into none (`NONE`), or where the roster has it (`AS_ROSTER`).

    Its administrators are told. What was put by hand stays through imports.

    Raises NotFound, Stale; Refused for a network that there is not.
    """
    school = uow.load(School, school_id, Permission.NETWORK_EDIT, uow.version)
    if network not in (NONE, AS_ROSTER, *network_names()):
        raise Refused("network", _("Choose a network."))
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
    return school.id


def _checked(name: str, others: list[str]) -> str:
    name = " ".join(name.split())
    if ":" in name or "/" in name or fold(name) == NONE:
        raise Refused("name", _("Choose another name, without a colon or a slash."))
    if fold(name) in {fold(one) for one in others}:
        raise Refused("name", _("There is a network of this name already."))
    return name
