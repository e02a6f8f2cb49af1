"""What the district asks of its staff and schools in training."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Role
from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.training.requirements.states import Shape


class TrainingRequirement(Base):
    """One requirement of a topic from a day on, until a day (None: still); a change ends it and adds another.

    Either every person with a role at a school renews the training every so many months, or each school has at least
    so many trained people. `source`: where it is written; not `is_confirmed`: nobody has confirmed that source.
    """

    __tablename__ = "training_requirement"
    __table_args__ = (
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
        CheckConstraint(
            "(shape = 'every_person' and role is not null and months is not null and months > 0 and minimum is null)"
            " or (shape = 'school_minimum' and role is null and months is null and minimum is not null"
            " and minimum > 0)",
            name="one_shape",
        ),
    )

    id: Mapped[Id]
    topic: Mapped[str] = mapped_column(String(40), ForeignKey("training_topic.code"))
    shape: Mapped[Shape] = mapped_column(named_enum(Shape, "shape"))
    role: Mapped[Role | None] = mapped_column(named_enum(Role, "role"))
    months: Mapped[int | None]
    minimum: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(300), default="", server_default="")
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
