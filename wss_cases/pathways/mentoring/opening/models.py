"""Why a case without an incident was opened for a student's support, and who of the family agreed."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.pathways.mentoring.opening.states import AgreedHow, AgreedWho, Because


class SupportStart(OfCase, Base):
    """The reason for a case without an incident, and the agreement that it begins with; written once.

    `guardian_id` is empty where the student is 18 or older and said yes, or once the roster let the guardian go.
    """

    __tablename__ = "support_start"
    __table_args__ = (CheckConstraint("agreed_who = 'guardian' or guardian_id is null", name="agreed"),)
    PRIVATE = frozenset({"why", "agreed_name"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), unique=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    because: Mapped[Because] = mapped_column(named_enum(Because, "because"))
    why: Mapped[str] = mapped_column(Text, default="")
    agreed_who: Mapped[AgreedWho] = mapped_column(named_enum(AgreedWho, "agreed_who"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    agreed_name: Mapped[str] = mapped_column(String(200), default="")
    agreed_how: Mapped[AgreedHow] = mapped_column(named_enum(AgreedHow, "agreed_how"))
    agreed_on: Mapped[date]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
