"""What closing a case cannot pass over: what stands in its way, what speaks against it, what others wait for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.rules import person_words
from wss_cases.cases.case.states import AgreementKept, CaseResult, HarmedSays
from wss_cases.cases.safety_plans.queries import living_plans
from wss_cases.casework.case_file.presenters import duty_words
from wss_cases.casework.case_file.queries import open_duties_of, terms_of
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import OTHERS_WAIT
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.agreements.queries import open_terms_of
from wss_cases.pathways.circles.circle.states import TermState
from wss_cases.pathways.circles.terms.models import Agreement
from wss_cases.pathways.common.queries import pathways_of
from wss_cases.pathways.common.states import LIVE, Kind, PathwayState
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.states import OPEN as OPEN_REFERRAL


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


def record_of(case_id: int) -> Record:
    """Return what the record of a case says that its closing must not contradict."""
    terms = sorted(
        number for rows in terms_of(case_id).values() for number, _on, state in rows if state is TermState.NOT_KEPT
    )
    ended = [str(Kind(row.kind).label) for row in pathways_of(case_id) if row.state is PathwayState.ENDED_EARLY]
    return Record(terms, sorted(set(ended)))


def left_open(actor: Actor, case_id: int) -> LeftOpen:
    """Return what is open in a case: a family's call, first contact and others' work are nobody's to drop."""
    statement = select(FollowUp).where(FollowUp.case_id == case_id, FollowUp.state == FollowUpState.OPEN)
    found = LeftOpen()
    for row in db.session.scalars(statement.order_by(FollowUp.due_on, FollowUp.id)):
        waits = row.kind in OTHERS_WAIT or row.owner_id not in (actor.user_id, None)
        (found.of_others if waits else found.own).append(row)
    return found


@dataclass(frozen=True)
class Blocker:
    """One thing that must end before a case closes, in words, and the page where it ends."""

    words: str
    endpoint: str
    ids: dict[str, Any]


def blockers(case: Case) -> list[Blocker]:
    """Return what stands in the way of closing, a sentence and a page each.

    Open legal duties, live pathways, open terms, referrals that are with a partner, safety plans that have not ended.
    """
    partners = select(Referral).where(Referral.case_id == case.id, Referral.state.in_(OPEN_REFERRAL))

    def of_pathway(pathway_id: int) -> tuple[str, dict[str, Any]]:
        return "pathways.pathway", {"case_id": case.id, "pathway_id": pathway_id}

    return [
        *(
            Blocker(
                _("Legal duty still open: %(duty)s", duty=duty_words(duty.code)),
                "safeguards.duty",
                {"duty_id": duty.id},
            )
            for duty in open_duties_of(case.id)
        ),
        *(
            Blocker(_("Pathway not ended: %(kind)s", kind=str(Kind(row.kind).label)), *of_pathway(row.id))
            for row in pathways_of(case.id)
            if row.state in LIVE
        ),
        *(
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
        ),
        *(
            Blocker(_("Referral not ended: %(name)s", name=row.partner_name), *of_pathway(row.pathway_id))
            for row in db.session.scalars(partners.order_by(Referral.id))
        ),
        *(
            Blocker(
                _(
                    "Safety plan not ended: %(name)s. End it, or transfer it to the new school.",
                    name=person_words(plan.participant),
                ),
                "safety.plan",
                {"case_id": case.id, "plan_id": plan.id},
            )
            for plan in living_plans(case.id)
        ),
    ]
