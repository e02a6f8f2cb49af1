"""One case that the district opens with a reason: the opening, who viewed the case, and the email to the school.

The email names no student and no reason, only where to look.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import ForeignKey, Index, Text, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import ValidationError

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import Case, CaseIncident
from wss_cases.cases.case.queries import notes_of
from wss_cases.casework.case_file import head, history_items, history_seen, open_page
from wss_cases.casework.next_act import kind_words, state_words
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, by_id, db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, link
from wss_cases.foundation.school_time import day_words, district_zone, moment_words, today_at
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared


class CaseOpening(Base):
    """That somebody of the district may read one case until a set time, and the reason they gave."""

    __tablename__ = "case_opening"
    __table_args__ = (Index("ix_case_opening_user", "user_id", "expires_at"),)
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]


PAGE = 50


def open_now(actor: Actor, now: datetime) -> list[tuple[CaseOpening, Case]]:
    """The cases that the actor gave a reason for and may read now, the newest first."""
    statement = (
        select(CaseOpening, Case)
        .join(Case, Case.id == CaseOpening.case_id)
        .where(
            CaseOpening.user_id == actor.user_id,
            CaseOpening.expires_at > now,
            in_schools(Case.school_id, actor, Role.DISTRICT),
        )
        .order_by(CaseOpening.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def get_opened(actor: Actor, case_id: int, now: datetime) -> tuple[CaseOpening, Case]:
    """A case that is open to the actor, with the reason. Raises NotFound."""
    return existing(next((pair for pair in open_now(actor, now) if pair[1].id == case_id), None))


load_opening = by_id(CaseOpening)


def openings_of(case_id: int) -> list[CaseOpening]:
    """Every opening of a case, the newest first; the caller has checked the case."""
    wanted = select(CaseOpening).where(CaseOpening.case_id == case_id).order_by(CaseOpening.id.desc())
    return list(db.session.scalars(wanted))


@dataclass(frozen=True)
class Look:
    """One reading of a case or of something that hangs on it."""

    id: int
    at: datetime
    user_id: int | None
    name: str
    object_type: str
    page: str


def looks_at(actor: Actor, case_id: int, before: int | None = None, limit: int = PAGE) -> list[Look]:
    """Who looked at a case, its incidents, pathways, follow-ups and duties, the newest first.

    Looks at what tells of a need for housing support are for whoever may know of it. `before` is a look's id. The
    caller has checked the case.
    """
    entry = AuditEntry
    incidents = select(CaseIncident.incident_id).where(CaseIncident.case_id == case_id)
    hanging: dict[str, Any] = {
        "case_record": [case_id],
        "incident": incidents,
        "pathway": select(Pathway.id).where(Pathway.case_id == case_id, pathways_known_to(actor)),
        "follow_up": select(FollowUp.id).where(FollowUp.case_id == case_id, follow_ups_known_to(actor)),
        # an adult's own duty is nobody else's to know of, not even that it was looked at
        "legal_duty": select(LegalDuty.id).where(LegalDuty.incident_id.in_(incidents), shared()),
    }
    statement = (
        select(entry.id, entry.at, entry.actor_id, UserAccount.name, entry.object_type, entry.changes)
        .outerjoin(UserAccount, UserAccount.id == entry.actor_id)
        .where(
            entry.action.in_([f"{kind}.read" for kind in hanging]),
            or_(*(and_(entry.object_type == kind, entry.object_id.in_(hanging[kind])) for kind in hanging)),
        )
    )
    if before is not None:
        statement = statement.where(entry.id < before)
    found = db.session.execute(statement.order_by(entry.id.desc()).limit(limit))
    return [Look(row[0], row[1], row[2], row[3] or "", row[4], str(row[5].get("page", ""))) for row in found]


SHORTEST_REASON = 20


def long_enough(_form: Any, field: LongText) -> None:
    """Refuse a reason that is too short to say anything: the school reads it."""
    if len((field.data or "").strip()) < SHORTEST_REASON:
        raise ValidationError(_("Write a little more: at least %(number)s characters.", number=SHORTEST_REASON))


class OneCaseForm(BaseForm):
    """Which case, and why."""

    reference = ShortText(
        _l("Number of the case"),
        [NotBlank(_l("Write the number of the case."))],
        limit=40,
        description=_l("As the school writes it, for example DHS-0418."),
    )
    reason = LongText(
        _l("Reason you need to see it"),
        [NotBlank(_l("Write why you need to see this case.")), long_enough],
        limit=2000,
        description=_l("The school reads this as you write it. Do not name any student."),
    )


NOTICE = "case_opened"


@use_case
def open_one(uow: UnitOfWork, reference: str, reason: str) -> int:
    """Let the actor read one case for a while; returns the case's id.

    The case's history says who opened it and why, and the school's administrators get a mail.
    Raises Refused when no case of the schools that the actor reaches has this number.
    """
    wanted = select(Case).where(
        Case.reference == reference.strip().upper(), in_schools(Case.school_id, uow.actor, Role.DISTRICT)
    )
    case = uow.session.scalar(wanted)
    if case is None:
        raise Refused("reference", _("No case at your schools has this number. Write it as the school does."))
    require(uow.actor, Permission.CASE_OPEN_ONE, case)
    row = uow.add(
        CaseOpening(
            case_id=case.id, school_id=case.school_id, user_id=uow.actor.user_id, reason=reason.strip(),
            opened_at=uow.now, expires_at=uow.now + timedelta(hours=setting("ONE_CASE_HOURS")),
        )
    )  # fmt: skip
    uow.record(row, "case.opened_by_district", reason=row.reason)
    for user_id, _name in holders(Role.ADMINISTRATOR, case.school_id, today_at(case.school_id, uow.now)):
        uow.notify(user_id, NOTICE, row, f"{NOTICE}:{row.id}:{user_id}")
    return case.id


def _says(message: OutboxMessage, actor: Actor) -> Mail | None:
    row = load_opening(message.object_id)
    if row is None:
        return None
    words = _("Someone from the district opened a case at your school, with a reason that is recorded in its history.")
    href = link(f"/cases/{row.case_id}/access")
    return Mail(_("Someone from the district opened a case at your school"), [words], href, _("See who viewed it"))


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_opening(message.object_id)
    return row is not None and actor.covers(row.school_id, Role.ADMINISTRATOR)


MESSAGES = (MessageKind(NOTICE, _says, _still_due),)


blueprint = Pages("one_case", __name__, url_prefix="/one-case")
ENTRIES = 10


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.CASE_OPEN_ONE)
def choose() -> Page:
    """Say which case and why; below, what is open already."""
    actor, now = current_actor(), clock.now()
    form = OneCaseForm()
    return form_page(
        form,
        lambda: open_one(submitted(form), form.reference.data or "", form.reason.data or ""),
        lambda case_id: url_for("one_case.case", case_id=case_id),
        "casework/access/one_case/choose.html",
        hours=setting("ONE_CASE_HOURS"),
        opened=[
            {
                "title": case.reference,
                "href": url_for("one_case.case", case_id=case.id),
                "meta": _("until %(moment)s", moment=moment_words(row.expires_at, district_zone())),
            }
            for row, case in open_now(actor, now)
        ],
    )


@blueprint.get("/<int:case_id>")
@gate(Permission.CASE_OPEN_ONE)
def case(case_id: int) -> Page:
    """The case, to read."""
    actor, now = current_actor(), clock.now()
    opening, found = get_opened(actor, case_id, now)
    page = open_page(found, current_actor(), now)
    entries = history_seen(found, actor, number(request.args.get("before")), ENTRIES, page.file.incident_ids)
    older = url_for("one_case.case", case_id=case_id, before=entries[-1].id) if len(entries) == ENTRIES else None
    shown: dict[str, Any] = head(page, actor, "")
    due = [(row.title or KINDS.get(row.kind, KINDS["other"]), row) for row in page.file.follow_ups]
    return render_template(
        "casework/access/one_case/open.html",
        case=found,
        title=shown["title"],
        lede=shown["lede"],
        state=shown["state"],
        reason=opening.reason,
        until=moment_words(opening.expires_at, page.zone),
        people=[(person_words(row), str(PersonRole(row.role).label)) for row in page.file.people],
        pathways=[(kind_words(row), state_words(row)) for row in page.file.pathways],
        follow_ups=[
            (str(words), day_words(row.due_on), _("Open") if row.state is FollowUpState.OPEN else _("Settled"))
            for words, row in due
        ],
        entries=history_items(entries, page.zone, {note.id: note.text for note in notes_of(found.id)}),
        older=older,
    )


@blueprint.button(
    "/<int:case_id>/end", Subject(Case, lambda actor, case_id: get_opened(actor, case_id, clock.now())[1]),
    Permission.CASE_OPEN_ONE, then=".choose", endpoint="end",
)  # fmt: skip
def end_one(uow: UnitOfWork, case: Case) -> None:
    """Give up reading a case before its time is over. Raises NotFound when it is not open to the actor."""
    mine = select(CaseOpening).where(
        CaseOpening.case_id == case.id, CaseOpening.user_id == uow.actor.user_id, CaseOpening.expires_at > uow.now
    )
    rows = uow.session.scalars(mine.with_for_update()).all()
    if not rows:
        raise NotFound
    for row in rows:
        row.expires_at = uow.now
        uow.record(row, "case.ended_by_district")


ROOM = Room(pages=(blueprint,), messages=MESSAGES)
