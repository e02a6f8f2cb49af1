"""Who sits on the committee of a plan. Students are a group with a number, never a name."""

from datetime import date

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned, named_enum
from wss_cases.plans.plan.committee.states import MemberGroup
from wss_cases.plans.plan.core.models import OfPlan

LONGEST_NAME = 120


class PlanMember(OfPlan, Versioned, Base):
    """One person or organization, from a day until a day; of the group of students only how many.

    `named_yes_on`: the day of the written consent to stand in the public page's list of the committee; None means never
    named there. What is written elsewhere on that page takes a consent of its own.
    """

    __tablename__ = "plan_member"
    __table_args__ = (
        CheckConstraint(
            "member_group <> 'student' or (name = '' and organization = '' and named_yes_on is null)",
            name="no_student_named",
        ),
        CheckConstraint("member_group = 'student' or name <> '' or organization <> ''", name="somebody"),
        CheckConstraint("people > 0", name="people"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )
    PRIVATE = frozenset({"name", "organization"})

    member_group: Mapped[MemberGroup] = mapped_column(named_enum(MemberGroup, "member_group"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="", server_default="")
    organization: Mapped[str] = mapped_column(String(LONGEST_NAME), default="", server_default="")
    people: Mapped[int] = mapped_column(default=1, server_default="1")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    named_yes_on: Mapped[date | None]
