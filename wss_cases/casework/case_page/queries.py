"""What closing a case cannot pass over: what stands in its way, what speaks against it, what others wait for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import AgreementKept, Case, CaseResult, HarmedSays
from wss_cases.cases.safety_plans import living_plans
from wss_cases.casework.case_file import duty_words, open_duties_of, terms_of
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import visible_to
from wss_cases.followups.core.states import OTHERS_WAIT
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.pathways.circles.agreements.queries import open_terms_of
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.pathways.common.models import LIVE, PathwayState
from wss_cases.pathways.common.queries import parted, pathways_of
from wss_cases.pathways.referrals.referral.models import OPEN as OPEN_REFERRAL
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.routing.engine.vocabulary import Kind


@dataclass(frozen=True)
class Record:
    """What the record says of an agreement and of what was tried: terms not kept by number, kinds that ended early."""

    not_kept: Sequence[int] = ()
    ended_early: Sequence[str] = ()

    def against(self, result: CaseResult | None, kept: AgreementKept | None, says: HarmedSays | None) -> list[str]:
        """Return what speaks against these answers, a sentence each: whoever gives them all the same says why."""
        repaired = result is CaseResult.REPAIRED
        words = []
        if self.not_kept and (repaired or kept is AgreementKept.KEPT):
            numbers = ", ".join(str(one) for one in self.not_kept)
            words.append(_("Not done: term number %(numbers)s of the agreement.", numbers=numbers))
        if self.ended_early and repaired:
            words.append(_("Ended early: %(kinds)s.", kinds=", ".join(self.ended_early)))
        if says is HarmedSays.NOT_REPAIRED and repaired:
            words.append(_("The person harmed says that the harm is not repaired."))
        return words


@dataclass(frozen=True)
class LeftOpen:
    """The open follow-ups of a case: those that others wait for or do, and the rest."""

    of_others: list[FollowUp] = field(default_factory=list)
    own: list[FollowUp] = field(default_factory=list)


def record_of(actor: Actor, case: Case) -> Record:
    """Return what the record of a case says, as the actor sees it, that its closing must not contradict."""
    terms = sorted(
        number for rows in terms_of(case.id).values() for number, _on, state in rows if state is TermState.NOT_KEPT
    )
    seen, _hidden = parted(actor, case.school_id, pathways_of(case.id))
    ended = [str(Kind(row.kind).label) for row in seen if row.state is PathwayState.ENDED_EARLY]
    return Record(terms, sorted(set(ended)))


def left_open(actor: Actor, case_id: int) -> LeftOpen:
    """Return what is open in a case: a family's call, first contact and others' work are nobody's to drop.

    What the actor does not see is not asked of them, and stays open with whoever does it.
    """
    of_case = select(FollowUp).where(FollowUp.case_id == case_id, FollowUp.state == FollowUpState.OPEN)
    statement = visible_to(of_case, actor, live=True)
    found = LeftOpen()
    for row in db.session.scalars(statement.order_by(FollowUp.due_on, FollowUp.id)):
        waits = row.kind in OTHERS_WAIT or row.owner_id not in (actor.user_id, None)
        (found.of_others if waits else found.own).append(row)
    return found


@dataclass(frozen=True)
class Blocker:
    """One thing that must end before a case closes, in words, and the page where it ends: none where the reader has no
    page of it."""

    words: str
    endpoint: str = ""
    ids: dict[str, Any] = field(default_factory=dict)


def blockers(actor: Actor, case: Case) -> list[Blocker]:
    """Return what stands in the way of closing, a sentence and a page each.

    Open legal duties, live pathways, open terms, referrals that are with a partner, safety plans that have not ended.
    Of what only the coordinator sees, that there is something.
    """
    seen, hidden = parted(actor, case.school_id, pathways_of(case.id))
    open_referral = select(Referral).where(Referral.case_id == case.id, Referral.state.in_(OPEN_REFERRAL))
    referrals = list(db.session.scalars(open_referral.order_by(Referral.id)))
    with_partner, unseen = {row.pathway_id for row in referrals}, {row.id for row in hidden}
    found = [
        Blocker(
            _("Legal duty still open: %(duty)s", duty=duty_words(duty.code)), "safeguards.duty", {"duty_id": duty.id}
        )
        for duty in open_duties_of(case.id)
    ]
    for row in seen:
        if row.state in LIVE:
            words = _("Pathway not ended: %(kind)s", kind=str(Kind(row.kind).label))
            found.append(Blocker(words, *_page_of(case, row.id)))
    found += _open_terms(case)
    for referral in referrals:
        if referral.pathway_id not in unseen:
            words = _("Referral not ended: %(name)s", name=referral.partner_name)
            found.append(Blocker(words, *_page_of(case, referral.pathway_id)))
    found += _living_plans(case)
    if any(row.state in LIVE or row.id in with_partner for row in hidden):
        found.append(Blocker(_("Something that only the coordinator sees has not ended. Ask the coordinator.")))
    return found


def _page_of(case: Case, pathway_id: int) -> tuple[str, dict[str, Any]]:
    return "pathways.pathway", {"case_id": case.id, "pathway_id": pathway_id}


def _open_terms(case: Case) -> list[Blocker]:
    return [
        Blocker(
            _("Agreement term not updated: number %(position)s", position=str(term.position)),
            "agreements.term",
            {
                "case_id": case.id,
                "pathway_id": db.session.get_one(Agreement, term.agreement_id).pathway_id,
                "term_id": term.id,
            },
        )
        for term in open_terms_of(case.id)
    ]


def _living_plans(case: Case) -> list[Blocker]:
    return [
        Blocker(
            _(
                "Safety plan not ended: %(name)s. End it, or transfer it to the new school.",
                name=person_words(plan.participant),
            ),
            "safety.plan",
            {"case_id": case.id, "plan_id": plan.id},
        )
        for plan in living_plans(case.id)
    ]
