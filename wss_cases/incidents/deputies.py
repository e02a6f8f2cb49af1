"""Second reviews by a network's deputy, for schools where nobody else can be the second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, load_object, require
from wss_cases.accounts.network_approvers import approver_of, possible_approvers
from wss_cases.accounts.teams import colleagues, user_names
from wss_cases.accounts.two_persons import refuse_one_person, second_persons
from wss_cases.foundation.db import Base, Id, by_id, db, where
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.pages import Page, link
from wss_cases.foundation.school_time import moment_words, zone_of
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.extension_points import deputy_looks, for_deputy
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import ForDeputy, Room, SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import schools_by_id


def named_deputy(actor: Actor, look: Any) -> bool:
    """The deputy who was asked, while they cover the school."""
    return look.deputy_id == actor.user_id and actor.covers(look.school_id, Role.DISTRICT)


class DeputyLook(OfIncident, Base):
    """One record that waits for a second person outside the school: who asked, who is asked, the answer."""

    __tablename__ = "deputy_look"
    __table_args__ = (
        Index("ix_deputy_look_incident", "incident_id"),
        Index("ix_deputy_look_deputy", "deputy_id"),
        Index("uq_deputy_look_open", "object_type", "object_id", unique=True, **where("taken_at is null")),
        CheckConstraint("asked_by_id is null or asked_by_id <> deputy_id", name="another_person"),
        CheckConstraint("(taken_at is null) = (agrees is null)", name="taken"),
    )

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    deputy_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    agrees: Mapped[bool | None]


Statement = TypeVar("Statement", bound=Select[Any])
MOST = 100

load_look = by_id(DeputyLook)


def visible_to(statement: Statement, actor: Actor) -> Statement:
    return statement.where(
        DeputyLook.deputy_id == actor.user_id, in_schools(DeputyLook.school_id, actor, Role.DISTRICT)
    )


def waiting_for(actor: Actor) -> list[tuple[DeputyLook, ForDeputy]]:
    """The reviews waiting for the actor, with what they need to know, oldest first."""
    statement = visible_to(select(DeputyLook).where(DeputyLook.taken_at.is_(None)), actor)
    looks = db.session.scalars(statement.order_by(DeputyLook.id).limit(MOST)).all()
    return [(look, question) for look in looks if (question := asked_of(look)) is not None]


def asked_of(look: DeputyLook) -> ForDeputy | None:
    """What the deputy needs to know; None if it is decided, the network no longer names them, or they are a party to
    a report."""
    record = load_object(look.object_type, look.object_id) if look.taken_at is None else None
    looks = deputy_looks()[look.object_type]
    if record is None or look.deputy_id not in _named(look.school_id, looks.reports(record)):
        return None
    return looks.shows(record)


def open_look(object_type: str, object_id: int) -> DeputyLook | None:
    of = {"object_type": object_type, "object_id": object_id}
    return db.session.scalar(select(DeputyLook).filter_by(**of).where(DeputyLook.taken_at.is_(None)))


def agreed_look(object_type: str, object_id: int, since: datetime | None) -> DeputyLook | None:
    """A deputy's agreement about a record, asked since that time."""
    of = {"object_type": object_type, "object_id": object_id, "agrees": True}
    return db.session.scalar(select(DeputyLook).filter_by(**of).where(DeputyLook.asked_at >= since).limit(1))


def firsts_of(asked: SecondLook) -> set[int | None]:
    """People who may not be the second person because they asked or took part."""
    return {asked.asked_by_id, *asked.beside}


def able_deputies(school_id: int, incident_ids: Sequence[int], asked: SecondLook, now: datetime) -> list[int]:
    """The network's deputy and approver, in this order, if they cover the school, are no party to these reports, and
    can be the second person."""
    named = _named(school_id, incident_ids)
    reach = {one for one, actor in colleagues(named, now).items() if actor.covers(school_id, Role.DISTRICT)}
    able = second_persons(firsts_of(asked), reach, now)
    return [one for one in named if one in able]


def _named(school_id: int, incident_ids: Sequence[int]) -> list[int]:
    row = approver_of(db.session.get_one(School, school_id).network)
    ids = (row.deputy_id, row.approver_id) if row is not None else ()
    aside = parties_of(*incident_ids)
    return [one for one in ids if one is not None and one not in aside]


ASKED = "deputy.asked"
NOBODY = "deputy.nobody"


def _says(message: OutboxMessage, actor: Actor) -> Mail:
    return Mail(
        _("A school asks you for a second review"),
        [_(
            "Two people must agree to something, and the school has only one who may. You are the second person for "
            "its network. Please review it and answer whether you agree."
        )],
        link(f"/deputy-looks/{message.object_id}"),
    )  # fmt: skip


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    look = load_look(message.object_id)
    return look is not None and can(actor, Permission.DEPUTY_LOOK, look) and asked_of(look) is not None


def _nobody(message: OutboxMessage, actor: Actor) -> Mail:
    names = can(actor, Permission.POLICE_APPROVER_EDIT, actor)
    return Mail(
        _("A school is waiting for a second review that no one can do"),
        [_(
            "Two people must agree to something, and the school has only one who may. No one the district named for "
            "its network can be the second. Name someone else under Second approvals, or ask the district to."
        )],
        link("/police-approvers" if names else "/deputy-looks"),
    )  # fmt: skip


def _still_nobody(message: OutboxMessage, actor: Actor) -> bool:
    waits = for_deputy(message.object_type, message.object_id) is not None
    reached = message.school_id is not None and actor.covers(message.school_id, Role.DISTRICT)
    return waits and reached and open_look(message.object_type, message.object_id) is None


MESSAGES = (MessageKind(ASKED, _says, _waits), MessageKind(NOBODY, _nobody, _still_nobody))


@dataclass(frozen=True)
class _Due:
    """What to do about a waiting record: the deputy to ask instead of `before`, or by email key the people to tell
    that nobody can answer."""

    asked: SecondLook
    before: DeputyLook | None
    deputy_id: int | None
    untold: Sequence[tuple[str, int]]


def ask_deputy(uow: UnitOfWork, record: Any) -> bool:
    """Ask the deputy when nobody at the school can be the second person; True if someone was asked. If nobody can
    be, the network's possible approvers are told. For use cases."""
    due = _due(record, uow.now)
    if due is None:
        return False
    for key, user_id in due.untold:
        uow.notify(user_id, NOBODY, record, key)
    if due.deputy_id is not None:
        _ask(uow, record, due, due.deputy_id)
    elif due.before is not None:
        uow.audit("deputy.let_go", "deputy_look", due.before.id, {"deputy_id": [due.before.deputy_id, None]})
        uow.session.delete(due.before)
    return due.deputy_id is not None


def ask_deputies(now: datetime, share: Share = WHOLE) -> None:
    """Ask a deputy about records left waiting because the second person left, no deputy was named yet, or the deputy
    changed."""
    due = [
        (type(record), record.id)
        for looks in deputy_looks().values()
        for record in looks.waiting()
        if _due(record, now) is not None
    ]
    for model, record_id in due:
        if not share.goes_on():
            break
        with unit_of_work(SYSTEM, now) as uow:
            record = uow.load(model, record_id, Permission.DEPUTY_LOOK)
            if for_deputy(record.__tablename__, record_id) is not None:
                ask_deputy(uow, record)


def _due(record: Any, now: datetime) -> _Due | None:
    """What to do about a record, None for nothing; only reads."""
    looks, kind = deputy_looks()[record.__tablename__], record.__tablename__
    question, before = looks.asks(record, now), open_look(kind, record.id)
    able = able_deputies(record.school_id, looks.reports(record), question, now)
    if before is not None and before.deputy_id in able and before.asked_at >= question.asked_at:
        return None
    here = bool(second_persons(firsts_of(question), question.of_the_school, now))
    deputy_id = able[0] if able and not here else None
    untold = [] if able or here else _untold(record, question, now)
    return _Due(question, before, deputy_id, untold) if before is not None or deputy_id is not None or untold else None


def _untold(record: Any, asked: SecondLook, now: datetime) -> list[tuple[str, int]]:
    people = possible_approvers(db.session.get_one(School, record.school_id).network or "", now)
    about = f"{NOBODY}:{record.__tablename__}:{record.id}:{asked.asked_at.isoformat()}"
    keys = {f"{about}:{user_id}": user_id for user_id, _name in people}
    sent_keys = set(db.session.scalars(select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.in_(keys))))
    return [(key, user_id) for key, user_id in keys.items() if key not in sent_keys]


def _ask(uow: UnitOfWork, record: Any, due: _Due, deputy_id: int) -> None:
    look = due.before or DeputyLook(
        incident_id=deputy_looks()[record.__tablename__].reports(record)[0], school_id=record.school_id,
        object_type=record.__tablename__, object_id=record.id,
    )  # fmt: skip
    look.asked_by_id, look.asked_at, look.deputy_id = due.asked.asked_by_id, uow.now, deputy_id
    uow.session.add(look)
    changes = changes_of(look)
    uow.session.flush()
    uow.audit(ASKED, "deputy_look", look.id, changes)
    uow.notify(deputy_id, ASKED, look, f"{ASKED}:{look.id}:{deputy_id}:{uow.now.isoformat()}")


pages = Pages(
    "deputies", __name__, url_prefix="/deputy-looks",
    trail=lambda _waiting: [(_("Second reviews for schools"), url_for(".page"))],
)  # fmt: skip


class LookForm(PlainForm):
    agrees = radio(
        _l("Do you agree?"), {"yes": _l("Yes, I agree"), "no": _l("No, no change")}, _l("Choose your answer.")
    )


@pages.get("")
@gate(Permission.DEPUTY_LOOK)
def page() -> Page:
    """Second reviews that schools ask of the actor, oldest first."""
    waiting = waiting_for(current_actor())
    schools = schools_by_id({look.school_id for look, _asked in waiting})
    rows = [
        {
            "title": question.title,
            "meta": dotted(schools[look.school_id].name, moment_words(look.asked_at, zone_of(look.school_id))),
            "href": url_for(".look", look_id=look.id),
        }
        for look, question in waiting
    ]
    return render_template("incidents/deputies/list.html", rows=rows)


def _load(actor: Actor, look_id: int) -> tuple[DeputyLook, ForDeputy]:
    look = existing(load_look(look_id))
    require(actor, Permission.DEPUTY_LOOK, look)
    return look, existing(asked_of(look))


def _words(waiting: tuple[DeputyLook, ForDeputy], _form: LookForm) -> dict[str, Any]:
    look, question = waiting
    zone = zone_of(look.school_id)
    asker = user_names([look.asked_by_id]).get(look.asked_by_id or 0, "")
    rows = [
        (_("School"), schools_by_id([look.school_id])[look.school_id].name),
        (_("Asked by"), dotted(asker, moment_words(look.asked_at, zone))),
        *question.rows,
    ]
    return {
        "rows": _summary(rows),
        "texts": question.texts,
        "sections": [(heading, _summary(lines)) for heading, lines in question.sections],
        "language": question.language,
    }


def _summary(rows: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in rows]


@pages.act(
    "/<int:look_id>", Subject(DeputyLook, _load, row=itemgetter(0)), LookForm, Permission.DEPUTY_LOOK, adds=True,
    endpoint="look", title=lambda waiting: waiting[1].title, button=_l("Submit this answer"), then=".page", more=_words,
    lede=_l("Two people must agree, and this school has only one who may. You are the second person."),
    template="incidents/deputies/look.html",
)  # fmt: skip
def take_look(uow: UnitOfWork, look: DeputyLook, form: LookForm) -> None:
    """Agree or not to what a school asks, as its second person from the district."""
    if look.taken_at is not None:
        raise Refused("", _("This has already been decided."))
    existing(asked_of(look))
    looks, record = deputy_looks()[look.object_type], load_object(look.object_type, look.object_id)
    refuse_one_person("", uow.actor.user_id, firsts_of(looks.asks(record, uow.now)), uow.now)
    look.taken_at, look.agrees = uow.now, form.agrees.data == "yes"
    uow.audit("deputy.looked", "deputy_look", look.id, changes_of(look))
    looks.settle(uow, record, look.agrees)


ROOM = Room(
    pages=(pages,),
    sentences={ASKED: _l("The school has no second person, so the district’s deputy was asked")},
    messages=MESSAGES,
    loaders={"deputy_look": load_look},
)
