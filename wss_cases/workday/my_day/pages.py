"""My day: its groups, and everything due about one person under their name, with whom to call."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseState
from wss_cases.cases.case.queries import students_seen
from wss_cases.casework.next_act import harm_words
from wss_cases.followups.about import About, Named, about, block, named_in, person_key
from wss_cases.followups.core.queries import FollowUpRow, rows_by_id
from wss_cases.followups.undo import undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.ids import numbers_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import at_local, day_words, local, long_day_words, time_words
from wss_cases.incidents.incident.states import OWN_STATE_LABELS
from wss_cases.journal.rooms import Room
from wss_cases.mail.bounces import trouble_lines
from wss_cases.mail.push.pages import offer_on_my_day
from wss_cases.pathways.mentoring.own_period import rows_of as period_rows
from wss_cases.pathways.mentoring.plan.queries import my_students
from wss_cases.pathways.mentoring.sessions import rows_of
from wss_cases.pathways.reengagement.returns import return_lines
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.caseload.pages import cover_words
from wss_cases.workday.my_day.meetings import circle_card, planned_card, reentry_card
from wss_cases.workday.my_day.presenters import due_row, given_row, snoozed_row, strip, waiting_rows
from wss_cases.workday.my_day.queries import REVIEWERS, MyDay, around, my_day, own_reports
from wss_cases.workday.my_day.rules import COMING, OVERDUE, TODAY, Item

MOST_PEOPLE, MOST_THINGS = 20, 60
"""What the page shows, and what it looks at for it: the oldest due; more is a line that leads to the whole list."""


@dataclass(frozen=True)
class People:
    """What is due, together by whom it is about; of these groups the first `most` are shown."""

    groups: Sequence[Sequence[Item]]
    names: frozenset[str]
    most: int

    @property
    def shown(self) -> Sequence[Sequence[Item]]:
        """The groups of which the page says more than how many there are."""
        return self.groups[: self.most]


def told(actor: Actor, *parts: tuple[Sequence[Item], int]) -> tuple[list[People], dict[int, About]]:
    """Return these parts of what is due by whom each thing is about, and of what is shown of them whom to call.

    Each part comes with how many groups of it are shown; the first MOST_THINGS of it are looked at. Students of one
    name are told apart from all of them.
    """
    looked_at = [(items[:MOST_THINGS], most) for items, most in parts]
    named = named_in([item.row for items, _most in looked_at for item in items])
    found = [_grouped(items, named, most) for items, most in looked_at]
    shown = [item.row for part in found for group in part.shown for item in group]
    rest = [item.row for part in found for group in part.groups[part.most :] for item in group]
    return found, about(actor, shown, call=True, named=named, beside=rest)


def _grouped(items: Sequence[Item], named: Named, most: int) -> People:
    """What names nobody or several stands by itself; whoever is longest overdue comes first."""
    groups: dict[tuple[str, int], list[Item]] = {}
    for item in items:
        person = person_key(named[item.row.id][0]) if item.row.id in named else ""
        groups.setdefault((person, 0) if person else ("", item.row.id), []).append(item)
    return People(list(groups.values()), frozenset(person for person, _alone in groups if person), most)


def by_person(part: People, count: int, actor: Actor, whom: dict[int, About]) -> dict[str, Any]:
    """Return what is due, under the names of whom it is about; `count` is how many things there are."""
    blocks = [_block(things, actor, whom) for things in part.shown]
    things = sum(len(group) for group in part.shown)
    return {"blocks": blocks, "count": count, "more": max(count - things, 0), "words": _count_words(part.names, count)}


def _count_words(people: Collection[str], things: int) -> str:
    named = ngettext("%(num)d person", "%(num)d people", len(people)) if people else ""
    return ", ".join(part for part in (named, ngettext("%(num)d thing", "%(num)d things", things)) if part)


def _block(things: Sequence[Item], actor: Actor, whom: dict[int, About]) -> dict[str, Any]:
    first = whom[things[0].row.id]
    if not first.person:
        [item] = things
        return {"who": "", "things": [due_row(item, actor, first)]}
    lines = [row | {"href": row["act"]} for row in (due_row(item, actor) for item in things)]
    return block([item.row.id for item in things], things[0].due, whom, lines)


blueprint = Blueprint("my_day", __name__)

NOON, EVENING = 12, 17
MOST_MENTORED = 6
MOST_COMING = 4
"""People and things of the next days on the page."""

PARTS = {"overdue": "today"}
"""Where the page shows a part that a mail leads to, if not under its own name."""


@blueprint.get("/my-day")
@gate(Permission.FOLLOWUP_READ)
def page() -> Page:
    """The home page of everyone who works in a school."""
    actor, now = current_actor(), clock.now()
    day = my_day(actor, now, MOST_THINGS)
    beside = around(actor, day, now)
    team = actor.has(*CASE_TEAM)
    now_due = [*day.overdue, *day.due_today]
    (today, coming), whom = told(actor, (now_due, MOST_PEOPLE), (day.coming, MOST_COMING))
    aside = about(actor, [item.row for item in (*day.snoozed, *beside.given)])
    meetings = _circle_cards(day, actor, now)
    meetings += [reentry_card(meeting, now) for meeting in beside.reentries]
    meetings += [planned_card(one, at_local(day.today, 0, 0, day.time_zone)) for one in beside.planned]
    return render_template(
        "workday/my_day/page.html",
        greeting=_greeting(local(now, day.time_zone).hour),
        lede=_lede(day),
        needs_you=strip(actor, day.waiting, now),
        overdue_count=day.counts[OVERDUE],
        today=by_person(today, day.counts[OVERDUE] + day.counts[TODAY], actor, whom),
        coming=by_person(coming, day.counts[COMING], actor, whom),
        meetings=sorted(meetings, key=lambda card: card["at"]),
        waiting=list(waiting_rows(day.waiting, actor)),
        waiting_count=day.waiting.count - day.waiting.first_count,
        snoozed=[snoozed_row(item, actor, aside[item.row.id]) for item in day.snoozed],
        given=[given_row(item, aside[item.row.id]) for item in beside.given],
        given_count=beside.given_count,
        caseload=_caseload(day) if team else None,
        reports=[] if team else _reports(actor),
        mentoring=_mentoring(actor) if day.beside["mentored"] else None,
        periods=_periods(actor) if day.beside["periods"] else [],
        returns=return_lines(actor, day.calendars.of) if team and day.beside["returns"] else [],
        team=team,
        reviewer=actor.has(*REVIEWERS),
        mail_lines=trouble_lines(actor, now) if day.beside["trouble"] else [],
        covers=[cover_words(row, actor) for row in day.covers],
        undo=undo_line(actor, now) if day.beside["done"] else None,
        left=_left(actor),
        push_offer=offer_on_my_day(actor, now),
    )


def _circle_cards(day: MyDay, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    whom = students_seen(actor, {meeting.case_id for meeting in day.circles if meeting.of_team})
    return [circle_card(meeting, actor, now, whom.get(meeting.case_id, [])) for meeting in day.circles]


@blueprint.get("/my-day/<any(overdue, today, circles, waiting, coming):part>")
@gate(Permission.FOLLOWUP_READ)
def part(part: str) -> Page:
    """A part of the page, for links in mails: what follows a # does not survive signing in."""
    answer: Response = redirect(url_for("my_day.page", _anchor=PARTS.get(part, part)), 303)
    return answer


def _left(actor: Actor) -> list[FollowUpRow]:
    """What a move of several left as it is, as the address that it led to names it."""
    ids = numbers_in(request.args.get("left", "").split("."))
    return rows_by_id(actor, ids) if ids else []


def _periods(actor: Actor) -> list[dict[str, Any]]:
    return [row for row in period_rows(actor) if row["href"] and not row["done"]]


def _mentoring(actor: Actor) -> dict[str, Any] | None:
    found = my_students(actor)
    rows = [row for row in rows_of(found) if not row["waits"]]
    grid = any(own.pathway.kind == Kind.CHECK_IN_CHECK_OUT for own in found)
    return {"students": rows[:MOST_MENTORED], "count": len(rows), "grid": grid} if found else None


def _greeting(hour: int) -> str:
    if hour < NOON:
        return _("Good morning")
    return _("Good afternoon") if hour < EVENING else _("Good evening")


def _lede(day: MyDay) -> str:
    parts = []
    if late := day.counts[OVERDUE]:
        parts.append(_("%(number)d overdue", number=late))
    if today := day.counts[TODAY]:
        parts.append(ngettext("%(num)d due today", "%(num)d due today", today))
    if len(day.circles) == 1:
        [circle] = day.circles
        parts.append(_("1 circle at %(time)s", time=time_words(circle.starts_at, circle.time_zone)))
    elif day.circles:
        parts.append(_("%(number)d circles today", number=len(day.circles)))
    counts = ", ".join(parts) or _("nothing due today")
    return f"{long_day_words(day.today)} · {counts}"


def _caseload(day: MyDay) -> dict[str, Any]:
    count = day.caseload
    preparing = count.get(CaseState.INTAKE, 0) + count.get(CaseState.PREPARING, 0)
    process, watching = count.get(CaseState.IN_PROCESS, 0), count.get(CaseState.MONITORING, 0)
    words = [
        (preparing, _("%(number)d in preparation", number=preparing)),
        (process, _("%(number)d in process", number=process)),
        (watching, _("%(number)d monitoring an agreement", number=watching)),
    ]
    said = [text for number, text in words if number]
    if day.stuck:
        said.append(_("%(number)d with an overdue review", number=day.stuck))
    return {
        "total": sum(count.values()),
        "parts": [(preparing, 1), (process, 2), (watching, 3)],
        "words": " · ".join(said),
    }


def _reports(actor: Actor) -> list[dict[str, str]]:
    return [
        {
            "title": f"{reference} · {harm_words(tile)}",
            "href": url_for("incidents.incident", incident_id=incident_id),
            "meta": day_words(day),
            "state": str(OWN_STATE_LABELS.get(state, state.label)),
        }
        for incident_id, reference, tile, state, day in own_reports(actor)
    ]


ROOM = Room(pages=(blueprint,))
