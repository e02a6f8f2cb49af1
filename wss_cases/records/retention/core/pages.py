"""The tables and forms of retention: its schedule, decisions about records, deletions, and counts that remain."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.forms import BaseForm, DatedRowForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.journal.rooms import Room


class Part(Labelled):
    """Which part of a record a kind belongs to; the running ones are no record of a student."""

    TEMPORARY = "temporary", _l("Temporary record")
    PERMANENT = "permanent", _l("Permanent record")
    RUNNING = "running", _l("Cleaned by itself")


class Unit(Labelled):
    """In what the time is counted."""

    YEARS = "years", _l("years")
    DAYS = "days", _l("days")


class ReviewWhy(Labelled):
    """Why a student's record is to be looked at."""

    FOUR_YEARS = "four_years", _l("Four years since the last review")
    CHANGED_SCHOOL = "changed_school", _l("Came from another school")
    LEFT = "left", _l("Left, and the time has passed")
    KEPT_UNTIL = "kept_until", _l("Was kept until now")


class Decision(Labelled):
    """What the person who looked decided."""

    KEEP = "keep", _l("Keep it until a day")
    DELETE = "delete", _l("Propose that it is deleted")


class DeletionState(Labelled):
    """proposed → confirmed → done; or withdrawn while it is only proposed."""

    PROPOSED = "proposed", _l("Proposed")
    CONFIRMED = "confirmed", _l("Confirmed")
    DONE = "done", _l("Deleted")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


DELETION_TRANSITIONS: dict[DeletionState, frozenset[DeletionState]] = {
    DeletionState.PROPOSED: frozenset({DeletionState.CONFIRMED, DeletionState.WITHDRAWN}),
    DeletionState.CONFIRMED: frozenset({DeletionState.DONE}),
    DeletionState.DONE: frozenset(),
    DeletionState.WITHDRAWN: frozenset(),
}


class ItemState(enum.StrEnum):
    """What became of one student's record in a deletion."""

    WAITING = "waiting"
    DELETED = "deleted"
    KEPT = "kept"


FLOORS: dict[Part, int] = {Part.TEMPORARY: 5, Part.PERMANENT: 60, Part.RUNNING: 1}
"""The least time that the schedule may say, in the kind's own unit."""
MOST: dict[Part, int] = {Part.TEMPORARY: 100, Part.PERMANENT: 200, Part.RUNNING: 3650}
REVIEW_YEARS = 4


KIND_LABELS: dict[str, Any] = {
    "incident": _l("Reports"),
    "case": _l("Cases with their pathways and follow-ups"),
    "discipline": _l("Discipline actions and appeals"),
    "restraint": _l("Restraint and time-out"),
    "police": _l("Police-notification reviews, notifications and questioning"),
    "duty": _l("Legal duties"),
    "care": _l("Student concerns"),
    "questionnaire": _l("Questionnaires"),
    "disclosure": _l("Disclosures and reviews of the record"),
    "identity": _l("Who the student is: name, schools, guardians"),
    "draft": _l("Drafts of reports"),
    "offline_entry": _l("Reports and circles written offline and never filed"),
    "session": _l("Sessions that ended"),
    "sign_in": _l("Failed sign-ins and wrong links"),
    "link": _l("Links that were used or ran out"),
    "mail": _l("Email queue"),
    "mail_file": _l("Emails written to files"),
    "request_key": _l("Keys of forms that were sent"),
    "import": _l("Reports of imports"),
    "export": _l("Download log"),
    "board_report": _l("Board reports and school safety plans as PDFs"),
}

EVENT_LABELS: dict[str, Any] = {
    "left": _l("after the student left"),
    "made": _l("after it was made"),
    "ended": _l("after it ended"),
    "touched": _l("after it was last saved"),
}


DELETION_TONES = {
    DeletionState.PROPOSED: "sun",
    DeletionState.CONFIRMED: "brick",
    DeletionState.DONE: "slate",
    DeletionState.WITHDRAWN: "slate",
}

KEPT_LABELS: dict[str, Any] = {
    "hold": _l("Kept: a hold is open"),
    "sealed": _l("Kept: a sealed file belongs to it"),
    "open": _l("Kept: something of it is still open"),
    "not_due": _l("Kept: it may not go yet"),
    "gone": _l("Was gone before"),
    "withdrawn": _l("Kept: the proposal was withdrawn"),
}

_CODE = {"code": KIND_LABELS}
SENTENCES: dict[str, Any] = {
    "retention.rule_changed": (_l("A new row of the records retention schedule from %(day)s: %(code)s"), _CODE),
    "retention.rule_ended": (_l("A row of the records retention schedule ends %(day)s: %(code)s"), _CODE),
}


class RetentionRule(Base):
    """How long one kind of record is kept, from a day on; a change is a new row. It deletes nothing by itself."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        UniqueConstraint("code", "starts_on"),
        CheckConstraint("part <> 'temporary' or (unit = 'years' and keep >= 5)", name="temporary_floor"),
        CheckConstraint("part <> 'permanent' or (unit = 'years' and keep >= 60)", name="permanent_floor"),
        CheckConstraint("keep >= 1", name="keep"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40))
    part: Mapped[Part] = mapped_column(named_enum(Part, "part"))
    keep: Mapped[int]
    unit: Mapped[Unit] = mapped_column(named_enum(Unit, "unit"))
    counted_from: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(300))
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class RecordReview(Base):
    """That a person looked at a student's record, why, and what they decided."""

    __tablename__ = "record_review"
    __table_args__ = (
        Index("ix_record_review_student", "student_id", "decided_on"),
        CheckConstraint("decision <> 'keep' or reason <> ''", name="reason"),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    why: Mapped[ReviewWhy] = mapped_column(named_enum(ReviewWhy, "why"))
    decision: Mapped[Decision] = mapped_column(named_enum(Decision, "decision"))
    reason: Mapped[str] = mapped_column(Text, default="")
    keep_until: Mapped[date | None]
    decided_on: Mapped[date]
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class RecordDeletion(Versioned, Base):
    """One deletion at one school: proposed by one person, confirmed by another, and then its certificate.

    It holds no name: `counts` are rows by table, `digest` is over them and over who, when and which numbers.
    `erased_at`: when the database's own files were rid of it too.
    """

    __tablename__ = "record_deletion"
    __table_args__ = (
        Index("ix_record_deletion_school", "school_id", "id"),
        Index("uq_record_deletion_proposed", "school_id", unique=True, **where("state = 'proposed'")),
        CheckConstraint(
            "confirmed_by_id is null or proposed_by_id is null or confirmed_by_id <> proposed_by_id", name="two_people"
        ),
        CheckConstraint("state not in ('confirmed', 'done') or confirmed_by_id is not null", name="confirmed"),
        CheckConstraint("(state in ('done', 'withdrawn')) = (ended_at is not null)", name="ended"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    state: Mapped[DeletionState] = mapped_column(named_enum(DeletionState, "state"))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64), default="")
    erased_at: Mapped[datetime | None]


class DeletionItem(Base):
    """One student of a deletion. `student_id` is a bare number: once the student is gone it leads nowhere."""

    __tablename__ = "record_deletion_item"
    __table_args__ = (
        UniqueConstraint("deletion_id", "student_id"),
        Index("ix_record_deletion_item_state", "state", "id"),
        Index("ix_record_deletion_item_student", "student_id"),
    )

    id: Mapped[Id]
    deletion_id: Mapped[int] = mapped_column(ForeignKey("record_deletion.id"))
    student_id: Mapped[int]
    part: Mapped[Part] = mapped_column(named_enum(Part, "part"))
    state: Mapped[ItemState] = mapped_column(named_enum(ItemState, "state"), default=ItemState.WAITING)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    why_kept: Mapped[str] = mapped_column(String(40), default="")
    done_at: Mapped[datetime | None]


class RemovedFigure(Base):
    """How many records of a kind a school once had in a school year and has deleted: a count without a child."""

    __tablename__ = "removed_figure"
    __table_args__ = (UniqueConstraint("school_id", "school_year", "what"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    what: Mapped[str] = mapped_column(String(60))
    how_many: Mapped[int]


_WHOLE = _l("Write a whole number.")


class RuleForm(DatedRowForm):
    """How long one kind is kept, from when on, and where that comes from."""

    keep = IntegerField(_l("How long"), [InputRequired(_WHOLE), NumberRange(0, 10_000, _WHOLE)])
    source = ShortText(_l("Source"), [NotBlank(_l("Enter where this comes from."))], limit=300)
    confirmed = radio(
        _l("Is it confirmed?"),
        {"yes": _l("Confirmed"), "no": _l("Needs legal review")},
        _l("Answer whether it is confirmed."),
    )


class DecisionForm(BaseForm):
    """Keep a record until a day, with a reason, or propose that it is deleted."""

    decision = radio(_l("What is decided?"), Decision.labels(), _l("Choose what is decided."))
    keep_until = DateField(
        _l("Keep it until"),
        validators=[Optional()],
        description=_l("At most four years ahead; then it is reviewed again."),
    )
    reason = LongText(_l("Reason it is kept"), limit=2000, description=_l("Required if it is kept."))


ROOM = Room(sentences=SENTENCES)
