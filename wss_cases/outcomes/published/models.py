"""The district's published history, as imported, and the labels of its figures."""

from typing import Final

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.followups.core.states import CONVERSATION, KINDS
from wss_cases.foundation.db import Base, Id
from wss_cases.foundation.i18n import _l
from wss_cases.routing.engine.vocabulary import Pathway

COUNTS: Final[dict[str, str]] = {
    "misconducts": "# of Misconducts",
    "group_1_2": "# of Group 1-2 Misconducts",
    "group_3_4": "# of Group 3-4 Misconducts",
    "group_5_6": "# of Group 5-6 Misconducts",
    "suspensions": "# of Suspensions (includes ISS and OSS)",
    "iss": "# of ISS",
    "iss_students": "# of Unique Students Receiving ISS",
    "oss": "# of OSS",
    "oss_students": "# of Unique Students Receiving OSS",
    "police_notifications": "# of Police Notifications",
    "students_notified": "# of Unique Students Receiving Police Notification",
    "expelled": "# of Students Expelled",
}
"""Whole numbers: our name to the file's header, with its spaces and line breaks collapsed."""

RATES: Final[dict[str, str]] = {
    "suspension_percent": "% of Misconducts Resulting in a Suspension (includes ISS and OSS)",
    "iss_percent": "% of Misconducts Resulting in an ISS",
    "iss_per_100": "ISS per 100 Students",
    "iss_students_percent": "% of Unique Students Receiving ISS",
    "iss_average_days": "Average Length of ISS",
    "oss_percent": "% of Misconducts Resulting in an OSS",
    "oss_per_100": "OSS per 100 Students",
    "oss_students_percent": "% of Unique Students Receiving OSS",
    "oss_average_days": "Average Length of OSS",
    "police_percent": "% of Misconducts Resulting in a Police Notification",
    "police_per_100": "Police Notifications per 100 Students",
    "students_notified_percent": "% of Unique Students Receiving Police Notification",
    "expelled_per_100": "Expulsions per 100 Students",
}
"""Numbers with decimals; a percentage can exceed 100."""

METRICS: Final = COUNTS | RATES
SUPPRESSED: Final = "--"
PERIODS: Final = ("S1", "EOY")
WHOLE_YEAR: Final = "EOY"
CHARTER_NETWORK: Final = "Charter"

HISTORY_LABELS: Final = {
    "misconducts": _l("Incidents (published as misconducts)"),
    "group_1_2": _l("Groups 1–2"),
    "group_3_4": _l("Groups 3–4"),
    "group_5_6": _l("Groups 5–6"),
    "iss": _l("In-school suspensions"),
    "oss": _l("Out-of-school suspensions"),
    "police_notifications": _l("Police notifications"),
    "students_notified": _l("Students in police notifications"),
    "expelled": _l("Students expelled"),
}
HISTORY: Final = tuple(HISTORY_LABELS)
"""The figures of the history report, in its order."""

FOLLOW_UP_LABELS: Final = {**KINDS, CONVERSATION: Pathway.RESTORATIVE_CONVERSATION.label}
"""Labels of follow-ups, including the conversation without a case."""

REMARKABLE_YEARS: Final = {"2020-21": _l("remote year")}
"""School years whose point in a chart needs a note."""

STEP_LABELS: Final = {
    "incidents": _l("Incidents"),
    "proposed": _l("Proposed"),
    "offered": _l("Offered"),
    "accepted": _l("Accepted"),
    "held": _l("Held"),
    "agreement": _l("Agreement made"),
    "kept": _l("Agreement kept"),
}


class PublishedSchool(Base):
    """A school with its newest name in the published file. `identifier` is also the roster's `School.identifier`."""

    __tablename__ = "published_school"

    id: Mapped[Id]
    identifier: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    network: Mapped[str] = mapped_column(String(80), default="")
    is_charter: Mapped[bool] = mapped_column(default=False)


class PublishedYear(Base):
    """One published row: a school in a school year, its first semester (S1) or the whole year (EOY, cumulative).

    A figure that is None was not published; where its name is in `suppressed` the file says '--', which is neither zero
    nor missing. Percentages are of misconducts or of students and can exceed 100; `*_per_100` are per 100 students.
    """

    __tablename__ = "published_year"
    __table_args__ = (
        UniqueConstraint("published_school_id", "school_year", "period"),
        Index("ix_published_year_year", "school_year", "period"),
        CheckConstraint("period in ('S1', 'EOY')", name="period"),
    )

    id: Mapped[Id]
    published_school_id: Mapped[int] = mapped_column(ForeignKey("published_school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    period: Mapped[str] = mapped_column(String(3))
    suppressed: Mapped[list[str]] = mapped_column(default=list)
    misconducts: Mapped[int | None]
    group_1_2: Mapped[int | None]
    group_3_4: Mapped[int | None]
    group_5_6: Mapped[int | None]
    suspensions: Mapped[int | None]
    suspension_percent: Mapped[float | None] = mapped_column(Float)
    iss: Mapped[int | None]
    iss_percent: Mapped[float | None] = mapped_column(Float)
    iss_per_100: Mapped[float | None] = mapped_column(Float)
    iss_students: Mapped[int | None]
    iss_students_percent: Mapped[float | None] = mapped_column(Float)
    iss_average_days: Mapped[float | None] = mapped_column(Float)
    oss: Mapped[int | None]
    oss_percent: Mapped[float | None] = mapped_column(Float)
    oss_per_100: Mapped[float | None] = mapped_column(Float)
    oss_students: Mapped[int | None]
    oss_students_percent: Mapped[float | None] = mapped_column(Float)
    oss_average_days: Mapped[float | None] = mapped_column(Float)
    police_notifications: Mapped[int | None]
    police_percent: Mapped[float | None] = mapped_column(Float)
    police_per_100: Mapped[float | None] = mapped_column(Float)
    students_notified: Mapped[int | None]
    students_notified_percent: Mapped[float | None] = mapped_column(Float)
    expelled: Mapped[int | None]
    expelled_per_100: Mapped[float | None] = mapped_column(Float)
