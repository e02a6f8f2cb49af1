"""Assigning a report to a reviewer of its school, or taking it oneself."""

from datetime import datetime
from typing import Final

from flask import redirect, request, url_for
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import teams_at
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.forms import BaseForm, PlainForm, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident, load_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import react
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork


class Assignment(Base):
    """The reviewer of a report, None for nobody. Stored apart from the report, so that assigning does not change its
    version."""

    __tablename__ = "incident_assignment"

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), unique=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)


def reviewers_at(school_ids: set[int], now: datetime) -> dict[int, dict[int, str]]:
    """The reviewers of each school now, id to name: deans first, then administrators."""
    return {
        school_id: {number: name for role in REVIEWERS for number, name in team.get(role, {}).items()}
        for school_id, team in teams_at(school_ids, now).items()
    }


def assignee_of(incident_id: int) -> int | None:
    """Id of the report's reviewer; the caller has checked the report."""
    return db.session.scalar(select(Assignment.assignee_id).where(Assignment.incident_id == incident_id))


NOBODY = "none"


class AssignForm(PlainForm):
    """The reviewer: an account, or nobody, which returns the report to the shared queue."""

    assignee = radio(_l("Who reviews this report?"), (), _l("Choose who reviews it."), validate_choice=False)

    def fit(self, incident: Incident) -> None:
        self.people = reviewers_at({incident.school_id}, clock.now())[incident.school_id]
        named = ((str(number), name) for number, name in self.people.items())
        self.assignee.choices = choices([*named, (NOBODY, _("No one"))])


MAIL = "review.assigned"
REVIEWER_CHANGED: Final = "review.reviewer_changed"
"""Event for other rooms: a report has another reviewer, or none."""


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


INTRO = _l("Someone else gets an email without names. Everyone who reviews at this school still sees the report.")
pages = Pages(
    "assignment", __name__, url_prefix="/review/<int:incident_id>",
    trail=lambda report: [(_("Review"), url_for("queue.page")), (report.reference, _page_of(report))],
)  # fmt: skip


def _report(actor: Actor, incident_id: int) -> Incident:
    return get_incident(actor, incident_id, Permission.INCIDENT_REVIEW)


def _page_of(report: Incident, _answer: int = 0) -> str:
    return url_for("review.incident", incident_id=report.id)


@pages.act(
    "/assign", Subject(Incident, _report), AssignForm, Permission.INCIDENT_REVIEW, adds=True, endpoint="choose",
    title=_l("Assign the report"), button=_l("Save"), then=_page_of, lede=lambda report: report.reference,
    start=lambda report: {"assignee": str(assignee_of(report.id) or NOBODY)},
    more=lambda *_shown: {"intro": INTRO},
    done=_l("It is saved. The person who has it now finds it under “Mine”."),
)  # fmt: skip
def assign(uow: UnitOfWork, incident: Incident, form: AssignForm) -> None:
    """Assign an undecided report to a dean or administrator of its school, or to nobody. A new assignee other than
    the actor gets an email that names no one. Raises Stale for a decided report."""
    if incident.state not in UNDECIDED:
        raise Stale
    assignee_id = None if form.assignee.data == NOBODY else id_in(form.assignee.data) or 0
    if assignee_id is not None and assignee_id not in form.people:
        raise Refused("assignee", _("Choose a dean or administrator of this school."))
    row = uow.session.scalar(select(Assignment).where(Assignment.incident_id == incident.id).with_for_update())
    before = row.assignee_id if row is not None else None
    if before == assignee_id:
        uow.no_audit()
        return
    if row is None:
        row = uow.add(Assignment(incident_id=incident.id, at=uow.now))
    row.assignee_id, row.by_id, row.at = assignee_id, uow.actor.user_id, uow.now
    uow.audit("review.assigned", row.__tablename__, row.id, {"assignee_id": [before, assignee_id]})
    if assignee_id is None:
        uow.record(incident, "review.unassigned")
    else:
        uow.record(incident, "review.assigned", who=form.people[assignee_id])
    react(uow, REVIEWER_CHANGED, incident)
    if assignee_id is not None and assignee_id != uow.actor.user_id:
        uow.notify(assignee_id, MAIL, incident, f"{MAIL}:{incident.id}:{assignee_id}:{uow.now.isoformat()}")


@pages.post("/take")
@gate(Permission.INCIDENT_REVIEW)
def take(incident_id: int) -> Page:
    """Assign a report to oneself."""
    actor, form = current_actor(), BaseForm()
    report = _report(actor, incident_id)
    key = f"{form.request_key.data or ''}:take:{report.id}"
    assign(Invocation(actor, clock.now(), key), report.id, assignee=str(actor.user_id))
    if request.args.get("to") == "queue":
        return redirect(url_for("queue.page", _anchor=f"report-{report.id}"), 303)
    return redirect(_page_of(report), 303)


ROOM = Room(
    pages=(pages,),
    messages=MESSAGES,
    sentences={
        "review.assigned": _l("Assigned to %(who)s for review"),
        "review.unassigned": _l("No longer assigned to anyone"),
    },
)
