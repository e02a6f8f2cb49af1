"""A case told in at most eight plain sentences, from what is on record. No names: pure, and safe to print."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wss_cases.cases.case.models import AgreementKept, CaseResult, HarmedSays, PlanState, SafetyPlan
from wss_cases.cases.safety_plans import plans_of
from wss_cases.casework.case_file import CasePage, act_words, terms_of, wait_words
from wss_cases.casework.next_act import Act, harm_words, kind_words, what_words
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import day_words, local_date
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.common.models import OUTCOME_LABELS, EndReason, Pathway, PathwayState

MOST = 8
"""Sentences that a principal reads in a minute."""


@dataclass(frozen=True)
class Told:
    """One pathway as the story tells it: its kind in words and the days on which it moved on."""

    kind: str
    offered_on: date | None = None
    accepted_on: date | None = None
    held_on: date | None = None
    declined: bool = False
    ended: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Terms:
    """How many terms of agreements there are, are kept, were not kept, are open; and the next due day."""

    all: int = 0
    kept: int = 0
    not_kept: int = 0
    open: int = 0
    next_due: date | None = None


@dataclass(frozen=True)
class Facts:
    """What the story of a case is told from."""

    what: str
    where: str
    happened_on: date | None
    opened_on: date
    harmed: int
    caused: int
    lead: str
    plan_agreed_on: date | None
    pathways: Sequence[Told] = field(default_factory=tuple)
    terms: Terms = field(default_factory=Terms)
    next_words: str = ""
    result: CaseResult | None = None
    kept: AgreementKept | None = None
    harmed_says: HarmedSays | None = None
    closed_on: date | None = None
    from_elsewhere: bool = False


def story(facts: Facts) -> list[str]:
    """Return the case in at most eight sentences: what happened, who is supported, what was done, what is next."""
    told = [
        _happened(facts),
        _supported(facts),
        _safety(facts),
        _offered(facts),
        _held(facts),
        _agreed(facts.terms),
        _ended(facts),
        _closed(facts) if facts.result else _next(facts),
    ]
    return [sentence for sentence in told if sentence][:MOST]


def _happened(facts: Facts) -> str:
    what = f"{facts.what}, {facts.where}" if facts.where else facts.what
    opened = day_words(facts.opened_on)
    if facts.from_elsewhere:
        return _(
            "%(what)s: the case has continued here since %(opened)s, after the student changed schools.",
            what=what,
            opened=opened,
        )
    if facts.happened_on is None:
        return _("%(what)s: the case was opened on %(opened)s.", what=what, opened=opened)
    return _(
        "%(what)s: it happened on %(day)s, and the case was opened on %(opened)s.",
        what=what, day=day_words(facts.happened_on), opened=opened,
    )  # fmt: skip


def _supported(facts: Facts) -> str:
    parts = []
    if facts.harmed:
        parts.append(ngettext("%(num)d person harmed", "%(num)d people harmed", facts.harmed))
    if facts.caused:
        parts.append(ngettext("%(num)d person who caused harm", "%(num)d people who caused harm", facts.caused))
    who = _(" and ").join(parts) or _("no one named yet")
    if not facts.lead:
        return _("Supported: %(who)s. No coordinator yet.", who=who)
    return _("Supported: %(who)s. %(lead)s coordinates the case.", who=who, lead=facts.lead)


def _safety(facts: Facts) -> str:
    if facts.plan_agreed_on is None:
        return ""
    return _("A safety plan has been agreed since %(day)s.", day=day_words(facts.plan_agreed_on))


def _offered(facts: Facts) -> str:
    said = []
    for told in facts.pathways:
        if told.declined:
            said.append(_("%(kind)s (declined)", kind=told.kind))
        elif told.accepted_on is not None:
            said.append(_("%(kind)s (accepted %(day)s)", kind=told.kind, day=day_words(told.accepted_on)))
        elif told.offered_on is not None:
            said.append(_("%(kind)s (offered %(day)s)", kind=told.kind, day=day_words(told.offered_on)))
        else:
            said.append(_("%(kind)s (not offered yet)", kind=told.kind))
    return _("Pathways: %(list)s.", list=", ".join(said)) if said else _("No pathway is proposed yet.")


def _held(facts: Facts) -> str:
    said = [
        _("%(kind)s on %(day)s", kind=told.kind, day=day_words(told.held_on))
        for told in facts.pathways
        if told.held_on is not None
    ]
    return _("Held: %(list)s.", list=", ".join(said)) if said else ""


def _agreed(terms: Terms) -> str:
    if not terms.all:
        return ""
    parts = [ngettext("%(num)d done", "%(num)d done", terms.kept)]
    if terms.not_kept:
        parts.append(ngettext("%(num)d not done", "%(num)d not done", terms.not_kept))
    if terms.open:
        due = day_words(terms.next_due)
        parts.append(ngettext("%(num)d open, due %(day)s", "%(num)d open, the next due %(day)s", terms.open, day=due))
    agreed = ngettext("%(num)d promise was agreed", "%(num)d promises were agreed", terms.all)
    return _("%(agreed)s: %(list)s.", agreed=agreed, list=", ".join(parts))


def _ended(facts: Facts) -> str:
    said = [
        _("%(kind)s – %(how)s", kind=told.kind, how=told.outcome or told.ended)
        for told in facts.pathways
        if told.outcome or told.ended
    ]
    return _("Ended: %(list)s.", list="; ".join(said)) if said else ""


def _next(facts: Facts) -> str:
    return _("Next: %(what)s.", what=facts.next_words) if facts.next_words else ""


def _closed(facts: Facts) -> str:
    assert facts.result is not None
    parts = [str(CaseResult(facts.result).label)]
    if facts.kept is not None:
        parts.append(_("agreement kept: %(answer)s", answer=AgreementKept(facts.kept).label))
    if facts.harmed_says is not None:
        parts.append(_("the person harmed says: %(answer)s", answer=HarmedSays(facts.harmed_says).label))
    return _("Closed on %(day)s: %(how)s.", day=day_words(facts.closed_on), how="; ".join(parts))


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
