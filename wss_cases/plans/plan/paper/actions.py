"""A plan as a PDF: asked for by whoever reads the plan."""

from typing import Final

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.paper.models import PlanPdf
from wss_cases.plans.plan.paper.queries import get_pdf
from wss_cases.records.stored_pdfs import PdfKind, add_pdf, opened, refuse_too_many

PLAN_PDFS: Final = PdfKind(PlanPdf, "plan-pdf")


@use_case
def ask_pdf(uow: UnitOfWork, school_plan_id: int, language: str) -> int:
    """Ask for a plan as a PDF in a language. Returns its id. Raises NotFound for who does not read the plan, Refused
    when too many of the actor's own are still being made."""
    plan = get_plan(uow.actor, school_plan_id)
    if uow.actor.user_id is None:
        raise NotFound
    refuse_too_many(uow, PLAN_PDFS)
    whose = {"school_id": plan.school_id, "plan_id": plan.id, "asked_by_id": uow.actor.user_id}
    return add_pdf(uow, PLAN_PDFS, PlanPdf(language=language, asked_at=uow.now, **whose))


def pdf_for(actor: Actor, plan_pdf_id: int) -> bytes:
    """Return the PDF of a plan that the actor reads. Raises NotFound for any other and for one that is not ready,
    Refused when no key opens it any more."""
    return opened(PLAN_PDFS, get_pdf(actor, plan_pdf_id).id)
