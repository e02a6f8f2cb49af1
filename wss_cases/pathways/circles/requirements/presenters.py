"""The next step of a circle, and its requirements as rows with a link to the page where each is met."""

from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

from flask import url_for

from wss_cases.foundation.i18n import _, _l, locale_code
from wss_cases.foundation.school_time import day_words
from wss_cases.journal.acts import Subject
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.pages import on_circle
from wss_cases.pathways.circles.circle.rules import PLAN, Requirement, requirement_words, unmet
from wss_cases.pathways.circles.requirements import queries
from wss_cases.pathways.circles.terms import completion_meeting_allowed, open_terms
from wss_cases.pathways.common.models import LIVE, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.common.pages import ACT
from wss_cases.routing.engine.explain import said

CIRCLE = Subject(
    Pathway, queries.get_circle_and_state, row=itemgetter(0), seen=lambda row: (row, queries.circle_of(row))
)
"""A circle and its state, for an act on it."""
ON_CIRCLE: Final[dict[str, Any]] = {"template": ACT, "more": lambda seen, _form: on_circle(seen[0])}

PARTY: Final = "circle_parties.party"
"""The page of a party, which records everything about them."""

OPENING: Final[dict[str, tuple[Any, str]]] = {
    "parties": (_l("Add the people it is for"), "casework.case"),
    "keeper": (_l("Assign a circle keeper"), "keepers.keepers"),
    "training": (_l("Assign a trained keeper"), "keepers.keepers"),
    "support": (_l("Offer support"), PARTY),
    "pre_meeting": (_l("Hold the pre-meeting"), PARTY),
    "consent": (_l("Record the consent"), PARTY),
    "guardian": (_l("Record the guardian’s consent"), PARTY),
    "said": (_l("The keeper has what each person said"), "keepers.keepers"),
    "ready": (_l("Record whether they are ready"), PARTY),
    "plan": (_l("Write the safety plan"), "safety.write"),
    "screen": (_l("Do the safety screen"), "circle_schedule.meeting"),
    "hold": (_l("See the hold that applies"), "circle_screening.hold"),
}
"""For each requirement, the words of its act and the page where it is met."""


def requirement_values(row: Pathway, requirement: Requirement) -> dict[str, Any]:
    """The URL values of the page where a requirement is met."""
    if requirement.code == "parties":
        return {"case_id": row.case_id, "tab": "people"}
    if requirement.code == "plan":
        return {"case_id": row.case_id, "person": requirement.person_id}
    more: dict[str, Any] = {}
    if requirement.person_id is not None:
        more["participant_id"] = requirement.person_id
    if requirement.rule:
        more["rule"] = requirement.rule
    return {**ids(row), **more}


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """The next step of each live circle by id, with the loaded circle in `seen`, in a constant number of queries."""
    live = [row for row in rows if row.state in LIVE]
    circles = queries.circles_for(live)
    return {row.id: _step(row, circles[row.id], today, now)._replace(seen=circles[row.id]) for row in live}


def steps_alone(rows: Sequence[Any], today: date, now: datetime) -> dict[int, Step]:
    """The next step of each live circle by id, without the loaded circles. Requirements are read only where a step
    needs them.
    """
    live = [row for row in rows if row.state in LIVE]
    circles = queries.begun_in_columns(live)
    queries.requirements_in_columns(circles, [row for row in live if _needs_requirements(circles[row.id], now)])
    return {row.id: _step(row, circles[row.id], today, now) for row in live}


def _needs_requirements(circle: queries.Circle, now: datetime) -> bool:
    """Whether the next step of a circle depends on its requirements; it mirrors `_step`."""
    if circle.waiting is not None:
        return circle.waiting.starts_at > now
    if not circle.was_held:
        return True
    return completion_meeting_allowed(circle) and not open_terms(circle.agreement)


def _step(row: Pathway, circle: queries.Circle, today: date, now: datetime) -> Step:
    if circle.waiting is not None:
        return _planned(row, circle, circle.waiting, today, now)
    if circle.was_held:
        return _after_meeting(row, circle, today)
    return _before_meeting(row, circle, today)


def _planned(row: Pathway, circle: queries.Circle, meeting: CircleMeeting, today: date, now: datetime) -> Step:
    if meeting.starts_at <= now:
        words, values = _l("Record whether the meeting took place"), {"meeting_id": meeting.id}
        return Step("answer_meeting", words, "circles.answer", values, on=row.next_step_on, urgent=True)
    if unmet(circle.requirements_on(row.next_step_on or today)):
        words = _l("See the meeting: something it needs is now missing")
        return Step("check_meeting", words, "circle_schedule.meeting", ids(row), on=row.next_step_on, urgent=True)
    return waiting(row, row.next_step_on)


def _after_meeting(row: Pathway, circle: queries.Circle, today: date) -> Step:
    if circle.agreement is None:
        return Step("agreement", _l("Record the agreement"), "agreements.agreement", ids(row))
    terms = open_terms(circle.agreement)
    if terms:
        first = min(terms, key=lambda term: (term.due_on, term.id))
        if first.due_on > today:
            return waiting(row, first.due_on)
        values = {**ids(row), "term_id": first.id}
        return Step("mark_term", _l("Update the term that is due"), "agreements.term", values, on=first.due_on)
    if completion_meeting_allowed(circle) and not unmet(circle.requirements_on(today)):
        words = _l("Schedule the agreement completion meeting")
        return Step("plan_completion", words, "circle_schedule.meeting", ids(row))
    return Step("complete", _l("Complete it with its outcome"), "agreements.complete", ids(row))


def _before_meeting(row: Pathway, circle: queries.Circle, today: date) -> Step:
    shut = unmet(circle.requirements_on(today))
    stands = {hold.rule for hold in circle.holds if hold.stands}
    if any(requirement.code == "hold" and requirement.rule in stands for requirement in shut):
        return Step("end", _l("End it: a hold applies"), "pathway_ends.end", ids(row))
    if any(requirement.refused and requirement.code in ("consent", "guardian") for requirement in shut):
        return Step("decline", _l("Record that no meeting is scheduled"), "pathway_ends.decline", ids(row))
    if shut:
        words, endpoint = OPENING[shut[0].code]
        return Step(shut[0].code, words, endpoint, requirement_values(row, shut[0]), on=row.start_by)
    if row.state is PathwayState.PROPOSED:
        return Step("accept", _l("Record the answer"), "pathway_acts.accept", ids(row), on=row.start_by)
    return Step("plan_meeting", _l("Schedule the meeting"), "circle_schedule.meeting", ids(row), on=row.next_step_on)


def requirement_row(requirement: Requirement, circle: queries.Circle, row: Pathway) -> dict[str, Any]:
    """A requirement as components/gates.html shows it: what is met or missing, and a link to where it is met."""
    words, endpoint = OPENING[requirement.code]
    meta = "" if requirement.done else str(words)
    if requirement.code in ("keeper", "training") and circle.keeper_names:
        meta = ", ".join(circle.keeper_names.values())
    elif requirement.code == "hold" and not requirement.done:
        hold = next(hold for hold in circle.holds if hold.rule == requirement.rule)
        meta = _("until: %(until)s", until=said(hold.until, locale_code()))
        if circle.planned and circle.without_plan and PLAN in requirement.rule.split("+"):
            meta = _("no safety plan agreed for: %(names)s", names=", ".join(circle.without_plan))
    elif requirement.on is not None:
        meta = day_words(requirement.on)
    return {
        "done": requirement.done,
        "text": requirement_words(requirement, circle.names),
        "meta": meta,
        "href": url_for(endpoint, **requirement_values(row, requirement)),
    }
