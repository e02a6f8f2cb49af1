"""The mail that tells a circle's keepers of a new one: that there is one, and a link. Never who, or of which circle."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import select

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.clock import now
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Overreach, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting
from wss_cases.pathways.circles.circle.pages import KeeperForm
from wss_cases.pathways.circles.circle.queries import (
    CircleWithKeepers,
    decided_about_parties,
    get_circle,
    keeper_rows,
    leads_now,
    may_keep,
    with_keepers,
)
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.invitations import tell_planned
from wss_cases.pathways.circles.outside import beside_words, outside_keepers_of
from wss_cases.pathways.circles.training import Keepers, keepers_at, trained_elsewhere, trained_keepers
from wss_cases.pathways.common.pages import kind_words, number, page_of, people_choices
from wss_cases.pathways.common.rules import LIVE, Pathway


def candidates(circle: CircleWithKeepers, at: Keepers) -> dict[int, str]:
    """Return who of those who may keep circles at the school may be named keeper of this one: its coordinators; beside
    one of them, its trained staff too. Id to name, those with a training on record first.
    """
    others = at.staff if circle.keeper_ids & at.coordinators.keys() else {}
    return {**at.trained, **others, **at.coordinators}


def would_keep(row: Pathway, user_id: int | None, day: date) -> bool:
    """Whether somebody becomes the keeper of a circle by preparing it: it never had one, they own it or lead its case,
    are trained, and neither decide discipline at the school nor decided about one of its people.
    """
    if user_id is None or user_id not in (row.owner_id, row.case.lead_id):
        return False
    if with_keepers(row).had_keepers or user_id not in trained_keepers(row.school_id, day):
        return False
    return user_id not in decided_about_parties(row)


KEEPER_ADDED = "keeper_added"


def name_keeper(uow: UnitOfWork, row: Pathway, user_id: int) -> None:
    """Make somebody a keeper of a circle; does nothing when they are one already.

    A circle that never had a keeper is given one by whoever works the case. After that its keepers add others, and
    the school's administrator may, who cannot name themselves. Whoever begins reads only what is written from then on.
    Beside a coordinator who keeps it, and so prepares it and answers for its notes, trained staff keep it too: they
    lead its meetings and read no notes.
    Raises NotFound for anybody else, Refused for somebody who is neither, or who decides or decided discipline about a
    party.
    """
    circle = with_keepers(row)
    if user_id in circle.keeper_ids:
        return
    if circle.had_keepers:
        require(uow.actor, Permission.CIRCLE_KEEPER_NAME, circle)
        if user_id == uow.actor.user_id:
            raise Overreach("keeper", _("You cannot assign yourself. Ask a keeper of this circle."))
    here = keepers_at(row.school_id, today_at(row.school_id, uow.now))
    people = candidates(circle, here)
    if user_id not in people:
        raise Overreach(
            "keeper", _("Choose someone from the list. People who decide discipline here cannot keep circles.")
        )
    if user_id in decided_about_parties(row):
        raise Overreach("keeper", _("This person decided discipline about someone in this case. Choose another."))
    keeper = CircleKeeper.of(row, user_id=user_id, added_at=uow.now, added_by_id=uow.actor.user_id)
    uow.record(keeper, "circle.keeper_named", name=people[user_id])
    # where no coordinator keeps it now, those who did are told: a new reader never comes unseen
    recipients = set(circle.keeper_ids)
    if not recipients & here.coordinators.keys():
        recipients |= {known.user_id for known in keeper_rows(circle.id)}
    for recipient_id in sorted((recipients | {user_id}) - {uow.actor.user_id}):
        uow.notify(recipient_id, KEEPER_ADDED, keeper, f"{KEEPER_ADDED}:{keeper.id}:{recipient_id}")
    tell_planned(uow, CircleMeeting.pathway_id == row.id)


def keep_as_lead(uow: UnitOfWork, row: Pathway) -> None:
    """Make whoever leads a circle's preparation the keeper of one that never had any, where they are trained for it.

    Does nothing for anybody else: see `would_keep`.
    """
    if would_keep(row, uow.actor.user_id, today_at(row.school_id, uow.now)):
        assert uow.actor.user_id is not None
        name_keeper(uow, row, uow.actor.user_id)


@use_case
def add_keeper(uow: UnitOfWork, pathway_id: int, user_id: int) -> int:
    """Make somebody a keeper of a circle (see `name_keeper`) and mail its keepers. Returns the pathway's id."""
    row = load_any_circle(uow, pathway_id)
    if user_id in with_keepers(row).keeper_ids:
        raise Refused("keeper", _("This person already keeps this circle."))
    name_keeper(uow, row, user_id)
    return row.id


def end_keeping(uow: UnitOfWork, pathway_id: int, user_id: int) -> int:
    """Remove a keeper of a circle: oneself, or another. From now on they read no note. Returns the pathway's id.

    Raises Refused for the last coordinator who keeps it, and for the one who is to keep it, while a meeting waits;
    NotFound for anybody who is no keeper.
    """
    row = load_any_circle(uow, pathway_id)
    circle = with_keepers(row)
    require(uow.actor, Permission.CIRCLE_NOTE_READ, circle)
    if user_id not in circle.keeper_ids:
        raise NotFound
    waiting = select(CircleMeeting.keeper_id).where(
        CircleMeeting.pathway_id == row.id, CircleMeeting.happened.is_(None)
    )
    keeps_next = uow.session.scalar(waiting)
    others = may_keep(row.school_id, today_at(row.school_id, uow.now)).keys() & circle.keeper_ids - {user_id}
    if keeps_next is not None and not others:
        raise Refused("", _("A meeting is scheduled. Assign another coordinator as keeper first."))
    if keeps_next == user_id:
        raise Refused("", _("A meeting is scheduled with this keeper. Move it to another keeper first."))
    current = select(CircleKeeper).where(
        CircleKeeper.pathway_id == row.id, CircleKeeper.user_id == user_id, CircleKeeper.ended_at.is_(None)
    )
    keeper = uow.session.execute(current.with_for_update()).scalar_one()
    keeper.ended_at = uow.now
    names = {known.user_id: known.name for known in keeper_rows(row.id)}
    uow.record(keeper, "circle.keeper_ended", name=names[user_id])
    tell_planned(uow, CircleMeeting.pathway_id == row.id)
    return row.id


def _says(message: OutboxMessage, actor: Actor) -> Mail | None:
    keeper = db.session.get(CircleKeeper, message.object_id)
    if keeper is None:
        return None
    sees_case = can(actor, Permission.CASE_READ, keeper)
    page = (
        f"/cases/{keeper.case_id}/pathways/{keeper.pathway_id}/keepers"
        if sees_case
        else f"/keeping/{keeper.pathway_id}"
    )
    own = keeper.user_id == actor.user_id
    subject = _("You are now a circle keeper") if own else _("One of your circles has another keeper")
    if own and not sees_case:
        words = _("You were assigned as keeper of a circle. Its page shows who comes, when, and where.")
    elif own:
        words = _("You were assigned as keeper of a circle. Only its keepers read its private notes.")
    else:
        words = _(
            "Someone was assigned as keeper of a circle that you keep or kept. Keepers who are coordinators read its"
            " private notes."
        )
    return Mail(subject, [words], link(page), _("See who keeps it") if sees_case else _("See the circle"))


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    # also when the new keeper has ended meanwhile: they could read until then
    keeper = db.session.get(CircleKeeper, message.object_id)
    return keeper is not None and (
        can(actor, Permission.CASE_READ, keeper) or leads_now(actor, keeper.pathway_id, now())
    )


MESSAGES = (MessageKind(KEEPER_ADDED, _says, _still_due),)


blueprint = Blueprint("keepers", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/keepers")


def parts_of(actor: Actor, row: Pathway, circle: CircleWithKeepers, here: str) -> list[tuple[str, str, bool]]:
    """Return the tabs around a circle's keepers that this person may open: words, address, whether it is this page."""
    shown = [("keepers.keepers", _("Keepers"), True)]
    shown.append(("notes.notes", _("Private notes"), can(actor, Permission.CIRCLE_NOTE_READ, circle)))
    shown.append(("privilege.acts", _("Privilege"), can(actor, Permission.CIRCLE_HOLD, circle)))
    ids: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    return [(words, url_for(name, **ids), name == here) for name, words, may in shown if may]


@blueprint.route("", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES, to_change_only=True)
@gate(Permission.CASE_WORK)
def keepers(case_id: int, pathway_id: int) -> Page:
    """Show who keeps and kept a circle; whoever may, names another."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id)
    circle = with_keepers(row)
    form = KeeperForm()
    zone, today = zone_of(row.school_id), today_at(row.school_id, clock.now())
    here = keepers_at(row.school_id, today)
    form.keeper.choices = people_choices(_candidates(actor, circle, here), _("Choose"))
    known = keeper_rows(row.id)
    return form_page(
        form,
        lambda: add_keeper(submitted(form), row.id, number(form.keeper.data) or 0),
        url_for("keepers.keepers", case_id=case_id, pathway_id=pathway_id),
        "pathways/circles/keepers/keepers.html",
        case=row.case,
        lede=kind_words(row),
        back_href=page_of(row),
        tabs=parts_of(actor, row, circle, "keepers.keepers"),
        current=[
            _shown(actor, row, circle, one, zone, _began(known, actor) if one.user_id in here.coordinators else None)
            for one in known
            if one.ended_at is None
        ],
        at_work={*here.coordinators, *here.staff},
        former=[_shown(actor, row, circle, one, zone) for one in known if one.ended_at is not None],
        elsewhere=[] if here.trained else trained_elsewhere(row.school_id, today),
        outside=_from_outside(actor, row, circle, today),
        add_outside=[
            (words, url_for(page, case_id=case_id, pathway_id=pathway_id))
            for words, page in (
                (_("Add a keeper from outside"), "outside_keepers.add"),
                (_("Add a student who keeps it too"), "outside_keepers.student"),
            )
            if can(actor, Permission.CIRCLE_KEEPER_NAME, circle) and row.state in LIVE
        ],
        first=not circle.had_keepers,
        may_add=not circle.had_keepers or can(actor, Permission.CIRCLE_KEEPER_NAME, circle),
        keeps=can(actor, Permission.CIRCLE_NOTE_READ, circle),
    )


def _from_outside(actor: Actor, row: Pathway, circle: CircleWithKeepers, today: date) -> list[dict[str, Any]]:
    ends = can(actor, Permission.CIRCLE_KEEPER_NAME, circle)
    ids: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    return [
        {
            "name": one.name,
            "meta": beside_words(one),
            "end": url_for("outside_keepers.end", outside_keeper_id=one.id, **ids) if ends else None,
        }
        for one in outside_keepers_of(row.id, today)
    ]


def _candidates(actor: Actor, circle: CircleWithKeepers, here: Keepers) -> dict[int, str]:
    out = set(circle.keeper_ids) | ({actor.user_id} if circle.had_keepers else set())
    trained = {**here.trained, **here.staff}
    return {
        key: _("%(name)s · training on record", name=name) if key in trained else name
        for key, name in candidates(circle, here).items()
        if key not in out
    }


def _began(known: Sequence[Any], actor: Actor) -> datetime | None:
    return min((one.added_at for one in known if one.user_id == actor.user_id), default=None)


def _shown(
    actor: Actor, row: Pathway, circle: CircleWithKeepers, one: Any, zone: str, began: datetime | None = None
) -> dict[str, Any]:
    asked = began is not None and one.ended_at is None and one.added_at > began
    since = day_words_with_year(local_date(one.added_at, zone))
    until = day_words_with_year(local_date(one.ended_at, zone)) if one.ended_at else ""
    ends = one.ended_at is None and can(actor, Permission.CIRCLE_NOTE_READ, circle)
    ids: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    return {
        "name": one.name,
        "user_id": one.user_id,
        "meta": _("from %(since)s to %(until)s", since=since, until=until)
        if until
        else _("since %(since)s", since=since),
        "mine": one.user_id == actor.user_id,
        "end": url_for("note_grants.end", user_id=one.user_id, **ids) if ends else None,
        "agree": url_for("note_grants.agree", user_id=one.user_id, **ids) if asked else None,
    }


ROOM = Room(pages=(blueprint,), messages=MESSAGES)
