"""Pages of who keeps a circle."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.pathways.circles.circle.forms import KeeperForm
from wss_cases.pathways.circles.circle.keepers import CircleWithKeepers, get_circle, keeper_rows, with_keepers
from wss_cases.pathways.circles.keepers import actions
from wss_cases.pathways.circles.keepers.queries import candidates
from wss_cases.pathways.circles.outside.queries import beside_words, outside_keepers_of
from wss_cases.pathways.circles.training.queries import Keepers, keepers_at, trained_elsewhere
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.views import kind_words, page_of

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
        lambda: actions.add_keeper(submitted(form), row.id, number(form.keeper.data) or 0),
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
