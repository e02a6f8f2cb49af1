"""Keepers of a circle: adding and removing them, their page, and the mail about a new keeper.

The mail says that there is a new keeper and gives a link. It never says who, or of which circle.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Overreach, Refused
from wss_cases.foundation.forms import PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import day_words_with_year, local_date, today_at, zone_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle import queries
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting
from wss_cases.pathways.circles.circle.pages import on_circle
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.invitations import tell_planned
from wss_cases.pathways.circles.outside import beside_words, outside_keepers_of
from wss_cases.pathways.circles.training import Keepers, keepers_at, trained_elsewhere, trained_keepers
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.pages import number, people_choices


def candidates(circle: queries.CircleWithKeepers, at: Keepers) -> dict[int, str]:
    """Who may be named keeper of this circle: the school's coordinators, and its trained staff when a coordinator keeps
    it already. Id to name, people with a training on record first.
    """
    others = at.staff if circle.keeper_ids & at.coordinators.keys() else {}
    return {**at.trained, **others, **at.coordinators}


def would_keep(row: Pathway, user_id: int | None, day: date) -> bool:
    """Whether preparing a circle makes this account its keeper. The circle never had one; the account owns it or leads
    its case, is trained, decides no discipline at the school, and decided none about its people.
    """
    if user_id is None or user_id not in (row.owner_id, row.case.lead_id):
        return False
    if queries.with_keepers(row).had_keepers or user_id not in trained_keepers(row.school_id, day):
        return False
    return user_id not in queries.decided_about_parties(row)


KEEPER_ADDED = "keeper_added"


def name_keeper(uow: UnitOfWork, row: Pathway, user_id: int) -> None:
    """Make an account a keeper of a circle. Does nothing when it is one already.

    Whoever works the case names the first keeper. Later ones are named by keepers, or by the school's administrator,
    who cannot name themselves. A new keeper reads only notes written from then on. Trained staff keep a circle beside a
    coordinator, who prepares it and answers for its notes; they lead meetings and read no notes. Raises NotFound
    for someone who may not name keepers, and Overreach for a person who is not a candidate, for oneself, and for
    someone who decided discipline about a party.
    """
    circle = queries.with_keepers(row)
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
    if user_id in queries.decided_about_parties(row):
        raise Overreach("keeper", _("This person decided discipline about someone in this case. Choose another."))
    keeper = CircleKeeper.of(row, user_id=user_id, added_at=uow.now, added_by_id=uow.actor.user_id)
    uow.record(keeper, "circle.keeper_named", name=people[user_id])
    # without a current coordinator the former keepers are told, so that a new reader never comes unnoticed
    recipients = set(circle.keeper_ids)
    if not recipients & here.coordinators.keys():
        recipients |= {known.user_id for known in queries.keeper_rows(circle.id)}
    for recipient_id in sorted((recipients | {user_id}) - {uow.actor.user_id}):
        uow.notify(recipient_id, KEEPER_ADDED, keeper, f"{KEEPER_ADDED}:{keeper.id}:{recipient_id}")
    tell_planned(uow, CircleMeeting.pathway_id == row.id)


def keep_as_lead(uow: UnitOfWork, row: Pathway) -> None:
    """Make the person who prepares a circle its first keeper, if `would_keep` allows it; otherwise do nothing."""
    if would_keep(row, uow.actor.user_id, today_at(row.school_id, uow.now)):
        assert uow.actor.user_id is not None
        name_keeper(uow, row, uow.actor.user_id)


def end_keeping(uow: UnitOfWork, pathway_id: int, user_id: int) -> int:
    """Remove a keeper of a circle: oneself, or another. From now on they read no note. Returns the pathway's id.

    While a meeting is planned, raises Refused for the last coordinator and for the keeper who leads it. Raises NotFound
    for someone who is not a keeper.
    """
    row = load_any_circle(uow, pathway_id)
    circle = queries.with_keepers(row)
    require(uow.actor, Permission.CIRCLE_NOTE_READ, circle)
    if user_id not in circle.keeper_ids:
        raise NotFound
    waiting = select(CircleMeeting.keeper_id).where(
        CircleMeeting.pathway_id == row.id, CircleMeeting.happened.is_(None)
    )
    keeps_next = uow.session.scalar(waiting)
    others = queries.may_keep(row.school_id, today_at(row.school_id, uow.now)).keys() & circle.keeper_ids - {user_id}
    if keeps_next is not None and not others:
        raise Refused("", _("A meeting is scheduled. Assign another coordinator as keeper first."))
    if keeps_next == user_id:
        raise Refused("", _("A meeting is scheduled with this keeper. Move it to another keeper first."))
    current = select(CircleKeeper).where(
        CircleKeeper.pathway_id == row.id, CircleKeeper.user_id == user_id, CircleKeeper.ended_at.is_(None)
    )
    keeper = uow.session.execute(current.with_for_update()).scalar_one()
    keeper.ended_at = uow.now
    names = {known.user_id: known.name for known in queries.keeper_rows(row.id)}
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
    # the mail is due even when the new keeper has ended since: they could read until then
    keeper = db.session.get(CircleKeeper, message.object_id)
    return keeper is not None and (
        can(actor, Permission.CASE_READ, keeper) or queries.leads_now(actor, keeper.pathway_id, now())
    )


MESSAGES = (MessageKind(KEEPER_ADDED, _says, _still_due),)


pages = Pages("keepers", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/keepers")


def parts_of(actor: Actor, row: Pathway, circle: queries.CircleWithKeepers, here: str) -> list[tuple[str, str, bool]]:
    """The tabs around a circle's keepers that the actor may open: (label, address, whether it is this page)."""
    shown = [("keepers.keepers", _("Keepers"), True)]
    shown.append(("notes.notes", _("Private notes"), can(actor, Permission.CIRCLE_NOTE_READ, circle)))
    shown.append(("privilege.acts", _("Privilege"), can(actor, Permission.CIRCLE_HOLD, circle)))
    ids: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    return [(words, url_for(name, **ids), name == here) for name, words, may in shown if may]


def _keepers_page(row: Pathway, _id: int = 0) -> str:
    return url_for("keepers.keepers", case_id=row.case_id, pathway_id=row.id)


class KeeperForm(PlainForm):
    keeper = SelectField(
        _l("Circle keeper"),
        validators=[InputRequired(_l("Choose a circle keeper."))],
        description=_l(
            "Coordinators who do not decide discipline here. Once a coordinator keeps the circle, other trained staff "
            "can keep it too."
        ),
        choices=[],
        validate_choice=False,  # the act refuses other people, and the audit log records whom the form named
    )


def _on_page(row: Pathway, form: KeeperForm) -> dict[str, Any]:
    actor, circle, known = current_actor(), queries.with_keepers(row), queries.keeper_rows(row.id)
    zone, today = zone_of(row.school_id), today_at(row.school_id, clock.now())
    here = keepers_at(row.school_id, today)
    may_name = can(actor, Permission.CIRCLE_KEEPER_NAME, circle)
    form.keeper.choices = people_choices(_candidates(actor, circle, here), _("Choose"))
    return on_circle(
        row,
        tabs=parts_of(actor, row, circle, "keepers.keepers"),
        current=[
            _shown(actor, row, circle, term, zone, _began(known, actor) if term.user_id in here.coordinators else None)
            for term in known
            if term.ended_at is None
        ],
        at_work={*here.coordinators, *here.staff},
        former=[_shown(actor, row, circle, term, zone) for term in known if term.ended_at is not None],
        elsewhere=[] if here.trained else trained_elsewhere(row.school_id, today),
        outside=_from_outside(actor, row, circle, today),
        add_outside=[
            (words, url_for(page, case_id=row.case_id, pathway_id=row.id))
            for words, page in (
                (_("Add a keeper from outside"), "outside_keepers.add"),
                (_("Add a student who keeps it too"), "outside_keepers.student"),
            )
            if may_name and row.state in LIVE
        ],
        first=not circle.had_keepers,
        may_add=not circle.had_keepers or may_name,
    )


@pages.act(
    "", Subject(Pathway, queries.get_circle), KeeperForm, Permission.CASE_WORK, adds=True, endpoint="keepers",
    guard=fresh_within(FRESH_MINUTES, to_change_only=True), title=_l("Circle keepers"), button="", then=_keepers_page,
    template="pathways/circles/keepers/keepers.html", more=_on_page,
)  # fmt: skip
def add_keeper(uow: UnitOfWork, pathway: Pathway, form: KeeperForm) -> None:
    """Make an account a keeper of a circle (see `name_keeper`) and mail its keepers."""
    row, user_id = load_any_circle(uow, pathway.id), number(form.keeper.data) or 0
    if user_id in queries.with_keepers(row).keeper_ids:
        raise Refused("keeper", _("This person already keeps this circle."))
    name_keeper(uow, row, user_id)


def _from_outside(actor: Actor, row: Pathway, circle: queries.CircleWithKeepers, today: date) -> list[dict[str, Any]]:
    ends = can(actor, Permission.CIRCLE_KEEPER_NAME, circle)
    ids: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    return [
        {
            "name": helper.name,
            "meta": beside_words(helper),
            "end": url_for("outside_keepers.end", outside_keeper_id=helper.id, **ids) if ends else None,
        }
        for helper in outside_keepers_of(row.id, today)
    ]


def _candidates(actor: Actor, circle: queries.CircleWithKeepers, here: Keepers) -> dict[int, str]:
    out = set(circle.keeper_ids) | ({actor.user_id} if circle.had_keepers else set())
    trained = {**here.trained, **here.staff}
    return {
        key: _("%(name)s · training on record", name=name) if key in trained else name
        for key, name in candidates(circle, here).items()
        if key not in out
    }


def _began(known: Sequence[Any], actor: Actor) -> datetime | None:
    return min((keeper.added_at for keeper in known if keeper.user_id == actor.user_id), default=None)


def _shown(
    actor: Actor, row: Pathway, circle: queries.CircleWithKeepers, keeper: Any, zone: str, began: datetime | None = None
) -> dict[str, Any]:
    needs_agreement = began is not None and keeper.ended_at is None and keeper.added_at > began
    since = day_words_with_year(local_date(keeper.added_at, zone))
    until = day_words_with_year(local_date(keeper.ended_at, zone)) if keeper.ended_at else ""
    ends = keeper.ended_at is None and can(actor, Permission.CIRCLE_NOTE_READ, circle)
    ids: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    return {
        "name": keeper.name,
        "user_id": keeper.user_id,
        "meta": _("from %(since)s to %(until)s", since=since, until=until)
        if until
        else _("since %(since)s", since=since),
        "mine": keeper.user_id == actor.user_id,
        "end": url_for("note_grants.end", user_id=keeper.user_id, **ids) if ends else None,
        "agree": url_for("note_grants.agree", user_id=keeper.user_id, **ids) if needs_agreement else None,
    }


ROOM = Room(pages=(pages,), messages=MESSAGES)
