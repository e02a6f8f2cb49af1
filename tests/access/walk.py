"""The written table of who may reach what, and the walk that compares the application with it.

A line: endpoint, then who may with a record of the own school, then who may with one of another school.
R reporter, D dean, C coordinator, A administrator, X district, S system administrator, P partner, U auditor.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, select
from werkzeug.routing import Rule

from tests.support.applications import Rollback
from tests.support.demo import client_of
from tests.support.depth import in_turn
from tests.support.pages.client import PageClient
from wss_cases.accounts.account.models import Cover, RoleGrant, UserAccount
from wss_cases.api.tokens import ApiToken
from wss_cases.attachments.attachment import Attachment
from wss_cases.board.stored_reports import BoardReport
from wss_cases.cases.case.models import Case, CaseParticipant, SafetyPlan
from wss_cases.contacts import SafePassageRoute, SchoolSergeant, ThreatTeam
from wss_cases.followups.core.models import FollowUp, FollowUpTemplate
from wss_cases.foundation.db import db
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.incidents.incident.models import CareRecord, Incident, IncidentPerson, LocationCode
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.common.pages import FamilyText
from wss_cases.mail.push.rules import PushDevice
from wss_cases.mail.webhooks.messages import Webhook
from wss_cases.outcomes.published.queries import PublishedSchool
from wss_cases.pathways.circles.circle.models import CircleConsent, CircleMeeting, CircleOutsideKeeper, CircleSupporter
from wss_cases.pathways.circles.notes.messages import NoteOpening, PrivilegeWaiver
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import LegalHold
from wss_cases.pathways.mentoring.periods import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringGroup
from wss_cases.pathways.referrals.referral.models import Partner, Referral, ReferralConsent
from wss_cases.plans.money.files.rules import MoneyFile
from wss_cases.plans.money.funding.models import Funding, FundingChange
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.paper import PlanPdf
from wss_cases.plans.plan.progress import PlanReview, PlanReviewGoal
from wss_cases.plans.plan.templates import PlanTemplate
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting
from wss_cases.plans.voices.votes import PlanVote
from wss_cases.practice.log import PracticeEntry
from wss_cases.practice.requests.models import CircleRequest
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.records.named_in_error.actions import TakingOut
from wss_cases.records.retention.core.pages import RecordDeletion
from wss_cases.roster.calendar.importing.models import CalendarDraft
from wss_cases.roster.directory.models import ImportRun, School, Student, StudentGuardian
from wss_cases.roster.role_files import RoleFile
from wss_cases.roster.staff_accounts.models import AccountRule
from wss_cases.roster.uploads import RosterUpload
from wss_cases.routing.replay.models import Replay
from wss_cases.routing.rule_sets import RuleSet
from wss_cases.safeguards.discipline.consequences import MinorConsequence
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.questioning.models import Questioning
from wss_cases.safeguards.restraint import RestraintRecord
from wss_cases.surveys.rounds import SurveyRound
from wss_cases.training.importing import TrainingFile
from wss_cases.training.records.models import TrainingRecord, TrainingSession
from wss_cases.training.requirements.models import TrainingRequirement

LETTERS = {
    "R": "reporter",
    "D": "dean",
    "C": "coordinator",
    "A": "administrator",
    "X": "district",
    "S": "sysadmin",
    "P": "partner",
    "U": "auditor",
}
NOBODY = "-"


@dataclass(frozen=True)
class Line:
    """What the table says of one endpoint; `public` ones are open to the signed-out too."""

    endpoint: str
    own: frozenset[str]
    other: frozenset[str]
    public: bool = False

    def may(self, role: str, side: str) -> bool:
        """Whether a role reaches it with a record of the 'own' or the 'other' school."""
        return role in (self.own if side == "own" else self.other)


def read_table(text: str) -> dict[str, Line]:
    """Return the table's lines by endpoint. ValueError for a line that is none."""
    lines = {}
    for row in text.splitlines():
        if not row.strip() or row.startswith("#"):
            continue
        endpoint, *sides = row.split()
        if sides == ["public"]:
            lines[endpoint] = Line(endpoint, frozenset(LETTERS.values()), frozenset(LETTERS.values()), public=True)
            continue
        if len(sides) != 2:
            raise ValueError(row)
        own, other = (frozenset(LETTERS[letter] for letter in side if letter != NOBODY) for side in sides)
        lines[endpoint] = Line(endpoint, own, other)
    return lines


def _of_school(model: Any) -> Callable[[int], Select[Any]]:
    return lambda school_id: select(model).where(model.school_id == school_id)


def _of_case(model: Any) -> Callable[[int], Select[Any]]:
    return lambda school_id: select(model).join(Case, Case.id == model.case_id).where(Case.school_id == school_id)


RECORDS: dict[str, Callable[[int], Select[Any]]] = {
    "case_id": _of_school(Case),
    "participant_id": _of_case(CaseParticipant),
    "pathway_id": _of_school(Pathway),
    "plan_id": _of_school(SafetyPlan),
    "incident_id": _of_school(Incident),
    "other_id": _of_school(Incident),
    "consequence_id": _of_school(MinorConsequence),
    "follow_up_id": _of_school(FollowUp),
    "duty_id": lambda school_id: _of_school(LegalDuty)(school_id).where(LegalDuty.owner_id.is_(None)),
    "own_duty_id": lambda school_id: _of_school(LegalDuty)(school_id).where(LegalDuty.owner_id.is_not(None)),
    "questioning_id": _of_school(Questioning),
    "action_id": _of_school(DisciplineAction),
    "review_id": _of_school(PoliceReview),
    "sergeant_id": _of_school(SchoolSergeant),
    "route_id": _of_school(SafePassageRoute),
    "team_id": _of_school(ThreatTeam),
    "restraint_id": _of_school(RestraintRecord),
    "release_id": _of_school(FamilyRelease),
    "report_id": _of_school(BoardReport),
    "record_id": _of_school(CareRecord),
    "cover_id": _of_school(Cover),
    "mentor_id": _of_school(Mentor),
    "group_id": _of_school(MentoringGroup),
    "period_teacher_id": _of_school(PeriodTeacher),
    "student_id": _of_school(Student),
    "guardian_link_id": lambda school_id: (
        select(StudentGuardian)
        .join(Student, Student.id == StudentGuardian.student_id)
        .where(Student.school_id == school_id)
    ),
    "code_id": lambda _school_id: select(LocationCode),
    "template_id": lambda _school_id: select(FollowUpTemplate),
    "text_id": lambda _school_id: select(FamilyText),
    "webhook_id": lambda _school_id: select(Webhook),
    "device_id": lambda school_id: (
        select(PushDevice)
        .join(RoleGrant, RoleGrant.user_id == PushDevice.user_id)
        .where(RoleGrant.school_id == school_id)
    ),
    "message_id": lambda school_id: select(OutboxMessage).where(OutboxMessage.school_id == school_id),
    "school_id": lambda school_id: select(School).where(School.id == school_id),
    "user_id": lambda school_id: (
        select(UserAccount).join(RoleGrant, RoleGrant.user_id == UserAccount.id).where(RoleGrant.school_id == school_id)
    ),
    "role_file_id": lambda _school_id: select(RoleFile),
    "api_token_id": lambda _school_id: select(ApiToken),
    "account_rule_id": lambda _school_id: select(AccountRule),
    "grant_id": lambda school_id: select(RoleGrant).where(RoleGrant.school_id == school_id),
    "rule_set_id": lambda _school_id: select(RuleSet),
    "draft_id": lambda _school_id: select(CalendarDraft),
    "replay_id": lambda _school_id: select(Replay),
    "upload_id": lambda _school_id: select(RosterUpload),
    "run_id": lambda _school_id: select(ImportRun),
    "meeting_id": _of_school(CircleMeeting),
    "questionnaire_id": _of_school(Questionnaire),
    "waiver_id": _of_school(PrivilegeWaiver),
    "opening_id": _of_school(NoteOpening),
    "hold_id": lambda school_id: _of_school(LegalHold)(school_id).where(LegalHold.pathway_id.is_not(None)),
    "record_hold_id": lambda school_id: _of_school(LegalHold)(school_id).where(LegalHold.pathway_id.is_(None)),
    "deletion_id": _of_school(RecordDeletion),
    "taking_out_id": _of_school(TakingOut),
    "look_id": _of_school(DeputyLook),
    "person_id": lambda school_id: (
        select(IncidentPerson)
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .where(Incident.school_id == school_id, IncidentPerson.student_id.is_not(None))
    ),
    "told_id": lambda school_id: (
        select(IncidentPerson)
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .where(
            Incident.school_id == school_id,
            Incident.happened_at_id.is_(None),
            IncidentPerson.other_school_id.is_not(None),
        )
    ),
    "supporter_id": _of_school(CircleSupporter),
    "consent_id": _of_school(CircleConsent),
    "referral_consent_id": _of_school(ReferralConsent),
    "attachment_id": lambda school_id: (
        select(Attachment).join(Incident, Incident.id == Attachment.incident_id).where(Incident.school_id == school_id)
    ),
    "training_id": _of_school(TrainingRecord),
    "training_session_id": _of_school(TrainingSession),
    "training_file_id": _of_school(TrainingFile),
    "requirement_id": lambda _school_id: select(TrainingRequirement),
    "referral_id": _of_school(Referral),
    "practice_id": _of_school(PracticeEntry),
    "school_plan_id": _of_school(SchoolPlan),
    "plan_pdf_id": _of_school(PlanPdf),
    "plan_review_id": _of_school(PlanReview),
    "plan_review_goal_id": _of_school(PlanReviewGoal),
    "funding_id": _of_school(Funding),
    "funding_change_id": _of_school(FundingChange),
    "plan_resource_id": _of_school(PlanResource),
    "resource_entry_id": _of_school(ResourceEntry),
    "money_file_id": _of_school(MoneyFile),
    "plan_member_id": _of_school(PlanMember),
    "goal_id": _of_school(PlanGoal),
    "strategy_id": _of_school(PlanStrategy),
    "step_id": _of_school(PlanStep),
    "plan_template_id": lambda _school_id: select(PlanTemplate),
    "school_meeting_id": _of_school(SchoolMeeting),
    "heard_id": _of_school(MeetingHeard),
    "vote_id": _of_school(PlanVote),
    "publication_id": _of_school(PlanPublication),
    "circle_plan_id": _of_school(CirclePlan),
    "outside_keeper_id": _of_school(CircleOutsideKeeper),
    "request_id": _of_school(CircleRequest),
    "survey_round_id": _of_school(SurveyRound),
    "partner_id": lambda _school_id: select(Partner),
    "partner_grant_id": lambda _school_id: select(RoleGrant).where(RoleGrant.partner_id.is_not(None)),
    "term_id": lambda school_id: (
        select(AgreementTerm)
        .join(Agreement, Agreement.id == AgreementTerm.agreement_id)
        .join(Pathway, Pathway.id == Agreement.pathway_id)
        .where(Pathway.school_id == school_id)
    ),
}
"""The records of a school for each parameter of an address; the newest is taken, which `world.plant` put there."""

PARTS: dict[str, Callable[[int], Select[Any]]] = {
    "incident_id": lambda school_id: _of_school(Incident)(school_id).where(Incident.happened_at_id.is_not(None))
}
"""Where a report is asked for: the part of the school's students in what happened at another."""

WORDS = {
    "language": "en",
    "token": "none",
    "part": "today",
    "plan_answers.answer:part": "trust",
    "name": "serious",
    "outcomes.files.file:name": "core",
    "outcomes.list_files.file:name": "cases",
    "outcomes.list_files.nameless:name": "caseload",
    "police_settings.approver:name": "Network 1",
    "networks.rename:name": "Network 1",
    "district_settings.change:name": "morning-mail",
    "look.logo:name": "none.png",
    "version": "none",
    "district_settings.withdraw:name": "morning-mail",
    "form": "csv",
    "rule": "H2",
    "state": "held",
    "row_id": "H2",
    "sign_id": "word_gun",
    "section": "holds",
    "code": "title_ix_contact",
    "fact": "weapon",
    "retention.rule:code": "incident",
    "questions.change:code": "fight",
    "training_topics.change:code": "mentoring",
    "position": 1,
    "goal": 0,
    "measure": "incidents",
    "number": 1,
    "day": "2030-01-07",
    "session_id": 999_999,
    "kept_id": 999_999,
    "entry_id": 999_999,
    "held_id": 999_999,
    "view_id": 999_999,
    "subscription_id": 999_999,
    "filename": "x",
}
"""Parameters that name no record, or one that is never another person's to see."""

HOLDERS = ("referral_id", "partner_id", "participant_id", "pathway_id", "case_id", "incident_id", "user_id")
"""Records whose own records an address may name too, the innermost first."""


def innermost_first(names: Collection[str]) -> list[str]:
    """The records that an address names, each before those that hold it."""
    return sorted(names, key=lambda name: (HOLDERS.index(name) + 1 if name in HOLDERS else 0, name))


PUBLISHED = select(PublishedSchool)
FAMILIES = {
    "circles": "circle",
    "circle_parties": "circle",
    "circle_plans": "circle",
    "keeping": "circle",
    "circle_schedule": "circle",
    "circle_screening": "circle",
    "agreements": "circle",
    "agreement_paper": "circle",
    "questionnaires": "circle",
    "keepers": "circle",
    "outside_keepers": "circle",
    "notes": "circle",
    "note_grants": "circle",
    "privilege": "circle",
    "conversations": "restorative_conversation",
    "mentoring": "mentoring",
    "mentoring_sessions": "mentoring",
    "mentoring_card": "mentoring",
    "periods": "mentoring",
    "referrals": "wraparound",
    "referral_consent": "wraparound",
    "referral_service": "wraparound",
    "attachments": "circle",
    "reengagement": "reengagement",
}
"""Blueprints whose pages are of one kind of pathway."""


SIGNING_OUT = frozenset({"questionnaires.here"})
"""What ends the session of whoever does it: walked in a session of its own."""


WAYS = frozenset({"GET", "POST"})


class Walk:
    """Every route of the application on a demo district, as every role; `instead`: other records than RECORDS."""

    def __init__(self, app: Flask, instead: Mapping[str, Callable[[int], Select[Any]]] | None = None) -> None:
        self.app = app
        self.records = {**RECORDS, **(instead or {})}
        self._addresses: dict[tuple[str, str], str] = {}
        with app.app_context():
            found = select(RoleGrant.school_id).join(UserAccount).where(UserAccount.email == "dean@demo.example")
            own = db.session.execute(found).scalars().first()
            assert own is not None
            other = db.session.execute(select(School.id).where(School.id != own)).scalars().first()
            assert other is not None
        self.schools = {"own": own, "other": other}

    def rules(self) -> Iterator[tuple[Rule, str]]:
        """Every rule with each of its methods that does something."""
        for rule in self.app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method

    def sides(self, rule: Rule) -> list[str]:
        """Both schools, or only the own where an address names no record of a school."""
        same = self.address(rule, "own") == self.address(rule, "other")
        return ["own"] if same else ["own", "other"]

    def address(self, rule: Rule, side: str) -> str:
        """Return the rule's address for a record of one side. LookupError when the district has no such record."""
        if (rule.rule, side) not in self._addresses:
            built = rule.build(self._values(rule, side))
            assert built is not None, rule.rule
            self._addresses[rule.rule, side] = built[1]
        return self._addresses[rule.rule, side]

    def _values(self, rule: Rule, side: str) -> dict[str, Any]:
        # what an address says by itself, such as that it is of no school, is not named again
        named = rule.arguments - set(rule.defaults or ())
        values: dict[str, Any] = {
            name: WORDS.get(f"{rule.endpoint}:{name}", WORDS[name]) for name in named if name in WORDS
        }
        # the innermost record names those that hold it
        for name in innermost_first(named - set(values)):
            if name not in values:
                family = FAMILIES.get(rule.endpoint.split(".")[0])
                record = self._record(name, side, family, published=".history." in rule.endpoint)
                values[name] = record.id
                values |= {n: getattr(record, n) for n in named - set(values) if hasattr(record, n)}
                if name in (
                    "waiver_id",
                    "hold_id",
                    "meeting_id",
                    "supporter_id",
                    "term_id",
                    "referral_consent_id",
                    "outside_keeper_id",
                ):
                    pathway = self._pathway_of(record)
                    held = {"pathway_id": pathway.id, "case_id": pathway.case_id}
                    values |= {n: value for n, value in held.items() if n in named}
        return values

    def _record(self, name: str, side: str, family: str | None, published: bool) -> Any:
        wanted = PUBLISHED if published else self.records[name](self.schools[side])
        if name == "pathway_id" and family:
            wanted = wanted.where(Pathway.pathway == family)
        with self.app.app_context():
            newest = wanted.order_by(wanted.selected_columns["id"].desc()).limit(1)
            record = db.session.execute(newest).scalars().first()
        if record is None:
            raise LookupError(f"no {name} in the {side} school ({family or 'any'})")
        return record

    def _pathway_of(self, record: Any) -> Pathway:
        with self.app.app_context():
            if isinstance(record, ReferralConsent):
                record = db.session.get_one(Referral, record.referral_id)
            if isinstance(record, AgreementTerm):
                record = db.session.get_one(Agreement, record.agreement_id)
            return db.session.get_one(Pathway, record.pathway_id)

    def client(self, role: str) -> tuple[PageClient, str]:
        client = client_of(self.app, role)
        return client, client.csrf_token("/account")

    def status(self, client: PageClient, token: str, rule: Rule, method: str, side: str) -> int:
        """Send one request and undo what it did."""
        address = self.address(rule, side)
        data = {"csrf_token": token} if method == "POST" else None
        with Rollback(self.app):
            # not looked at as a page: that is done elsewhere, and here there are thousands
            return FlaskClient.open(client, address, method=method, data=data).status_code

    def differences(
        self, role: str, table: dict[str, Line], only: str = "", sides: tuple[str, ...] = ("own", "other")
    ) -> list[str]:
        """Return a line for each route (or those of one endpoint) that answers a role otherwise than the table says.
        Where not everything is proven, a route is asked by whoever may, and by an eighteenth of those who may not; one
        that is opened and sent is asked the one way by every other person and the other way by the rest."""
        found = []
        client, token = self.client(role)
        turn = list(LETTERS.values()).index(role)
        for number, (rule, method) in enumerate(self.rules()):
            line = table[rule.endpoint]
            if line.public or rule.endpoint == "accounts.sign_out" or only not in ("", rule.endpoint):
                continue
            # what opens a form and what it is sent to are one view behind one gate, and stand beside each other here
            ways = len(WAYS & (rule.methods or set()))
            for side in sides[: len(self.sides(rule))]:
                if not (only or in_turn(number + turn, ways if line.may(role, side) else 18)):
                    continue
                if rule.endpoint in SIGNING_OUT:
                    status = self.status(*self.client(role), rule, method, side)
                else:
                    status = self.status(client, token, rule, method, side)
                if (status != 404) != line.may(role, side) or status >= 500:
                    allowed = "may" if line.may(role, side) else "may not"
                    found.append(f"{role} {allowed} {method} {rule.rule} ({side} school): {status}")
        return found
