"""Who gives a network's second approvals and within how many hours."""

from datetime import datetime

from flask import Blueprint, render_template, url_for
from sqlalchemy import select
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.network_approvers import NetworkApprover, approver_of, approvers, possible_approvers
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.forms import choice_field as select_field
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School
from wss_cases.roster.networks import MOVED
from wss_cases.safeguards.police.review import queries
from wss_cases.safeguards.police.review.deciding import ask_second
from wss_cases.safeguards.police.review.models import (
    DEFAULT_HOURS,
    FEWEST_HOURS,
    MOST_HOURS,
    WAITING,
    PoliceReview,
    ReviewState,
)
from wss_cases.safeguards.police.review.queries import networks


@use_case
def set_approver(uow: UnitOfWork, network: str, approver_id: int, deputy_id: int | None, hours: int) -> int:
    """Name a network's approver and deputy; reviews that wait go to them from now on.

    Raises Refused for somebody who does not administer that network, or the same person twice.
    """
    require(uow.actor, Permission.POLICE_APPROVER_EDIT, uow.actor)
    if network not in networks():
        raise NotFound
    _check_people(network, approver_id, deputy_id, uow.now)
    if not FEWEST_HOURS <= hours <= MOST_HOURS:
        raise Refused("hours", _("Enter the hours as a number from 1 to 72."))
    statement = select(NetworkApprover.id).where(NetworkApprover.network == network)
    row_id = uow.session.scalar(statement)
    if row_id is None:
        row = NetworkApprover(network=network, approver_id=approver_id, deputy_id=deputy_id, hours=hours)
    else:
        row = uow.load(NetworkApprover, row_id, Permission.POLICE_APPROVER_EDIT, uow.version)
        row.approver_id, row.deputy_id, row.hours = approver_id, deputy_id, hours
    uow.record(row, "police_approver.set", network=network)
    _hand_on(uow, row)
    return row.id


def _check_people(network: str, approver_id: int, deputy_id: int | None, now: datetime) -> None:
    possible = dict(possible_approvers(network, now))
    if approver_id not in possible:
        raise Refused("approver_id", _("Choose someone who administers this network or the district."))
    if deputy_id is not None and deputy_id not in possible:
        raise Refused("deputy_id", _("Choose someone who administers this network or the district."))
    if deputy_id == approver_id:
        raise Refused("deputy_id", _("The deputy is a second person."))


def _hand_on(uow: UnitOfWork, row: NetworkApprover) -> None:
    waiting = (
        select(PoliceReview)
        .join(School, School.id == PoliceReview.school_id)
        .where(
            PoliceReview.state.in_([*WAITING, ReviewState.SECONDING]),
            School.network.is_(None) if row.network == "" else School.network == row.network,
        )
        .order_by(PoliceReview.id)
    )
    for review in uow.session.scalars(waiting.with_for_update(of=PoliceReview)):
        if (review.approver_id, review.deputy_id) == (row.approver_id, row.deputy_id):
            continue
        review.approver_id, review.deputy_id = row.approver_id, row.deputy_id
        uow.audit("police_approver.handed_on", "police_review", review.id)
        if review.state is ReviewState.APPROVED_ONCE:
            ask_second(uow, review)


def follow_school(uow: UnitOfWork, school: School) -> None:
    """Step: what waits at a school that is in another network now goes to whoever approves there."""
    row = approver_of(school.network)
    if row is not None:
        _hand_on(uow, row)


blueprint = Blueprint("police_settings", __name__)


class ApproverForm(BaseForm):
    """Who gives a network's second approvals."""

    approver_id = select_field(_l("Approver"), coerce=str, validators=[InputRequired(_l("Choose the approver."))])
    deputy_id = select_field(_l("Deputy"), coerce=str)
    hours = IntegerField(
        _l("Hours allowed for each answer"),
        [
            InputRequired(_l("Enter the hours.")),
            NumberRange(FEWEST_HOURS, MOST_HOURS, _l("Enter the hours as a number from 1 to 72.")),
        ],
    )


NO_NETWORK = "none"
"""In addresses: schools that are in no network."""


def network_words(network: str) -> str:
    """Return a network's name; schools in none are a group of their own."""
    return network or _("Schools in no network")


@blueprint.get("/police-approvers")
@gate(Permission.POLICE_APPROVER_EDIT)
def approver_list() -> Page:
    """Every network with its approver, deputy and hours; without one nobody can give a second yes."""
    require(current_actor(), Permission.POLICE_APPROVER_EDIT, current_actor())
    known = approvers()
    names = user_names({one for row in known.values() for one in (row.approver_id, row.deputy_id)})
    rows = [
        {
            "network": network_words(network),
            "approver": names.get(row.approver_id, "") if row else "",
            "deputy": names.get(row.deputy_id or 0, "") if row else "",
            "hours": row.hours if row else DEFAULT_HOURS,
            "href": url_for(".approver", name=network or NO_NETWORK),
        }
        for network, row in ((network, known.get(network)) for network in queries.networks())
    ]
    return render_template("safeguards/police/settings/approvers.html", rows=rows)


@blueprint.route("/police-approvers/<path:name>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.POLICE_APPROVER_EDIT)
def approver(name: str) -> Page:
    """Name one network's approver, deputy and hours."""
    now = clock.now()
    network = "" if name == NO_NETWORK else name
    if network not in queries.networks():
        raise NotFound
    row = approver_of(network)
    form = ApproverForm(
        version=row.version if row else "",
        approver_id=str(row.approver_id) if row else "",
        deputy_id=str(row.deputy_id or "") if row else "",
        hours=row.hours if row else DEFAULT_HOURS,
    )
    people = [(str(user_id), name) for user_id, name in possible_approvers(network, now)]
    form.approver_id.choices = choices([("", _("Choose one")), *people])
    form.deputy_id.choices = choices([("", _("No one")), *people])

    def act() -> int:
        deputy_id = int(form.deputy_id.data) if form.deputy_id.data else None
        return set_approver(submitted(form), network, int(form.approver_id.data), deputy_id, form.hours.data or 0)

    return form_page(
        form, act, url_for(".approver_list"), "safeguards/police/settings/approver.html", network=network_words(network)
    )


ROOM = Room(pages=(blueprint,), reactions={MOVED: follow_school})
