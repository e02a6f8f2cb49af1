"""Gathers what the story of a case is told from, out of what the page has read already."""

from collections.abc import Sequence
from typing import Any

from wss_cases.cases.case.models import PlanState, SafetyPlan
from wss_cases.cases.safety_plans import plans_of
from wss_cases.casework.case_file.presenters import CasePage, act_words, wait_words
from wss_cases.casework.case_file.queries import terms_of
from wss_cases.casework.next_act.presenters import harm_words, kind_words, what_words
from wss_cases.casework.next_act.states import Act
from wss_cases.casework.story.rules import Facts, Terms, Told, story
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.states import TermState
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import OUTCOME_LABELS, EndReason, PathwayState

HARMED = (PersonRole.HARMED, PersonRole.BOTH)
CAUSED = (PersonRole.CAUSED_HARM, PersonRole.BOTH)


def story_of(page: CasePage) -> list[str]:
    """Return the story of a case so far, in the reader's language."""
    case, people = page.case, page.file.people
    return story(
        Facts(
            what=harm_words(case.harm_kind),
            where=page.place,
            happened_on=page.file.happened_on,
            opened_on=case.opened_on,
            harmed=sum(person.role in HARMED for person in people),
            caused=sum(person.role in CAUSED for person in people),
            lead=page.file.names.get(page.case.lead_id or 0, "") if page.file.has_lead else "",
            plan_agreed_on=_agreed_on(plans_of(case.id)),
            pathways=[_told(row) for row in page.file.pathways],
            terms=_terms(page),
            next_words=_next_words(page),
            result=case.result,
            kept=case.agreement_kept,
            harmed_says=case.harmed_says,
            closed_on=local_date(case.closed_at, page.zone) if case.closed_at else None,
            from_elsewhere=case.continued_from_id is not None,
        )
    )


def _agreed_on(plans: Sequence[SafetyPlan]) -> Any:
    days = [plan.agreed_on for plan in plans if plan.state is PlanState.AGREED and plan.agreed_on]
    return min(days, default=None)


def _told(row: Pathway) -> Told:
    return Told(
        kind=kind_words(row),
        offered_on=row.offered_on,
        accepted_on=row.accepted_on,
        held_on=row.held_on,
        declined=row.state is PathwayState.DECLINED,
        ended=str(EndReason(row.end_reason).label) if row.end_reason in set(EndReason) else "",
        outcome=str(OUTCOME_LABELS.get(row.outcome, "")) if row.outcome else "",
    )


def _terms(page: CasePage) -> Terms:
    rows = [term for of_pathway in terms_of(page.case.id).values() for term in of_pathway]
    still = [due_on for _position, due_on, state in rows if state is TermState.OPEN]
    states = [state for _position, _due_on, state in rows]
    return Terms(
        all=len(rows),
        kept=sum(state in (TermState.KEPT, TermState.LATE, TermState.CHANGED) for state in states),
        not_kept=states.count(TermState.NOT_KEPT),
        open=len(still),
        next_due=min(still, default=None),
    )


def _next_words(page: CasePage) -> str:
    act = page.next
    if act.act is Act.WAIT:
        words = wait_words(act).rstrip(".")
        return words[:1].lower() + words[1:]
    kinds = {row.id: row.kind for row in page.file.pathways if row.ended_at is None}
    words = what_words(act) or act_words(act, kinds)
    if act.on is None:
        return words
    return _("%(what)s, %(day)s", what=words, day=day_words(act.on))
