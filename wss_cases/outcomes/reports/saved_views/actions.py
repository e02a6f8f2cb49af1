"""Saved views: one person's own names for what a report was narrowed to."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.outcomes.counting.daily_figures.models import SavedView

MOST_VIEWS = 50


@use_case
def save_view(uow: UnitOfWork, name: str, narrowed: Mapping[str, str]) -> int:
    """Save what a report is narrowed to under a name. Raises Refused for a name of another view, or too many."""
    mine = SavedView.user_id == uow.actor.user_id
    if uow.session.scalar(select(SavedView.id).where(mine, SavedView.name == name.strip())) is not None:
        raise Refused("name", _("You have a view with this name. Choose another name."))
    if (uow.session.scalar(select(func.count()).where(mine)) or 0) >= MOST_VIEWS:
        raise Refused("", _("You have %(number)s views. Delete one first.", number=MOST_VIEWS))
    assert uow.actor.user_id is not None
    view = SavedView(user_id=uow.actor.user_id, name=name.strip(), narrowed=dict(narrowed), made_at=uow.now)
    return uow.add_audited(view, "view.saved")


def delete_view(actor: Actor, view_id: int, now: datetime) -> None:
    """Delete one of the actor's own views. Raises NotFound for any other."""
    with unit_of_work(actor, now) as uow:
        view = uow.session.get(SavedView, view_id, with_for_update=True)
        if view is None or view.user_id != actor.user_id:
            raise NotFound
        uow.audit("view.deleted", SavedView.__tablename__, view.id, {"name": [view.name, None]})
        uow.session.delete(view)
