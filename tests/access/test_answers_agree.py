"""What lists show, what one record's page permits and whom mail is written to: three answers that must be one."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from tests.access.world import plant
from tests.architecture.rules.guards import PACKAGE
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.mail.every_kind import MAKERS, World, make_world
from wss_cases.access.actor import Actor, Grant, Role
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import can, load_object
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.rules import manages
from wss_cases.accounts.grants import is_over
from wss_cases.accounts.visibility import PastOpening
from wss_cases.attachments.attachment import Attachment
from wss_cases.board.report.queries import reads_report
from wss_cases.board.stored_reports import BoardReport
from wss_cases.cases.case import queries as case_queries
from wss_cases.cases.case.models import Case
from wss_cases.contacts import SchoolSergeant
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.incidents.incident.models import CareRecord, Incident
from wss_cases.journal import message_kinds as registry
from wss_cases.mail.delivery.messages import compose
from wss_cases.outcomes.counting.scope.queries import READERS
from wss_cases.outcomes.exports.export_log import ExportRecord, may_know
from wss_cases.pathways.circles.circle.queries import kept_circle
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.periods import PeriodTeacher
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.plans.money.files.rules import MoneyFile
from wss_cases.plans.money.funding.models import Funding, FundingChange
from wss_cases.plans.money.resources.models import PlanResource, ResourceEntry
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.paper import PlanPdf
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting
from wss_cases.plans.voices.votes import PlanVote
from wss_cases.practice.log import PracticeEntry
from wss_cases.practice.requests.models import CircleRequest
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.records.retention.core.pages import RecordDeletion
from wss_cases.roster.directory.models import School, Student
from wss_cases.routing.rule_sets import RuleSet
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.restraint import RestraintRecord
from wss_cases.surveys.rounds import SurveyRound
from wss_cases.training.importing import TrainingFile
from wss_cases.training.records.models import TrainingRecord, TrainingSession

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
Allows = Callable[[Actor, Any], bool]


def by(permission: P) -> Allows:
    """The permission map's answer."""
    return lambda actor, record: can(actor, permission, record)


FILTERS: dict[str, tuple[Any, Allows]] = {
    "cases.case.queries.visible_to": (Case, by(P.CASE_READ)),
    "pathways.common.queries.visible_to": (Pathway, by(P.CASE_READ)),
    "pathways.referrals.referral.queries.visible_to": (Referral, by(P.REFERRAL_ANSWER)),
    "incidents.incident.queries.visible_to": (Incident, by(P.INCIDENT_READ)),
    "incidents.incident.queries.care_visible_to": (CareRecord, by(P.CARE_WORK)),
    "roster.directory.queries.visible_to": (Student, by(P.STUDENT_READ)),
    "roster.networks.visible_to": (School, by(P.SCHOOL_MANAGE)),
    "records.disclosures.visible_to": (Student, by(P.DISCLOSURE_READ)),
    "attachments.attachment.visible_to": (Attachment, by(P.ATTACHMENT_READ)),
    "followups.core.queries.visible_to": (FollowUp, by(P.FOLLOWUP_READ)),
    "safeguards.duties.duty.queries.visible_to": (LegalDuty, by(P.DUTY_READ)),
    "safeguards.duties.duty.queries.mandated_visible_to": (LegalDuty, by(P.OWN_DUTY_READ)),
    "incidents.deputies.visible_to": (DeputyLook, by(P.DEPUTY_LOOK)),
    "safeguards.police.review.queries.visible_to": (PoliceReview, by(P.POLICE_REVIEW_READ)),
    "safeguards.discipline.removals.queries.actions_visible_to": (DisciplineAction, by(P.DISCIPLINE_READ)),
    "safeguards.restraint.restraints_visible_to": (RestraintRecord, by(P.DISCIPLINE_READ)),
    "casework.access.visible_to": (PastOpening, by(P.PAST_READ)),
    "pathways.mentoring.periods.visible_to": (PeriodTeacher, by(P.PERIOD_MARK)),
    "pathways.circles.circle.queries.led_visible_to": (
        Pathway,
        lambda actor, row: can(actor, P.CIRCLE_LEAD, kept_circle(row.id, DAY)),
    ),
    "pathways.circles.plans.models.visible_to": (CirclePlan, by(P.CIRCLE_PLAN_READ)),
    "plans.plan.core.models.visible_to": (SchoolPlan, by(P.PLAN_READ)),
    "plans.money.files.rules.visible_to": (MoneyFile, by(P.PLAN_MONEY_IMPORT)),
    "plans.money.funding.models.visible_to": (Funding, by(P.PLAN_READ)),
    "plans.money.funding.models.changes_visible_to": (FundingChange, by(P.PLAN_READ)),
    "plans.money.resources.queries.visible_to": (PlanResource, by(P.PLAN_READ)),
    "plans.money.resources.queries.entries_visible_to": (ResourceEntry, by(P.PLAN_READ)),
    "contacts.visible_to": (SchoolSergeant, by(P.CONTACT_READ)),
    "training.records.models.visible_to": (
        TrainingRecord,
        lambda actor, row: can(actor, P.TRAINING_OWN, row) or can(actor, P.TRAINING_MANAGE, row),
    ),
    "training.importing.visible_to": (TrainingFile, lambda actor, row: row.made_by_id == actor.user_id),
    "training.sessions.visible_to": (TrainingSession, by(P.TRAINING_MANAGE)),
    "plans.plan.paper.visible_to": (PlanPdf, by(P.PLAN_READ)),
    "plans.public.publications.models.visible_to": (PlanPublication, by(P.PLAN_READ)),
    "plans.voices.meetings.models.visible_to": (SchoolMeeting, by(P.PLAN_READ)),
    "plans.voices.meetings.models.heard_visible_to": (MeetingHeard, by(P.PLAN_READ)),
    "plans.voices.votes.visible_to": (PlanVote, by(P.PLAN_READ)),
    "practice.log.visible_to": (PracticeEntry, by(P.PRACTICE_WORK)),
    "practice.requests.models.visible_to": (CircleRequest, by(P.CIRCLE_REQUEST_WORK)),
    "surveys.rounds.visible_to": (SurveyRound, by(P.SURVEY_READ)),
    "records.family_copies.copy.pages.visible_to": (FamilyRelease, by(P.FAMILY_COPY_PREPARE)),
    "records.retention.deletion.erasure.deletions_visible_to": (RecordDeletion, by(P.RECORD_DELETE_READ)),
    "routing.rule_sets.visible_to": (RuleSet, by(P.RULES_READ)),
    "outcomes.counting.scope.queries.visible_to": (School, lambda actor, school: actor.covers(school.id, *READERS)),
    "board.stored_reports.visible_to": (BoardReport, reads_report),
    "outcomes.exports.export_log.visible_to": (ExportRecord, may_know),
    "accounts.managed_accounts.visible_to": (
        UserAccount,
        lambda actor, user: (
            can(actor, P.ACCOUNT_MANAGE, user)
            and manages(actor, [held for held in user.grants if not is_over(held, NOW)])
        ),
    ),
}
"""Every filter of what an actor may see: the records it filters, and what is asked of one of them."""


def filters() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function of the application that is called so."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        found = importlib.import_module(name.removesuffix(".__init__"))
        for name, function in inspect.getmembers(found, inspect.isfunction):
            if name.endswith("visible_to") and name[0] != "_" and function.__module__ == found.__name__:
                yield f"{found.__name__.removeprefix('wss_cases.')}.{name}", function


def shown(function: Callable[..., Any], model: Any, actor: Actor) -> set[int]:
    """The ids of the records that a filter leaves, however it wants to be called."""
    wanted = inspect.signature(function).parameters.values()
    names = [one.name for one in wanted if one.default is one.empty]
    more = {"day": DAY, "today": DAY, "now": NOW, "school_column": School.id}
    if names[0] == "actor":
        return set(db.session.scalars(select(model.id).where(function(actor))))
    arguments = [more[name] for name in names[2:]]
    return set(db.session.scalars(function(select(model.id), actor, *arguments)))


def actors(schools: list[School], people: list[int], partners: list[int]) -> Iterator[Actor]:
    """Each role at one school, at both, in the district, for a partner and nowhere; as owner and as anybody."""
    for role, user_id in product(Role, people):
        for where in ([0], [1], [0, 1]):
            yield Actor(user_id, "x", tuple(Grant(role, school_id=schools[at].id) for at in where))
        yield Actor(user_id, "x", (Grant(role, district=True),))
        yield Actor(user_id, "x", (Grant(role),))
    for partner_id in partners:
        yield Actor(people[0], "x", (Grant(Role.PARTNER, partner_id=partner_id),))


def disagreements(schools: list[School], only: str = "") -> list[str]:
    """Where a filter, or one alone, and the predicate say two things of one record of these schools."""
    owners = [case.lead_id for case in db.session.scalars(select(Case))]
    named = [review.approver_id for review in db.session.scalars(select(PoliceReview)) if review.approver_id]
    partners = [referral.partner_id for referral in db.session.scalars(select(Referral))]
    everybody = list(actors(schools, [*owners, *named, 0], partners))
    found = []
    for name, function in filters():
        if only not in ("", name):
            continue
        model, allows = FILTERS[name]
        records = db.session.scalars(select(model)).all()
        seen = 0
        for actor in everybody:
            permitted = {record.id for record in records if allows(actor, record)}
            listed = shown(function, model, actor)
            seen += len(listed)
            if listed != permitted:
                found.append(f"{name}, {actor.grants}: listed {listed - permitted}, not {permitted - listed}")
        assert seen or not records, f"{name} shows nobody anything"
    return found


def test_a_list_shows_what_its_records_permit(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(FILTERS) == {name for name, _function in filters()}, "a new filter wants its predicate here"
    schools = [SchoolFactory() for _ in range(2)]
    for school in schools:
        plant(school.id)
    db.session.commit()
    assert disagreements(schools) == []

    def forgetful(statement: Any, actor: Actor) -> Any:
        return statement

    forgetful.__module__, forgetful.__name__ = case_queries.__name__, "visible_to"
    monkeypatch.setattr(case_queries, "visible_to", forgetful)
    assert disagreements(schools, "cases.case.queries.visible_to"), "planted"


READS: dict[str, tuple[P, ...]] = {
    "incident": (P.INCIDENT_READ,),
    "case_record": (P.CASE_READ,),
    "follow_up": (P.FOLLOWUP_READ,),
    "legal_duty": (P.DUTY_READ, P.OWN_DUTY_READ),
    "care_record": (P.CARE_WORK,),
    "police_review": (P.POLICE_REVIEW_READ,),
    "discipline_action": (P.DISCIPLINE_READ,),
    "pathway": (P.CASE_READ,),
    "referral": (P.REFERRAL_ANSWER, P.CASE_READ),
    "circle_request": (P.CIRCLE_REQUEST_WORK,),
    "attachment": (P.ATTACHMENT_SEALED,),
}
"""What a mail is about, and which permissions let somebody know of it."""


ENDED = "referral.ended"
"""Tells a partner that there is nothing to see any more."""


def misdirected(world: World, only: str = "") -> tuple[list[str], int]:
    """Every kind of mail, or one, readdressed to everybody: who would get it and may not know, and how many would."""
    elsewhere = SchoolFactory()
    strangers = [make_user(role, elsewhere) for role in (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)]
    found, written = [], 0
    for kind, make in MAKERS.items():
        if only not in ("", kind):
            continue
        message = make(world)
        if message.object_type not in READS or kind == ENDED:
            continue
        for person in [*world.people.values(), *strangers]:
            message.recipient_id = person.id
            db.session.commit()
            if compose(message, NOW) is None:
                continue
            written += 1
            actor = as_delivered(person)
            record = load_object(message.object_type, message.object_id)
            if not any(can(actor, permission, record) for permission in READS[message.object_type]):
                found.append(f"{kind} to {[grant.role.value for grant in actor.grants]}")
    return found, written


def as_delivered(person: UserAccount) -> Actor:
    """The person as the delivery knows them."""
    grants = tuple(Grant(g.role, g.school_id, g.district, g.partner_id) for g in person.grants)
    return Actor(person.id, person.name, grants)


def test_mail_goes_to_nobody_who_may_not_know(session: Any, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at("2026-11-24 10:00")
    found, written = misdirected(make_world())
    assert not found, "\n".join(found)
    assert written > 15
    careless = replace(registry.kinds()["incident.danger"], still_due=lambda message, actor: True)
    monkeypatch.setitem(registry._kinds, "incident.danger", careless)
    assert "incident.danger to ['dean']" in misdirected(make_world(), "incident.danger")[0]
