"""Writes the district in batches through SQLAlchemy Core: COPY on PostgreSQL, executemany on SQLite."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import JSON, Table, text
from sqlalchemy.orm import Session

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import Cover, RoleGrant, UserAccount
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.cases.case.models import Case, CaseIncident, CaseNote, CaseParticipant, SafetyPlan, SafetyPlanReview
from wss_cases.casework.transfer.models import StudentMove
from wss_cases.contacts import SchoolSergeant
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.database import insert_rows
from wss_cases.foundation.db import Base, table_of
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.journal.models import AuditEntry, Disclosure, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.circle.models import (
    CircleAttendance,
    CircleConsent,
    CircleKeeper,
    CircleMeeting,
    CirclePreparation,
    CircleScreen,
    CircleSetting,
    CircleSupporter,
    HoldLift,
)
from wss_cases.pathways.circles.notes.messages import CircleNote, PrivilegeWaiver
from wss_cases.pathways.circles.questionnaires.models import Questionnaire, QuestionnaireAnswer
from wss_cases.pathways.circles.terms import Agreement, AgreementSignature, AgreementTerm, AgreementTermConsent
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import LegalHold
from wss_cases.pathways.mentoring.plan.models import (
    DailyCard,
    DailyCardDay,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentoringReview,
    MentoringSession,
)
from wss_cases.pathways.reengagement.plan import ReengagementPlan, ReengagementReview
from wss_cases.pathways.referrals.referral.models import Partner, Referral, ReferralConsent, ServiceDate
from wss_cases.roster.directory.models import (
    CalendarDay,
    CalendarMove,
    Enrolment,
    Guardian,
    School,
    StaffMember,
    Student,
    StudentGuardian,
)
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import LegalDuty, LegalDutyStep
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceNotification, PoliceReview
from wss_cases.training.records.models import TrainingRecord

BATCH_ROWS = 20_000
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
TABLES: tuple[type[Base], ...] = (
    School,
    UserAccount,
    CalendarDay,
    Partner,
    RoleGrant,
    Student,
    Enrolment,
    Guardian,
    StudentGuardian,
    StaffMember,
    Incident,
    IncidentPerson,
    GuardianContact,
    RoutingAnswer,
    Case,
    CaseIncident,
    CaseParticipant,
    CaseNote,
    Pathway,
    FollowUp,
    LegalDuty,
    LegalDutyStep,
    DisciplineAction,
    NetworkApprover,
    SchoolSergeant,
    PoliceReview,
    PoliceNotification,
    NotifiedStudent,
    SafetyPlan,
    SafetyPlanReview,
    CircleSetting,
    TrainingRecord,
    CircleKeeper,
    CircleConsent,
    CirclePreparation,
    CircleScreen,
    CircleSupporter,
    HoldLift,
    CircleMeeting,
    CircleAttendance,
    CircleNote,
    LegalHold,
    PrivilegeWaiver,
    Agreement,
    AgreementTerm,
    AgreementTermConsent,
    AgreementSignature,
    Questionnaire,
    QuestionnaireAnswer,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentoringSession,
    MentoringReview,
    DailyCard,
    DailyCardDay,
    Referral,
    ReferralConsent,
    ServiceDate,
    Disclosure,
    ReengagementPlan,
    ReengagementReview,
    Cover,
    StudentMove,
    CalendarMove,
    TimelineEntry,
    AuditEntry,
)
"""Every table that is filled, what is pointed at first."""

COUNTED_BY_DATABASE = frozenset({TimelineEntry, AuditEntry})
"""Tables whose ids nobody needs while writing."""


class Store:
    """Holds rows until a batch is full; one batch is one unit of work with one audit row of its own."""

    def __init__(self, now: datetime, progress: Callable[[int], None]) -> None:
        self.now = now
        self.progress = progress
        self.rows: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
        self.ids: dict[type[Base], int] = defaultdict(int)
        self.held = 0
        self.done = 0
        self.written = 0
        self._blank = {model: _blank_row(model) for model in TABLES}

    def new(self, model: type[Base], **values: Any) -> dict[str, Any]:
        """Keep one row with its defaults and return it; it may be changed until the next `pause`."""
        row = {**self._blank[model], **values}
        self.rows[model].append(row)
        self.held += 1
        if model not in COUNTED_BY_DATABASE:
            self.ids[model] += 1
            row["id"] = self.ids[model]
        return row

    def add(self, model: type[Base], **values: Any) -> int:
        """Keep one row with its defaults and return its id (0 where the database counts)."""
        number: int = self.new(model, **values).get("id", 0)
        return number

    def pause(self, done: int = 0) -> None:
        """Count `done` finished students and incidents, and write when a batch is full.

        Call it where no kept row points to one not yet made.
        """
        self.done += done
        if self.held >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        with unit_of_work(SYSTEM, self.now) as uow:
            for model in TABLES:
                if rows := self.rows.pop(model, None):
                    _write(uow.session, table_of(model), rows)
            uow.audit("demo.loaded", "demo", None, {"rows": [None, self.held]})
        self.written += self.held
        self.progress(self.done)
        self.held = self.done = 0

    def finish(self, session: Session) -> None:
        """Let the database count on from the last ids."""
        if session.get_bind().dialect.name == "postgresql":
            for model, last in self.ids.items():
                name = table_of(model).name
                session.execute(
                    text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), {"name": name, "last": last}
                )


def _blank_row(model: type[Base]) -> dict[str, Any]:
    row = {}
    for column in table_of(model).columns:
        if column.name == "id" and model in COUNTED_BY_DATABASE:
            continue
        default = getattr(column.default, "arg", None)
        if callable(default):
            default = default(None)
        if isinstance(column.type, JSON):
            default = [] if column.name == "rules" else {}
        row[column.name] = default.value if isinstance(default, Enum) else default
    return row


def _write(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    if session.get_bind().dialect.name == "postgresql":
        for name in names:
            if isinstance(table.columns[name].type, JSON):
                for row in rows:
                    row[name] = _ENCODE(row[name])
    insert_rows(session, table, names, [[row[name] for name in names] for row in rows])
