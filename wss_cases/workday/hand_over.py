"""Handing over several cases at once, or the whole caseload."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request, url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import title
from wss_cases.cases.case.queries import place_words, students_in, students_seen
from wss_cases.casework.case_file import open_cases_of
from wss_cases.casework.case_page.acts import hand_over_many
from wss_cases.casework.next_act import harm_words
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.pages import kept_with_notes
from wss_cases.pathways.common.pages import number, people_choices
from wss_cases.pathways.common.queries import team_of
from wss_cases.roster.directory.pages import whom_words
from wss_cases.workday.cover import HandOverManyForm, school_of

blueprint = Blueprint("hand_overs", __name__)


@blueprint.route("/desk/hand-over", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def choose() -> Page:
    """Give one's own cases to somebody, all or some; an administrator those of anybody at the school."""
    actor = current_actor()
    school_id = school_of(actor)
    people = team_of(school_id, today_at(school_id, clock.now()))
    from_id = _whose(actor, school_id)
    rows = open_cases_of(actor, school_id, from_id)
    form = HandOverManyForm()
    form.cases.choices = choices(_case_choices(actor, rows))
    if not form.is_submitted() and "all" in request.args:
        form.cases.data = [str(row.id) for row in rows]
    others = {key: name for key, name in people.items() if key != from_id}
    form.to.choices = people_choices(others, _("Choose…"))
    return form_page(
        form,
        lambda: hand_over_many(
            submitted(form),
            [found for found in map(number, form.cases.data or ()) if found is not None],
            from_id,
            number(form.to.data) or 0,
            form.note.data or "",
        ),
        url_for("desk.page"),
        "workday/hand_over/cases.html",
        count=len(rows),
        kept=_told_apart(_kept(actor)) if from_id == actor.user_id else [],
        all_href=url_for("hand_overs.choose", whose=request.args.get("whose"), all="yes"),
        whose=people.get(from_id or 0, "") if from_id != actor.user_id else "",
    )


def _case_choices(actor: Actor, rows: Sequence[Any]) -> list[tuple[str, str]]:
    """Return the cases by id, each with whom it is about before its number."""
    places, whom = place_words(row.location_code for row in rows), students_in([row.id for row in rows])
    titles = {
        row.id: title(row.reference, harm_words(row.harm_kind), places.get(row.location_code, "")) for row in rows
    }
    names = {row.id: whom_words(whom.get(row.id, []), actor) for row in rows}
    return [(str(key), f"{names[key]} · {words}" if names[key] else words) for key, words in titles.items()]


def _kept(actor: Actor) -> list[tuple[str, str]]:
    """Return where somebody hands over notes, as they alone can: the keepers of each circle in which they wrote, with
    whom its case is about where they still see it."""
    periods = list(db.session.scalars(kept_with_notes().where(CircleKeeper.user_id == actor.user_id)))
    whom = students_seen(actor, [one.case_id for one in periods])
    return [
        (
            url_for("keepers.keepers", case_id=one.case_id, pathway_id=one.pathway_id),
            whom_words(whom.get(one.case_id, []), actor) or _("No student named"),
        )
        for one in periods
    ]


def _told_apart(links: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the links with a number behind those words that several of them have."""
    often, met = Counter(words for _href, words in links), Counter[str]()
    told = []
    for href, words in links:
        met[words] += 1
        told.append((href, f"{words} ({met[words]})" if often[words] > 1 else words))
    return told


def _whose(actor: Actor, school_id: int) -> int | None:
    person = number(request.args.get("whose"))
    if person is None or person == actor.user_id:
        return actor.user_id
    if not actor.covers(school_id, Role.ADMINISTRATOR):
        raise NotFound
    return person


ROOM = Room(pages=(blueprint,))
