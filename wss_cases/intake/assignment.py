"""Taking a report oneself in one tap, or giving it to another reviewer of its school."""

from datetime import datetime
from typing import Final

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import teams_at
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.forms import BaseForm, choices, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident, load_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.extension_points import react
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


class Assignment(Base):
    """Who reviews a report, or that nobody does any more: apart from the report, whose version it leaves alone."""

    __tablename__ = "incident_assignment"

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), unique=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)


def reviewers_at(school_ids: set[int], now: datetime) -> dict[int, dict[int, str]]:
    """Return who may review at each school now, id to name: its deans first, then its administrators."""
    return {
        school_id: {number: name for role in REVIEWERS for number, name in team.get(role, {}).items()}
        for school_id, team in teams_at(school_ids, now).items()
    }


def assignee_of(incident_id: int) -> int | None:
    """Return who reviews a report, None for nobody; the caller has checked it."""
    return db.session.scalar(select(Assignment.assignee_id).where(Assignment.incident_id == incident_id))


NOBODY = "none"


class AssignForm(BaseForm):
    """Who reviews it."""

    assignee = radio(_l("Who reviews this report?"), (), _l("Choose who reviews it."))

    @property
    def chosen(self) -> int | None:
        """The account that was chosen; None gives the report back to everybody."""
        return None if self.assignee.data == NOBODY else int(self.assignee.data)


MAIL = "review.assigned"
REVIEWER_CHANGED: Final = "review.reviewer_changed"
"""What rooms react to once a report has another reviewer, or none."""


@use_case
def assign(uow: UnitOfWork, incident_id: int, assignee_id: int | None) -> int:
    """Give a report that is not decided to a dean or administrator of its school; None gives it back to everybody.

    Somebody else is told by a mail that names nobody. Raises Stale for a decided report, Refused for anybody who does
    not review at the school.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    if incident.state not in UNDECIDED:
        raise Stale
    people = reviewers_at({incident.school_id}, uow.now)[incident.school_id]
    if assignee_id is not None and assignee_id not in people:
        raise Refused("assignee", _("Choose a dean or administrator of this school."))
    row = uow.session.scalar(select(Assignment).where(Assignment.incident_id == incident.id).with_for_update())
    before = row.assignee_id if row is not None else None
    if before == assignee_id:
        uow.no_audit()
        return incident.id
    if row is None:
        row = uow.add(Assignment(incident_id=incident.id, at=uow.now))
    row.assignee_id, row.by_id, row.at = assignee_id, uow.actor.user_id, uow.now
    uow.audit("review.assigned", row.__tablename__, row.id, {"assignee_id": [before, assignee_id]})
    if assignee_id is None:
        uow.record(incident, "review.unassigned")
    else:
        uow.record(incident, "review.assigned", who=people[assignee_id])
    react(uow, REVIEWER_CHANGED, incident)
    if assignee_id is not None and assignee_id != uow.actor.user_id:
        uow.notify(assignee_id, MAIL, incident, f"{MAIL}:{incident.id}:{assignee_id}:{uow.now.isoformat()}")
    return incident.id


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    waits = incident is not None and incident.state in UNDECIDED
    return (
        waits and assignee_of(message.object_id) == actor.user_id and can(actor, Permission.INCIDENT_REVIEW, incident)
    )


MESSAGES = (
    MessageKind(
        MAIL,
        leads_to(
            "/review/{id}",
            _l("A report was assigned to you"),
            _l("A report waits for your review."),
            go=_l("Open the report"),
        ),
        _still_theirs,
    ),
)


blueprint = Blueprint("assignment", __name__, url_prefix="/review/<int:incident_id>")


def _report(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.INCIDENT_REVIEW)


@blueprint.post("/take")
@gate(Permission.INCIDENT_REVIEW)
def take(incident_id: int) -> Page:
    """Review a report oneself."""
    report, form = _report(incident_id), BaseForm()
    key = f"{form.request_key.data or ''}:take:{report.id}"
    assign(Invocation(current_actor(), clock.now(), key), report.id, current_actor().user_id)
    if request.args.get("to") == "queue":
        return redirect(url_for("queue.page", _anchor=f"report-{report.id}"), 303)
    return redirect(url_for("review.incident", incident_id=report.id), 303)


@blueprint.route("/assign", methods=["GET", "POST"])
@gate(Permission.INCIDENT_REVIEW)
def choose(incident_id: int) -> Page:
    """Give a report to another reviewer, or back to everybody."""
    report, now = _report(incident_id), clock.now()
    page, title = url_for("review.incident", incident_id=report.id), _("Assign the report")
    people = reviewers_at({report.school_id}, now)[report.school_id]
    form = AssignForm(assignee=str(assignee_of(report.id) or NOBODY))
    form.assignee.choices = choices([*((str(number), name) for number, name in people.items()), (NOBODY, _("No one"))])
    return form_page(
        form,
        lambda: assign(submitted(form), report.id, form.chosen),
        with_flash(_("It is saved. The person who has it now finds it under “Mine”."), page),
        "intake/assignment/assign.html",
        title=title,
        lede=report.reference,
        crumbs=[(_("Review"), url_for("queue.page")), (report.reference, page), (title, None)],
        back_href=page,
        go_words=_("Save"),
    )


ROOM = Room(
    pages=(blueprint,),
    messages=MESSAGES,
    sentences={
        "review.assigned": _l("Assigned to %(who)s for review"),
        "review.unassigned": _l("No longer assigned to anyone"),
    },
)
