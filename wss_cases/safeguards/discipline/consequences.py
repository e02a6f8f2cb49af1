"""Minor consequences that a dean gives: counted apart from removals, never recommended by routing."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, request, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.wrappers import Response

from wss_cases.access.actor import Invocation
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson, OfIncident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import CAUSED, person_words
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.queries import keeps_circle_of


class ConsequenceKind(Labelled):
    """What was given. A day away from class or school is a removal and stands in a record of its own."""

    CALL_HOME = "call_home", _l("Call home")
    LOST_PRIVILEGE = "lost_privilege", _l("Lost privilege")
    DETENTION = "detention", _l("Detention")


SENTENCES = {
    "consequence.given": (_l("Minor consequence logged: %(what)s"), {"what": ConsequenceKind.labels()}),
    "consequence.taken_back": (_l("Minor consequence taken back: %(what)s"), {"what": ConsequenceKind.labels()}),
}


class MinorConsequence(OfIncident, Base):
    """One minor consequence given to one person of a report; taken back, it stays with who did that and when."""

    __tablename__ = "minor_consequence"
    __table_args__ = (
        Index("ix_minor_consequence_school_day", "school_id", "given_on"),
        CheckConstraint("(taken_back_at is null) = (taken_back_by_id is null)", name="taken_back"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    incident_person_id: Mapped[int] = mapped_column(ForeignKey("incident_person.id"), index=True)
    kind: Mapped[ConsequenceKind] = mapped_column(named_enum(ConsequenceKind, "kind"))
    given_on: Mapped[date]
    given_at: Mapped[datetime]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


def consequences_of(incident_id: int) -> Sequence[MinorConsequence]:
    """Return what was given and not taken back, oldest first; the caller has checked the report."""
    statement = select(MinorConsequence).where(
        MinorConsequence.incident_id == incident_id, MinorConsequence.taken_back_at.is_(None)
    )
    return db.session.scalars(statement.order_by(MinorConsequence.id)).all()


@use_case
def give_consequence(uow: UnitOfWork, incident_id: int, person_id: int, kind: ConsequenceKind) -> int:
    """Log a minor consequence of today for a student who is reported to have caused harm; returns its id.

    The same one of the same day is logged once. Raises Refused for anybody else, and for a report that was joined to
    another or withdrawn.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    if incident.state is IncidentState.DUPLICATE or incident.is_withdrawn:
        raise Refused("", _("Log it on the report that stays."))
    person = next((one for one in incident.people if one.id == person_id), None)
    if person is None or person.student_id is None or person.role not in CAUSED:
        raise Refused("person", _("Choose a student who is reported to have caused harm."))
    if keeps_circle_of(uow.actor.user_id, person.student_id):
        raise Refused("", _("You keep a circle with this student, so someone else decides about discipline."))
    today = today_at(incident.school_id, uow.now)
    row = _standing(uow, person, kind)
    if row is not None and row.given_on == today:
        uow.no_audit()
        return row.id
    row = uow.add(
        MinorConsequence(
            school_id=incident.school_id,
            incident_id=incident.id,
            incident_person_id=person.id,
            kind=kind,
            given_on=today,
            given_at=uow.now,
            given_by_id=uow.actor.user_id,
        )
    )
    uow.record(row, "consequence.given", what=kind.value)
    uow.record(incident, "consequence.given", what=kind.value)
    return row.id


def _standing(uow: UnitOfWork, person: IncidentPerson, kind: ConsequenceKind) -> MinorConsequence | None:
    statement = select(MinorConsequence).where(
        MinorConsequence.incident_person_id == person.id,
        MinorConsequence.kind == kind,
        MinorConsequence.taken_back_at.is_(None),
    )
    return uow.session.scalar(statement.order_by(MinorConsequence.id.desc()).limit(1))


def consequence_rows(incident: Incident, given: Iterable[MinorConsequence]) -> list[dict[str, Any]]:
    """Return for each student reported to have caused harm what was given, each with the address that takes it back."""
    standing = list(given)
    return [
        {
            "id": person.id,
            "name": person_words(person),
            "given": [
                {
                    "what": row.kind.label,
                    "when": day_words(row.given_on),
                    "href": url_for("consequences.take_back", consequence_id=row.id),
                }
                for row in standing
                if row.incident_person_id == person.id
            ],
            "kinds": list(ConsequenceKind.labels().items()),
        }
        for person in incident.people
        if person.student_id is not None and person.role in CAUSED
    ]


pages = Pages("consequences", __name__)


def _back(report_id: int) -> str:
    return url_for("review.incident", incident_id=report_id, _anchor="consequences")


@pages.post("/incidents/<int:incident_id>/consequences")
@gate(Permission.DISCIPLINE_RECORD)
def give(incident_id: int) -> Response:
    """Log a minor consequence."""
    report = get_incident(current_actor(), incident_id, Permission.DISCIPLINE_RECORD)
    kind, call = request.form.get("kind", ""), submitted(BaseForm())
    person_id = id_in(request.form.get("person"))
    if kind not in set(ConsequenceKind) or person_id is None:
        raise Refused("kind", _("Choose one of these."))
    key = f"{call.request_key}:{person_id}:{kind}"
    give_consequence(Invocation(call.actor, call.now, key), report.id, person_id, ConsequenceKind(kind))
    flash(_("It is logged: %(what)s.", what=ConsequenceKind(kind).label))
    return redirect(_back(report.id), 303)


@pages.button(
    "/consequences/<int:consequence_id>/take-back", MinorConsequence, Permission.DISCIPLINE_RECORD,
    endpoint="take_back", then=lambda row, _answer: _back(row.incident_id),
    done=_l("It is taken back. The history keeps both."),
)  # fmt: skip
def take_consequence_back(uow: UnitOfWork, row: MinorConsequence) -> None:
    """Take back a minor consequence. Raises Stale where that was done already."""
    if row.taken_back_at is not None:
        raise Stale
    row.taken_back_at, row.taken_back_by_id = uow.now, uow.actor.user_id
    uow.record(row, "consequence.taken_back", what=row.kind.value)
    uow.record(uow.session.get_one(Incident, row.incident_id), "consequence.taken_back", what=row.kind.value)


ROOM = Room(pages=(pages,), sentences=SENTENCES)
