"""Who keeps a circle: naming the first keeper, adding others, removing one. Only keepers read its notes."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import NotFound, Overreach, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import decided_about_parties, keeper_rows, may_keep, with_keepers
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting
from wss_cases.pathways.circles.consent.actions import load_any_circle
from wss_cases.pathways.circles.invitations.actions import tell_planned
from wss_cases.pathways.circles.keepers.queries import candidates, would_keep
from wss_cases.pathways.circles.training.queries import keepers_at
from wss_cases.pathways.common.models import Pathway

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
