"""Plans stored as PDFs."""

from wss_cases.foundation.db import Base
from wss_cases.plans.plan.core.models import OfPlan
from wss_cases.records.stored_pdfs import StoredPdf, stored_rules


class PlanPdf(OfPlan, StoredPdf, Base):
    """A plan as it was on the day on which its PDF was made."""

    __tablename__ = "plan_pdf"
    __table_args__ = stored_rules("plan_pdf")
