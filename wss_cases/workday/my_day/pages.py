"""My day: its groups, and everything due about one person under their name, with whom to call."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.cases.case.models import CaseState
from wss_cases.cases.case.queries import place_words, students_seen
from wss_cases.cases.case.queries import students_in as students_in_cases
from wss_cases.casework.case_file import TERM_KIND
from wss_cases.casework.next_act import harm_words
from wss_cases.followups.about import NOBODY, About, Named, about, block, named_in, person_key
from wss_cases.followups.core.queries import FollowUpRow, rows_by_id
from wss_cases.followups.core.states import CONVERSATION, RECORD_PAGES, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import record_words
from wss_cases.followups.undo import undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _, dotted, ngettext
from wss_cases.foundation.ids import numbers_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import at_local, day_words, local, long_day_words, time_words, zone_of
from wss_cases.incidents.incident.models import Alarm
from wss_cases.incidents.incident.states import OWN_STATE_LABELS
from wss_cases.incidents.lists import students_in
from wss_cases.journal.rooms import Room
from wss_cases.mail.bounces import trouble_lines
from wss_cases.mail.push.pages import offer_on_my_day
from wss_cases.pathways.mentoring.own_period import rows_of as period_rows
from wss_cases.pathways.mentoring.plan.queries import my_students
from wss_cases.pathways.mentoring.sessions import rows_of
from wss_cases.pathways.reengagement.opening import return_lines
from wss_cases.roster.directory.pages import whom_words
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, is_overdue
from wss_cases.safeguards.duties.duty.pages import clock_left, span_words
from wss_cases.safeguards.duties.duty.queries import running_clocks
from wss_cases.safeguards.police.review.queries import calls_to_record
from wss_cases.workday.caseload.pages import cover_words
from wss_cases.workday.my_day.meetings import circle_card, planned_card, reentry_card
from wss_cases.workday.my_day.queries import REVIEWERS, MyDay, Waiting, around, my_day, own_reports
from wss_cases.workday.my_day.rules import COMING, OVERDUE, TODAY, Item

MOST_DANGERS = 3
"""Cards of danger; more are a line."""

Line = dict[str, Any]

TAGS = {"overdue": "brick", "today": "sun"}
MOST_OF_A_SORT = 5
"""New cases, questions and partners' answers that are listed one by one; the rest is a line that leads to all."""


def due_row(item: Item, actor: Actor, whom: About = NOBODY) -> dict[str, Any]:
    row = item.row
    whose = "" if row.owner_id == actor.user_id else _("for %(name)s", name=row.owner)
    href = url_for("followups.follow_up", follow_up_id=row.id)
    act, words = _act(item, actor) or (href, record_words(row.kind))
    return {**_texts(item, whose, whom), "href": href, "act": act, "act_words": words, "id": row.id}


def snoozed_row(item: Item, actor: Actor, whom: About = NOBODY) -> dict[str, Any]:
    back = _("Back on %(day)s", day=day_words(item.row.snoozed_until))
    return {**due_row(item, actor, whom), "due": back, "tone": "slate"}


def given_row(item: Item, whom: About = NOBODY) -> dict[str, Any]:
    href = url_for("followups.follow_up", follow_up_id=item.row.id)
    return {**_texts(item, _("with %(name)s", name=item.row.owner), whom), "href": href}


def _texts(item: Item, whose: str, whom: About) -> dict[str, Any]:
    row = item.row
    harm = harm_words(row.harm_kind) if row.harm_kind else ""
    return {
        "title": whom.titled(row.title),
        "meta": dotted(*whom.guardians, row.reference, harm, whose),
        "reference": row.reference,
        "due": item.due.words,
        "tone": TAGS.get(item.due.state, "slate"),
    }


def _act(item: Item, actor: Actor) -> tuple[str, str] | None:
    row = item.row
    if row.kind == CONVERSATION and might(actor, Permission.INCIDENT_REVIEW):
        return url_for("review_acts.conversation", incident_id=row.incident_id), _("How did it go?")
    if row.kind in RECORDED_ELSEWHERE and row.kind in RECORD_PAGES:
        words = _("Did this get done?") if row.kind == TERM_KIND else _("Record it")
        return url_for(RECORD_PAGES[row.kind], follow_up_id=row.id), words
    return None


def _law_rows(waiting: Waiting) -> Iterator[dict[str, str]]:
    if waiting.own_duties:
        words = ngettext(
            "%(num)d mandated-reporter duty of an adult is open",
            "%(num)d mandated-reporter duties of adults are open",
            waiting.own_duties,
        )
        yield _waits(words, "own_duties.duties", _("Only that adult and the administrator see this"))
    if waiting.duties:
        words = ngettext("%(num)d legal duty is open", "%(num)d legal duties are open", waiting.duties)
        yield _waits(words, "safeguards.duties", _("Who to notify, and by when"))
    if waiting.second_looks:
        words = ngettext(
            "%(num)d legal duty is waiting for second review",
            "%(num)d legal duties are waiting for second review",
            waiting.second_looks,
        )
        yield _waits(words, "safeguards.duties", _("A colleague finds that it does not apply"))
    if waiting.police_reviews:
        words = ngettext(
            "%(num)d police-notification review is waiting for you",
            "%(num)d police-notification reviews are waiting for you",
            waiting.police_reviews,
        )
        yield _waits(words, "police_reviews.page", _("No response means no"), state="asked")
    if waiting.police_seconds:
        words = ngettext(
            "%(num)d police notification is waiting for a second person",
            "%(num)d police notifications are waiting for a second person",
            waiting.police_seconds,
        )
        yield _waits(words, "police_reviews.page", _("Verify the duty, or review what a colleague recorded"))
    if waiting.appeals:
        words = ngettext("%(num)d appeal to decide", "%(num)d appeals to decide", waiting.appeals)
        yield _waits(words, "discipline.actions", _("Hear both sides first"))


def strip(actor: Actor, waiting: Waiting, now: datetime) -> dict[str, list[Line]]:
    """Return the cards of danger and the lines under them, both empty where nothing needs the actor now.

    The lines: emergency calls to record, then legal clocks by what is left, requests of danger, questions.
    """
    rows = [*_police(actor, waiting, now), *_clocks(actor, waiting, now), *_requests(waiting), *_questions(waiting)]
    return {"dangers": _dangers(actor, waiting, now), "more": list(_more_dangers(waiting)), "rows": rows}


def _dangers(actor: Actor, waiting: Waiting, now: datetime) -> list[Line]:
    shown = waiting.dangers[:MOST_DANGERS]
    if not shown:
        return []
    whom, places = students_in([one.id for one in shown]), place_words(one.location_code for one in shown)
    return [
        {
            "ago": _since(one.alarm, now - one.submitted_at),
            "call": one.alarm is not Alarm.SEXUAL,
            "what": dotted(harm_words(one.tile), places.get(one.location_code, "")),
            "whom": whom_words(whom.get(one.id, []), actor),
            "href": url_for("review.incident", incident_id=one.id),
            "reference": one.reference,
        }
        for one in shown
    ]


def _since(alarm: Alarm, span: timedelta) -> str:
    just_now = span < timedelta(minutes=1)
    if alarm is not Alarm.DANGER:
        when = _("reported a moment ago") if just_now else _("reported %(span)s ago", span=span_words(span))
        return dotted(alarm.label, when)
    return _("Danger reported just now") if just_now else _("Danger reported %(span)s ago", span=span_words(span))


def _more_dangers(waiting: Waiting) -> Iterator[Line]:
    if (more := len(waiting.dangers) - MOST_DANGERS) > 0:
        words = ngettext("%(num)d more report that cannot wait", "%(num)d more reports that cannot wait", more)
        yield _waits(words, "queue.page", "")


def _police(actor: Actor, waiting: Waiting, now: datetime) -> Iterator[Line]:
    if not waiting.called:
        return
    for row in calls_to_record(actor, MOST_OF_A_SORT):
        review = row.review
        zone = zone_of(review.school_id)
        called = _("called %(time)s", time=time_words(review.called_at, zone)) if review.called_at else ""
        left = _left(review.record_due_at, now)
        may_record = might(actor, Permission.POLICE_NOTIFICATION_RECORD)
        endpoint = "police_record.record" if may_record else "police_reviews.review"
        yield {
            "title": _("Police record due"),
            "href": url_for(endpoint, review_id=review.id),
            "meta": dotted(called, left, row.reference),
            "act": _("Record the call"),
        }


def _left(due_at: datetime | None, now: datetime) -> str:
    if due_at is None:
        return ""
    if due_at < now:
        return _("Overdue by %(span)s", span=span_words(now - due_at))
    return _("%(span)s left", span=span_words(due_at - now))


def _clocks(actor: Actor, waiting: Waiting, now: datetime) -> Iterator[Line]:
    if not waiting.clocks:
        return
    rows = running_clocks(actor, MOST_OF_A_SORT)
    for row in rows:
        late = is_overdue(row.duty.state, row.duty.due_at, now, row.kind.clock_hours)
        yield {
            "title": DUTY_LABELS.get(row.duty.code, row.duty.code),
            "href": url_for("safeguards.duty", duty_id=row.duty.id),
            "meta": dotted(clock_left(row, now), row.reference),
            "act": _("Go to the duty"),
            "late": late,
        }
    if (more := waiting.duties - len(rows)) > 0 and len(rows) == MOST_OF_A_SORT:
        words = ngettext("%(num)d more legal duty", "%(num)d more legal duties", more)
        yield _waits(words, "safeguards.duties", "")


def _requests(waiting: Waiting) -> Iterator[Line]:
    if waiting.requests_of_danger:
        words = ngettext(
            "%(num)d request for a circle mentions danger",
            "%(num)d requests for a circle mention danger",
            waiting.requests_of_danger,
        )
        yield _waits(words, "circle_requests.requests", "") | {"act": _("Read it now")}


def _questions(waiting: Waiting) -> Iterator[Line]:
    for incident_id, reference in waiting.questions[:MOST_OF_A_SORT]:
        href = url_for("incidents.incident", incident_id=incident_id)
        yield {
            "title": _("A question about your report"), "href": href, "meta": reference,
            "act": _("Answer the question"),
        }  # fmt: skip
    if (more := len(waiting.questions) - MOST_OF_A_SORT) > 0:
        words = ngettext("%(num)d more question", "%(num)d more questions", more)
        yield _waits(words, "incidents.incidents", "")


def waiting_rows(waiting: Waiting, actor: Actor) -> Iterator[dict[str, str]]:
    """Yield what waits for a decision, a student's safety and the law first."""
    if waiting.concerns:
        words = ngettext("%(num)d concern to screen", "%(num)d concerns to screen", waiting.concerns)
        yield _waits(words, "care.records", _("A clinician screens the student the same day"))
    yield from _law_rows(waiting)
    if waiting.to_review:
        words = ngettext("%(num)d report to review", "%(num)d reports to review", waiting.to_review)
        yield _waits(words, "queue.page", _("Read why, and decide"))
    if waiting.circle_requests:
        words = ngettext("%(num)d request for a circle", "%(num)d requests for a circle", waiting.circle_requests)
        yield _waits(words, "circle_requests.requests", _("Read requests every school day"))
    new_cases = waiting.new_cases[:MOST_OF_A_SORT]
    whom = students_in_cases([case_id for case_id, _reference, _harm in new_cases])
    for case_id, reference, harm in new_cases:
        href, who = url_for("casework.case", case_id=case_id), whom_words(whom.get(case_id, []), actor)
        yield {"title": _("New case"), "href": href, "meta": dotted(who, harm_words(harm), reference)}
    if (more := len(waiting.new_cases) - MOST_OF_A_SORT) > 0:
        words = ngettext("%(num)d more new case", "%(num)d more new cases", more)
        yield _waits(words, "casework.cases", "", whose="mine", state="intake")
    another = _("Find another partner, or end it")
    for one in waiting.declined[:MOST_OF_A_SORT]:
        href = url_for("pathways.pathway", case_id=one.case_id, pathway_id=one.pathway_id)
        meta = f"{one.reference} · {another}"
        yield {"title": _("%(partner)s cannot accept it", partner=one.partner), "href": href, "meta": meta}
    if (more := len(waiting.declined) - MOST_OF_A_SORT) > 0:
        words = ngettext("%(num)d more answer of a partner", "%(num)d more answers of partners", more)
        yield _waits(words, "desk.page", "")

    yield from _training_rows(waiting)


def _training_rows(waiting: Waiting) -> Iterator[dict[str, str]]:
    if waiting.own_trainings:
        words = ngettext(
            "%(num)d training that you must take or renew",
            "%(num)d trainings that you must take or renew",
            waiting.own_trainings,
        )
        yield _waits(words, "own_trainings.page", _("See which, and by when"))
    if waiting.school_trainings:
        words = ngettext(
            "%(num)d required training is missing or due at your school",
            "%(num)d required trainings are missing or due at your school",
            waiting.school_trainings,
        )
        behind = waiting.schools_behind
        place = ("trainings.school", {"school": behind[0]}) if len(behind) == 1 else ("trainings.schools", {})
        yield _waits(words, place[0], _("See who is due"), **place[1])


def _waits(title: str, endpoint: str, meta: str, **values: Any) -> dict[str, str]:
    return {"title": title, "href": url_for(endpoint, **values), "meta": meta}


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
        periods=[row for row in period_rows(actor) if row["href"] and not row["done"]] if day.beside["periods"] else [],
        returns=return_lines(actor, day.calendars.of) if team and day.beside["returns"] else [],
        team=team,
        reviewer=actor.has(*REVIEWERS),
        mail_lines=trouble_lines(actor, now) if day.beside["trouble"] else [],
        covers=[cover_words(row, actor) for row in day.covers],
        undo=undo_line(actor, now) if day.beside["done"] else None,
        left=_left_open(actor),
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


def _left_open(actor: Actor) -> list[FollowUpRow]:
    """What a move of several left as it is, as the address that it led to names it."""
    ids = numbers_in(request.args.get("left", "").split("."))
    return rows_by_id(actor, ids) if ids else []


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
