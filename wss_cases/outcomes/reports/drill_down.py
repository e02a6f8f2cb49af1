"""The list behind a number: its page, its rows, and students named for readers who may see the report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import aliased

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.access.visibility import first_in_view, in_view
from wss_cases.cases.case.models import Case, CaseResult, HarmedSays
from wss_cases.cases.case.queries import students_seen
from wss_cases.followups.about import about
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import day_in
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import day_words_with_year, district_zone, local_date
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import visible_to as incident_visible_to
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.incidents.lists import students_in
from wss_cases.outcomes.counting.repair.mission import (
    Way,
    beside_ways,
    end_of,
    last_said,
    members,
    of_ways,
    shown_ways,
    tells_wishes,
    was_removed,
)
from wss_cases.outcomes.counting.repair.police import (
    AVOIDABLE,
    LAW_NOT_CONFIRMED,
    NOT_CONFIRMED,
    apart_words,
    law_not_confirmed,
    not_confirmed,
    notified,
    police,
    refused_reviews,
    was_avoidable,
)
from wss_cases.outcomes.counting.repair.queries import (
    CHOICES,
    STEPS,
    STILL_OPEN,
    TOO_RECENT,
    came_to,
    contact_dates,
    contacts,
    due_follow_ups,
    harmed_cases,
    removed,
    terms_due,
    to_repair,
)
from wss_cases.outcomes.counting.scope.pages import Shown, shown
from wss_cases.outcomes.counting.scope.queries import could_lead_to_police, counted, had_time, may_list
from wss_cases.outcomes.counting.scope.rules import Scope, narrowed
from wss_cases.outcomes.counting.totals import SUSPENSIONS
from wss_cases.outcomes.published.queries import FOLLOW_UP_LABELS, STEP_LABELS
from wss_cases.outcomes.reports.cases import (
    CAUSED,
    LENGTHS,
    finished_windows,
    first_meeting,
    said_at_closing,
    timed_cases,
)
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.queries import known_to
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceNotification, PoliceReview

PAGE: Final = 50
SUSPENDED: Final = "suspensions"
"""The choice of removals for both kinds of suspension, as the figure counts them."""
PLAIN: Final = 7
"""Number of columns that every row has. A list with its own columns returns them after these."""
INCIDENT: Final = (literal("incident"), Incident.id, Incident.reference)
CASE: Final = (literal("case"), Case.id, Case.reference)
"""The columns of a row that opens a case: its kind, id and reference."""


@dataclass(frozen=True)
class Behind:
    """One row: what it opens (`kind` incident, case or follow_up), its reference, a date, and its own facts."""

    id: int
    kind: str
    target: int
    reference: str
    day: date | None
    state: Any = None
    other: Any = None
    more: tuple[Any, ...] = ()


def rows_behind(
    actor: Actor, scope: Scope, name: str, before: int | None, choice: str, step: str
) -> tuple[list[Behind], int]:
    """The newest rows of one list with an id below `before`, one more than a page holds, and the number of rows in the
    whole list.

    Rows outside the actor's visibility window, and those that reveal a need for housing support the actor may not know
    of, are counted in the figure but not listed. Raises NotFound for a name that is no list, and for a school whose
    lists the actor may not open.
    """
    if name not in LISTS or not may_list(actor, scope.school_id):
        raise NotFound
    make, model, _title = LISTS[name]
    statement, key = make(actor, scope, choice, step)
    statement = statement.where(in_view(model, actor, *CASE_TEAM))
    older = statement if before is None else statement.where(key < before)
    rows = db.session.execute(older.order_by(key.desc()).limit(PAGE + 1)).all()
    if before is None and len(rows) <= PAGE:
        every = len(rows)
    else:
        every = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    return [replace(Behind(*row[:PLAIN]), more=tuple(row[PLAIN:])) for row in rows], every


def _harmed(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    dates = contact_dates(actor, scope)
    columns = (dates.c.person_id, *INCIDENT, dates.c.happened, literal(None), dates.c.reached)
    statement = select(*columns).join(Incident, Incident.id == dates.c.incident_id)
    return statement.where(dates.c.happened <= had_time(scope, "contact").last), dates.c.person_id


def waiting(actor: Actor, scope: Scope) -> int:
    """How many people harmed are neither listed nor counted, because their first school day is not over."""
    last = had_time(scope, "contact").last
    return sum(people for happened, _reached, people in contacts(actor, scope) if happened > last)


def _terms(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    term = AgreementTerm
    statement = (
        select(term.id, *CASE, term.due_on, term.state)
        .join(Agreement, Agreement.id == term.agreement_id)
        .join(Case, Case.id == Agreement.case_id)
        .where(*terms_due(actor, had_time(scope, "terms")))
    )
    return statement, term.id


def _follow_ups(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    columns = (FollowUp.id, literal("follow_up"), FollowUp.id, FollowUp.kind, FollowUp.due_on, FollowUp.state)
    due: Any = select(*columns, FollowUp.closed_on).where(*due_follow_ups(actor, scope))
    statement = visible_to(due, actor)
    return statement if not choice else statement.where(FollowUp.kind == choice), FollowUp.id


def _removals(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    action = DisciplineAction
    columns = (action.id, *INCIDENT, action.starts_on, action.kind, action.days)
    statement = select(*columns).outerjoin(Incident, Incident.id == action.incident_id).where(*removed(actor, scope))
    if choice == SUSPENDED:
        return statement.where(action.kind.in_(SUSPENSIONS)), action.id
    return statement if not choice else statement.where(action.kind == choice), action.id


def _notifications(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    made = PoliceNotification
    columns = (made.id, *INCIDENT, made.local_date, made.door)
    statement = select(*columns).join(Incident, Incident.id == made.incident_id).where(*notified(actor, scope))
    apart = {AVOIDABLE: was_avoidable, NOT_CONFIRMED: not_confirmed, LAW_NOT_CONFIRMED: law_not_confirmed}
    if choice in apart:
        return statement.where(apart[choice]()), made.id
    by_door = (made.door == choice, ~not_confirmed(), ~law_not_confirmed())
    return statement.where(*by_door) if choice else statement, made.id


def _refusals(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    review = PoliceReview
    columns = (review.id, literal("police_review"), review.id, Incident.reference, Incident.local_date, review.door)
    statement = select(*columns).join(Incident, Incident.id == review.incident_id)
    return statement.where(*refused_reviews(actor, scope)), review.id


def _incidents(*conditions: Any) -> tuple[Any, Any]:
    columns = (Incident.id, *INCIDENT, Incident.local_date, Incident.state)
    return select(*columns).where(*conditions), Incident.id


def _funnel(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    if step not in STEPS:
        raise NotFound
    return _incidents(*to_repair(actor, had_time(scope, step)), came_to(step, choice, known_to(actor)))


def _unoffered(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    return _incidents(*to_repair(actor, had_time(scope, "offered")), ~came_to("offered"))


def _timed(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    cases = timed_cases(actor, scope).subquery()
    columns = (Case.id, *CASE, cases.c.began, Case.state, Case.closed_at, cases.c.held, cases.c.circle, cases.c.back)
    return select(*columns).join(cases, cases.c.id == Case.id), Case.id


def _harms(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    if choice and choice not in (*CHOICES, STILL_OPEN):
        raise NotFound
    conditions, number = harmed_cases(actor, scope)
    is_open = number == STILL_OPEN
    columns = (Case.id, *CASE, Case.opened_on, case((~is_open, Case.result)), case((~is_open, Case.harmed_says)))
    return select(*columns).where(*conditions, number == choice if choice else number != TOO_RECENT), Case.id


def _repeats(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    if choice not in [str(length) for length in LENGTHS]:
        raise NotFound
    over = finished_windows(actor, scope, school_days(scope.school_id), int(choice))
    person, again, then = IncidentPerson, aliased(IncidentPerson), aliased(Incident)
    following = (
        select(func.min(then.local_date))
        .join(again, again.incident_id == then.id)
        .where(again.student_id == person.student_id, again.role.in_(CAUSED), then.school_id == Incident.school_id)
        .where(then.counts(), then.local_date > Incident.local_date)
        .correlate(person, Incident)
        .scalar_subquery()
    )
    came_again = case((person.id.in_([repeat for repeat, came in over.items() if came]), following))
    columns = (person.id, *INCIDENT, Incident.local_date, Incident.state, came_again)
    statement = select(*columns).join(Incident, Incident.id == person.incident_id).where(person.id.in_(list(over)))
    return statement if not step else statement.where(*_of_way(actor, scope, step)), person.id


def _mission(actor: Actor, scope: Scope, choice: str, step: str) -> tuple[Any, Any]:
    """The incidents of one way: all of them, those with a removal, or those with a closed case."""
    if step not in ("", "removed", "closed"):
        raise NotFound
    said = last_said(end_of(scope.seen_on))
    columns = (Incident.id, *INCIDENT, Incident.local_date, Incident.state, said if step == "closed" else literal(None))
    statement = select(*columns).where(*_of_way(actor, scope, choice))
    if step == "removed":
        statement = statement.where(was_removed(scope.seen_on))
    return statement.where(said.is_not(None)) if step == "closed" else statement, Incident.id


def _of_way(actor: Actor, scope: Scope, name: str) -> list[Any]:
    """Conditions of the incidents of a way. Raises NotFound for one that the reader is not shown."""
    tells = tells_wishes(actor, scope.school_id)
    way = next((way for way in (*shown_ways(tells), *beside_ways(tells)) if way.value == name), None)
    return of_ways(actor, scope, members(existing(way)))


LISTS: Final[dict[str, tuple[Callable[[Actor, Scope, str, str], tuple[Any, Any]], Any, Any]]] = {
    "mission": (_mission, Incident, _l("Incidents: %(step)s")),
    "serious": (
        lambda actor, scope, *_: _incidents(*counted(actor, scope), could_lead_to_police()),
        Incident,
        _l("Incidents that could have led to the police"),
    ),
    "harmed": (_harmed, Incident, _l("People harmed and when they were reached")),
    "terms": (_terms, Case, _l("Agreement terms that were due")),
    "follow_ups": (_follow_ups, FollowUp, _l("Follow-ups that were due")),
    "first_meetings": (_timed, Case, _l("Cases and their first meeting")),
    "closings": (_timed, Case, _l("Cases and their closing")),
    "harms": (_harms, Case, _l("Cases with a person harmed")),
    "repeats": (_repeats, Incident, _l("Students reported to have caused harm, and another incident")),
    "removals": (_removals, DisciplineAction, _l("Suspensions, expulsions and other removals")),
    "notifications": (_notifications, Incident, _l("Police notifications")),
    "refusals": (_refusals, PoliceReview, _l("Police-notification reviews refused")),
    "funnel": (_funnel, Incident, _l("Incidents that came as far as: %(step)s")),
    "unoffered": (_unoffered, Incident, _l("Incidents without an offer of a restorative pathway")),
}
"""List name to (a function that makes the statement and the id by which its pages descend; the table whose visibility
window limits it; the title).

`choice` narrows a list to a kind, ground or pathway, or is the length of a follow-up period.
"""


OF_ONE_PERSON: Final = ("harmed", "repeats")
"""Lists whose rows are one person's part in a report."""
Names = dict[int, list[str]]


def whom_behind(actor: Actor, name: str, rows: Sequence[Behind]) -> Names:
    """The names on screen of the students that each row is about, by the row's id. Rows without a student, or of a
    report or case that the actor may not see, have no name."""
    ids = [row.id for row in rows]
    if not ids:
        return {}
    if name == "follow_ups":
        subjects = about(actor, db.session.scalars(select(FollowUp).where(FollowUp.id.in_(ids))))
        return {key: list(subject.students) for key, subject in subjects.items() if subject.students}
    if name == "removals":
        action = DisciplineAction
        return _each(
            select(action.id, Student).join(Student, Student.id == action.student_id).where(action.id.in_(ids))
        )
    if name in OF_ONE_PERSON:
        person, seen = IncidentPerson, _seen(actor, [row.target for row in rows])
        entries = select(person.id, Student).join(Student, Student.id == person.student_id)
        return _each(entries.where(person.id.in_(ids), person.incident_id.in_(seen)))
    if rows[0].kind == "case":
        targets = {row.id: row.target for row in rows}
        names = students_seen(actor, set(targets.values()))
    else:
        targets = {row.id: row.target for row in rows}
        if name == "refusals":
            reviewed = select(PoliceReview.id, PoliceReview.incident_id).where(PoliceReview.id.in_(ids))
            targets = {row[0]: row[1] for row in db.session.execute(reviewed)}
        names = students_in(db.session.scalars(_seen(actor, targets.values())).all())
    return {key: names[target] for key, target in targets.items() if target in names}


def _seen(actor: Actor, incident_ids: Iterable[int]) -> Any:
    return incident_visible_to(select(Incident.id).where(Incident.id.in_(sorted(set(incident_ids)))), actor)


def _each(statement: Any) -> Names:
    return {key: [student.shown_name] for key, student in db.session.execute(statement)}


LARGEST_ID = 2**62
blueprint = Blueprint("behind", __name__, url_prefix="/behind")

HARM_TONES = {CaseResult.REPAIRED: "moss", CaseResult.PARTLY_REPAIRED: "sun"}
OF_REMOVALS = ("serious", "removals", "notifications", "refusals")
OPENS = {
    "incident": ("incidents.incident", "incident_id"),
    "case": ("casework.case", "case_id"),
    "follow_up": ("followups.follow_up", "follow_up_id"),
    "police_review": ("police_reviews.review", "review_id"),
}


@blueprint.get("/<name>")
@gate(Permission.OUTCOMES_READ)
def rows(name: str) -> str:
    """One list, newest first."""
    school = request.args.get("school") or None
    page = shown(school)
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before <= LARGEST_ID:
        raise NotFound
    choice, step = request.args.get("choice", ""), request.args.get("step", "")
    until, scope = request.args.get("until", ""), _until(page.scope)
    listed, every = rows_behind(page.actor, scope, name, before, choice, step)
    here: dict[str, Any] = {"name": name, "year": page.scope.year, "choice": choice or None, "step": step or None}
    here |= {"until": until or None, "school": school}
    whom = whom_behind(page.actor, name, listed[:PAGE])
    first = first_in_view(page.actor, page.scope.school_id, *CASE_TEAM)
    return render_template(
        "outcomes/reports/drill_down/list.html",
        faded_before=day_words_with_year(first) if first and first > page.scope.first else "",
        page=page,
        title=_title(name, choice, step),
        count=every,
        waiting=waiting(page.actor, scope) if name == "harmed" else 0,
        apart=_not_confirmed(page.actor, scope) if choice == AVOIDABLE else "",
        rows=[_row(name, row, whom_words(whom.get(row.id, []), page.actor)) for row in listed[:PAGE]],
        older=url_for("outcomes.behind.rows", **here, before=listed[PAGE - 1].id) if len(listed) > PAGE else None,
        newer=url_for("outcomes.behind.rows", **here) if before else None,
        back=_back(page, name, step),
    )


def _not_confirmed(actor: Actor, scope: Scope) -> str:
    """What is always said beside the avoidable notifications."""
    made = police(actor, scope)
    return apart_words(made.unconfirmed, made.law_unconfirmed)


def _title(name: str, choice: str, step: str) -> str:
    if (name, choice) == ("removals", SUSPENDED):
        return _("Suspensions")
    labels: Mapping[Any, Any] = Way.labels() if name == "mission" else STEP_LABELS
    key = choice if name == "mission" else step
    words = labels.get(key, key)
    return str(LISTS[name][2]) % {"step": words}


def _back(page: Shown, name: str, step: str) -> str:
    if name == "mission" or (name == "repeats" and step):
        return url_for("outcomes.overview", year=page.scope.year)
    return page.at("removals" if name in OF_REMOVALS else "repair")


def _until(scope: Scope) -> Scope:
    """The scope up to the day that the address names, which is where a report ends. Raises NotFound for an invalid
    day."""
    if not (text := request.args.get("until", "")):
        return scope
    try:
        ends = day_in(text)
    except ValueError as error:
        raise NotFound from error
    return existing(narrowed(scope, None, ends, scope.network))


def _row(name: str, row: Behind, whom: str) -> dict[str, Any]:
    """One row, titled by the student, otherwise by its number; the number comes second, as in the school's other
    lists."""
    endpoint, key = OPENS[row.kind]
    target: dict[str, Any] = {key: row.target}
    number = FOLLOW_UP_LABELS.get(row.reference, row.reference) if name == "follow_ups" else row.reference
    number = str(number or _("Without an incident"))
    tag, tone = _tag(name, row)
    return {
        "title": whom or number,
        "href": url_for(endpoint, **target) if row.target else None,
        "meta": " · ".join([number, _meta(name, row)] if whom else [_meta(name, row)]),
        "tag": tag,
        "tone": tone,
    }


def _meta(name: str, row: Behind) -> str:
    day = day_words_with_year(row.day)
    if name in ("terms", "follow_ups"):
        return _("Due %(day)s", day=day)
    if name == "removals":
        return _("From %(day)s, days: %(days)s", day=day, days=row.other)
    if name == "harms" and row.state is not None:
        return _("At closing, the person harmed said: %(answer)s", answer=said_at_closing(row.other))
    if name == "mission" and row.other is not None:
        answer = HarmedSays(row.other) if row.other else None
        return _("At closing, the person harmed said: %(answer)s", answer=said_at_closing(answer))
    return day


def _tag(name: str, row: Behind) -> tuple[Any, str]:
    if name == "harmed":
        reached = day_words_with_year(row.other)
        return (_("Reached %(day)s", day=reached), "moss") if row.other else (_("Not reached"), "brick")
    if name == "follow_ups":
        if row.other is None:
            return _("Still open"), "brick"
        good = row.day is not None and row.other <= row.day
        return (_("On time"), "moss") if good else (_("Late"), "brick")
    if name == "first_meetings":
        if (met := first_meeting(*row.more)) is not None:
            return _("Met %(day)s", day=day_words_with_year(met)), "moss"
        return (_("Closed without a meeting"), "slate") if row.other else (_("Still waiting"), "sun")
    if name == "repeats":
        again = day_words_with_year(row.other)
        return (_("Another incident %(day)s", day=again), "sun") if row.other else (_("No other incident"), "slate")
    if name == "harms":
        if row.state is None:
            return _("Still open"), "sun"
        return CaseResult.labels().get(row.state, row.state), HARM_TONES.get(row.state, "slate")
    if name == "closings":
        closed = day_words_with_year(local_date(row.other, district_zone())) if row.other else None
        return (_("Closed %(day)s", day=closed), "moss") if closed else (_("Still open"), "sun")
    labels: dict[str, Any] = {
        "terms": TermState.labels(),
        "removals": DisciplineKind.labels(),
        "notifications": NotificationGround.labels(),
        "refusals": NotificationGround.labels(),
    }
    return labels.get(name, IncidentState.labels()).get(row.state, row.state), "slate"
