"""One record of every kind in one school, so that every address of the walk has somewhere to lead."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select

from tests.attachments.scenes import plant_attachments
from tests.factories.accounts import make_user
from tests.factories.base import put
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory
from tests.factories.referrals import PartnerFactory, make_referral
from tests.factories.roster import StudentFactory
from tests.factories.safeguards import DisciplineActionFactory, LegalDutyFactory, make_notification
from tests.plans.money.planting import plant_money
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import Cover, RoleGrant, UserAccount, UserSession
from wss_cases.api.tokens import ApiToken, Reach, Scope
from wss_cases.board.stored_reports import BOARD_REPORTS
from wss_cases.cases.case.models import Case, CaseParticipant, SafetyPlan
from wss_cases.contacts import SafePassageRoute, SchoolSergeant, ThreatTeam
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import seal
from wss_cases.foundation.settings import setting
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.incidents.incident.models import CareRecord, Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonKind
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.push.rules import PURPOSE as PUSH
from wss_cases.mail.push.rules import PushDevice
from wss_cases.mail.webhooks.messages import Webhook
from wss_cases.outcomes.published.queries import PublishedSchool
from wss_cases.pathways.circles.circle.models import (
    CircleKeeper,
    CircleMeeting,
    CircleOutsideKeeper,
    CircleSupporter,
    SupporterRelation,
)
from wss_cases.pathways.circles.notes.messages import ExceptionKind, NoteOpening, PrivilegeWaiver
from wss_cases.pathways.circles.plans.models import CirclePlan, CirclePlanKind
from wss_cases.pathways.circles.questionnaires.models import Answerer, Occasion, Questionnaire
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.pathways.mentoring.periods import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import DailyCard, Mentor, MentoringGroup, MentoringPlan, MentorKind
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.plans.plan.committee import MemberGroup, PlanMember
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.paper import PLAN_PDFS
from wss_cases.plans.plan.progress import PlanReview, PlanReviewGoal, ReviewKind
from wss_cases.plans.plan.templates import PlanTemplate
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.voices.meetings.models import MeetingHeard, MeetingType, SchoolMeeting, Theme
from wss_cases.plans.voices.votes import PlanVote, VoteResult, VotingBody
from wss_cases.practice.log import Leader, PracticeEntry, PracticeKind
from wss_cases.practice.requests.models import CircleRequest, RequestLink, Wish
from wss_cases.records.family_copies.copy.models import (
    Asker,
    FamilyRelease,
    FamilyReleaseCopy,
    Manner,
    ReleaseState,
    digest,
)
from wss_cases.records.named_in_error.actions import TakingOut
from wss_cases.records.retention.core.pages import DeletionState, RecordDeletion
from wss_cases.records.stored_pdfs import PdfState
from wss_cases.roster.calendar.importing.models import CalendarDraft
from wss_cases.roster.directory.models import ImportRun, School, Student
from wss_cases.roster.role_files import RoleFile
from wss_cases.roster.staff_accounts.models import AccountRule
from wss_cases.roster.uploads import RosterUpload, UploadState
from wss_cases.routing.engine.vocabulary import Kind, RuleSetState
from wss_cases.routing.replay.models import Replay, ReplayChange
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet
from wss_cases.safeguards.discipline.consequences import ConsequenceKind, MinorConsequence
from wss_cases.safeguards.discipline.removals.models import AskedBy, DisciplineAppeal
from wss_cases.safeguards.police.review.models import NotificationGround
from wss_cases.safeguards.questioning.models import QuestionedBy, Questioning
from wss_cases.safeguards.restraint import RestraintKind, RestraintRecord
from wss_cases.surveys.links import SurveyLink, code_of
from wss_cases.surveys.rounds import (
    SurveyGroup,
    SurveyRound,
    SurveyScale,
    SurveyTally,
    SurveyWall,
    Way,
    blank,
    seal_counts,
)
from wss_cases.training.importing import TrainingFile
from wss_cases.training.records.models import TrainingRecord, TrainingSession
from wss_cases.training.requirements.models import Shape, TrainingRequirement
from wss_cases.training.topics import KnownTopic

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
FAR_NUMBER = 90_000
HOLD_RULE = "H2"
KINDS = (
    *(Kind.CONVERSATION, Kind.CHECK_IN_CHECK_OUT, Kind.FAMILY_SUPPORT, Kind.REENTRY_CIRCLE),
    *(Kind.PEACE_CIRCLE, Kind.PEER_CONFERENCE),
)
"""A kind of each family; the two circles last, one for the meeting and one for the agreement."""


@dataclass(frozen=True)
class Planted:
    """What everything else of a school hangs on."""

    school: School
    lead: UserAccount
    reporter: UserAccount
    student: Student
    incident: Incident
    case: Case
    participant: CaseParticipant
    follow_up: FollowUp

    @property
    def placed(self) -> dict[str, int]:
        return {"case_id": self.case.id, "school_id": self.school.id}


def plant(school_id: int, reporter_email: str = "") -> None:
    """Add the records; the incident is reported by the person of that address, else by one of the school."""
    school = db.session.get_one(School, school_id)
    elsewhere = db.session.scalars(select(School).where(School.id != school_id).order_by(School.id)).first()
    if elsewhere is not None:
        plant_part(school, elsewhere)  # before the report that most addresses lead to, which is the newest
    one = plant_case(school, reporter_email)
    if elsewhere is not None:
        one.incident.people.append(IncidentPerson(kind=PersonKind.NOT_IDENTIFIED, other_school_id=elsewhere.id))
    plant_duties(one)
    plant_discipline(school_id, one.incident.id, one.student)
    plant_retention(one.student, one.lead)
    plant_cover(one.school, one.lead)
    pathways = [PathwayFactory(kind=kind.value, state=PathwayState.ACTIVE, **one.placed) for kind in KINDS]
    plant_mentoring(pathways[1], one.participant, one.reporter)
    db.session.add(
        ReengagementPlan(
            pathway_id=pathways[3].id, student_id=one.student.id, return_on=date(2026, 12, 1), **one.placed
        )
    )
    plant_circle(one, pathways[-2])
    plant_agreement(one, pathways[-1])
    plant_keeping(pathways[-1], one.lead, one.participant.id)
    plant_leading(one, pathways[-1])
    plant_referral(pathways[2], one.student, own=bool(reporter_email))
    plant_rules(one.incident.id)
    plant_copy(school_id, one.student.id, one.incident.id, one.lead)
    plant_workday(one)
    plant_practice(one)
    plant_plan(one)
    plant_report(school_id, one.lead)
    plant_survey(one)
    plant_money(one.school.id, one.lead.id, NOW)
    plant_voices(one)
    plant_attachments(one, pathways[-1])
    db.session.commit()


def plant_case(school: School, reporter_email: str) -> Planted:
    """A report with somebody who is said to be named in error, its case with a safety plan, and a follow-up."""
    lead = make_user(Role.COORDINATOR, school)
    reporter = lead
    if reporter_email:
        found = select(UserAccount).where(UserAccount.email == reporter_email)
        reporter = db.session.execute(found).scalar_one()
    student = StudentFactory(school_id=school.id)
    incident = make_incident(
        school, [student], reporter_id=reporter.id, number=FAR_NUMBER, reference=f"WALK{school.id}-I"
    )
    taking_out = TakingOut(
        incident_id=incident.id, school_id=school.id, incident_person_id=incident.people[0].id, needs_second=True,
        reason="A brother of the same name", asked_by_id=lead.id, asked_at=NOW,
    )  # fmt: skip
    db.session.add(taking_out)
    db.session.flush()
    db.session.add(
        DeputyLook(
            incident_id=incident.id, school_id=school.id, object_type="taking_out", object_id=taking_out.id,
            asked_at=NOW, deputy_id=lead.id,
        )
    )  # fmt: skip
    case = CaseFactory(school_id=school.id, lead_id=lead.id, number=FAR_NUMBER, reference=f"WALK{school.id}-C")
    CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
    participant = CaseParticipantFactory(case_id=case.id, student_id=student.id)
    db.session.add(
        SafetyPlan(
            case_id=case.id,
            school_id=school.id,
            participant_id=participant.id,
            steps="A teacher walks along to the bus.",
            adults_told="The homeroom teacher",
        )
    )
    follow_up = FollowUpFactory(school_id=school.id, case_id=case.id, owner_id=lead.id)
    return Planted(school, lead, reporter, student, incident, case, participant, follow_up)


def plant_part(school: School, elsewhere: School) -> None:
    """What somebody of the school whom nobody named yet had a part in at another school, with somebody of that one."""
    number = {"number": FAR_NUMBER - 1, "reference": f"WALK{school.id}-P"}
    part = make_incident(school, happened_at_id=elsewhere.id, **number)
    part.people += [IncidentPerson(kind=PersonKind.NOT_IDENTIFIED, other_school_id=one) for one in (None, elsewhere.id)]


def plant_duties(one: Planted) -> None:
    """A duty of the school and an adult's own, a questioning, a notification and a School Sergeant."""
    placed = {"school_id": one.school.id, "incident_id": one.incident.id}
    duty = LegalDutyFactory(**placed)
    LegalDutyFactory(**placed, code="child_abuse_or_neglect", owner_id=one.reporter.id)
    db.session.add(
        Questioning(
            **placed, student_id=one.student.id, duty_id=duty.id, asked_by=QuestionedBy.POLICE, who="An officer",
            why="A question", recorded_at=NOW,
        )
    )  # fmt: skip
    make_notification(one.incident, NotificationGround.EMERGENCY, NOW.date(), NOW)
    db.session.add(SchoolSergeant(school_id=one.school.id, police_district="010", name="Walked Sergeant"))
    at_corner = {"place": "Walked corner", "hours": "7 to 9", "vendor": "Walked vendor", "starts_on": date(2026, 8, 1)}
    db.session.add(SafePassageRoute(school_id=one.school.id, **at_corner))
    db.session.add(ThreatTeam(school_id=one.school.id, filed_on=date(2026, 9, 1), roles=["teacher"], recorded_at=NOW))


def plant_circle(one: Planted, circle: Pathway) -> None:
    """A meeting of a circle with a support person, by a trained keeper."""
    db.session.add(CircleMeeting(pathway_id=circle.id, keeper_id=one.lead.id, starts_at=NOW, **one.placed))
    db.session.add(
        CircleSupporter(
            pathway_id=circle.id,
            participant_id=one.participant.id,
            relation=SupporterRelation.FAMILY,
            name="An aunt",
            **one.placed,
        )
    )
    db.session.add(
        TrainingRecord(
            school_id=one.school.id,
            user_id=one.lead.id,
            topic=KnownTopic.CIRCLE_KEEPING,
            completed_on=date(2026, 9, 1),
            recorded_at=NOW,
        )
    )
    plant_training(one)


def plant_training(one: Planted) -> None:
    """A session of the school, an uploaded file, and one requirement of every school."""
    of_today = {"held_on": NOW.date(), "minutes": 90, "made_at": NOW}
    topic = KnownTopic.RESTORATIVE_PRACTICE
    db.session.add(TrainingSession(school_id=one.school.id, topic=topic, **of_today))
    of_lead = {"school_id": one.school.id, "made_by_id": one.lead.id, "made_at": NOW}
    db.session.add(TrainingFile(name="walk.csv", rows=[], **of_lead))
    db.session.add(
        TrainingRequirement(topic=topic, shape=Shape.SCHOOL_MINIMUM, minimum=2, starts_on=date(2026, 8, 1), source="")
    )


def plant_agreement(one: Planted, circle: Pathway) -> None:
    """An agreement with a term, and a questionnaire about the meeting."""
    agreement = Agreement(pathway_id=circle.id, agreed_on=date(2026, 11, 20), **one.placed)
    agreement.terms = [
        AgreementTerm(
            position=1,
            text="Apologize",
            owner_participant_id=one.participant.id,
            due_on=date(2026, 12, 1),
            follow_up_id=one.follow_up.id,
        )
    ]
    db.session.add(agreement)
    db.session.add(
        Questionnaire(
            pathway_id=circle.id,
            occasion=Occasion.AFTER_MEETING,
            answerer=Answerer.HARMED,
            participant_id=one.participant.id,
            token_digest=f"walk-{one.school.id}",
            made_at=NOW,
            expires_at=datetime(2099, 1, 1, tzinfo=UTC),
            **one.placed,
        )
    )


def plant_workday(one: Planted) -> None:
    """A cover of today, an uploaded calendar, a webhook, a rule of accounts, a published school, a care record, a
    failed mail, and a device that gets messages."""
    placed = {"school_id": one.school.id}
    db.session.add(
        Cover(
            user_id=one.lead.id,
            cover_id=make_user(Role.COORDINATOR, one.school).id,
            starts_on=NOW.date(),
            ends_on=NOW.date(),
            made_at=NOW,
            **placed,
        )
    )
    draft = {"school_year": "2026-27", "source": "walk.csv", "digest": "", "events": [], "problems": [], "made_at": NOW}
    db.session.add(CalendarDraft(**draft))
    hook = {"url": "https://hooks.example", "events": ["danger.reported"], "school_ids": [], "made_at": NOW}
    db.session.add(Webhook(name=f"Walked Hook {one.school.id}", **hook))
    sent = {"source": "feed", "file_name": "walk.zip", "size": 1, "made_by_id": one.lead.id, "made_at": NOW}
    db.session.add(RosterUpload(state=UploadState.CHECKED, report={"files": {}, "problems": []}, **sent))
    db.session.add(ImportRun(kind="oneroster", source="feed", started_at=NOW, landed=False, report={}))
    db.session.add(RoleFile(name="walk.csv", rows=[], made_by_id=one.lead.id, made_at=NOW))
    secret = {"secret_digest": f"walk {one.school.id}", "last_letters": "walk", "salt": "walk"}
    read = {"scopes": [Scope.SCHOOLS], "reach": Reach.ALL, "schools": [], "made_by_id": one.lead.id, "made_at": NOW}
    db.session.add(ApiToken(name="Walk", counted_from=NOW, ends_on=date(2027, 6, 1), **secret, **read))
    db.session.add(AccountRule(staff_role="teacher", role=Role.REPORTER, starts_on=NOW.date(), said_at=NOW))
    db.session.add(PublishedSchool(identifier=f"W{one.school.id}", name="Walked School"))
    db.session.add(CareRecord(student_id=one.student.id, reporter_id=one.reporter.id, opened_at=NOW, **placed))
    db.session.add(
        OutboxMessage(
            dedupe_key=f"walk:{one.school.id}",
            kind="follow_up",
            recipient_id=one.lead.id,
            object_type="follow_up",
            object_id=one.follow_up.id,
            created_at=NOW,
            next_attempt_at=NOW,
            state=OutboxState.FAILED,
            message_id=f"walk-{one.school.id}",
            **placed,
        )
    )
    times = {"created_at": NOW, "last_seen_at": NOW, "expires_at": NOW}
    signed_in = UserSession(token_digest=f"walk {one.school.id}", user_id=one.lead.id, **times)
    db.session.add(signed_in)
    db.session.flush()
    sealed = seal(setting("WSS_KEYS"), PUSH, "{}")
    device = {"sealed_text": sealed.text, "sealed_key": sealed.key, "key_name": sealed.key_name, "server_key": "walk"}
    theirs = {"user_id": one.lead.id, "session_id": signed_in.id, "made_at": NOW, "seen_at": NOW}
    db.session.add(PushDevice(endpoint_digest=f"walk {one.school.id}", **device, **theirs))


def plant_plan(one: Planted) -> None:
    """A draft of a safety plan for years that no demo plan has, with a part of each kind, and a review."""
    plan = put(
        SchoolPlan(
            school_id=one.school.id, first_year="2040-41", last_year="2040-41", number=1, state=PlanState.DRAFT,
            lead_id=one.lead.id, template_id=db.session.scalars(select(PlanTemplate.id)).first(),
            started_by_id=one.lead.id, started_at=NOW,
        )
    )  # fmt: skip
    of_plan = {"school_id": plan.school_id, "plan_id": plan.id}
    put(PlanMember(member_group=MemberGroup.LABOR, organization="A union", starts_on=NOW.date(), **of_plan))
    goal = PlanGoalFactory(why_not_measured="Nobody counts this yet.", **of_plan)
    strategy = PlanStrategyFactory(goal_id=goal.id, **of_plan)
    PlanStepFactory(strategy_id=strategy.id, due_on=date(2040, 12, 1), **of_plan)
    review = put(PlanReview(kind=ReviewKind.ANNUAL, held_on=NOW.date(), summary="", written_at=NOW, **of_plan))
    db.session.add(PlanReviewGoal(review_id=review.id, goal_id=goal.id, what_changes="", **of_plan))


def plant_voices(one: Planted) -> None:
    """A meeting with something that was heard, a committee's vote on the draft, and a version that is not read now."""
    plan_id = db.session.scalars(select(SchoolPlan.id).order_by(SchoolPlan.id.desc())).first()
    by = {"school_id": one.school.id, "recorded_at": NOW, "recorded_by_id": one.lead.id}
    counts = dict.fromkeys(("students", "families", "staff", "community"), 3)
    meeting = SchoolMeeting(
        kind=MeetingType.COMMITTEE, held_on=NOW.date(), topic=f"walk {one.school.id}", languages=["en"],
        interpreter=False, members=5, quorum=3, **counts, **by,
    )  # fmt: skip
    db.session.add(meeting)
    db.session.flush()
    heard = {"theme": Theme.POLICE, "heard": f"walk heard {one.school.id}", "answer_due_on": NOW.date()}
    numbers = {"yes": 3, "no": 1, "abstained": 0, "quorum": 3, "result": VoteResult.APPROVED}
    db.session.add(MeetingHeard(meeting_id=meeting.id, **heard, **by))
    db.session.add(PlanVote(plan_id=plan_id, meeting_id=meeting.id, body=VotingBody.COMMITTEE, **numbers, **by))
    db.session.add(
        PlanPublication(
            school_id=one.school.id, plan_id=plan_id, number=900, summary_en="walk", summary_es="walk", content={},
            figures=[], figures_year="2040-41", published_at=NOW, published_by_id=one.lead.id, replaced_at=NOW,
        )
    )  # fmt: skip


def plant_practice(one: Planted) -> None:
    """A circle that the reporter logged, and a request by the school's link."""
    db.session.add(
        PracticeEntry(
            school_id=one.school.id, held_on=NOW.date(), kind=PracticeKind.COMMUNITY, grade=7, place="Room 204",
            leader=Leader.STAFF, led_by_id=one.reporter.id, students=20, adults=1, minutes=20,
            logged_by_id=one.reporter.id, logged_at=NOW,
        )
    )  # fmt: skip
    link = RequestLink(school_id=one.school.id, code=f"walk-{one.school.id}", made_at=NOW, made_by_id=one.lead.id)
    db.session.add(link)
    db.session.add_all(
        [
            CirclePlan(kind=CirclePlanKind.SHELF, title="A shelf plan", **_plan_of(one)),
            CirclePlan(
                kind=CirclePlanKind.COMMUNITY, title="A planned circle", planned_on=NOW.date(),
                keeper_id=one.reporter.id, **_plan_of(one),
            ),
        ]
    )  # fmt: skip
    db.session.flush()
    db.session.add(
        CircleRequest(
            school_id=one.school.id, link_id=link.id, form_key=f"walk-{one.school.id}", asked_at=NOW, wish=Wish.GROUP,
            in_danger=False, words="We would like to talk", contact="At lunch",
        )
    )  # fmt: skip


def plant_survey(one: Planted) -> None:
    """A survey that is planned at the school, with a link, a code on the wall, and tallies without an answer."""
    planned = SurveyRound(
        school_id=one.school.id, school_year="2029-30", opens_on=date(2030, 1, 7), closes_on=date(2030, 1, 18),
        notice_on=date(2029, 12, 1), asks_students=True, asks_families=True, asks_staff=False, made_at=NOW,
        made_by_id=one.lead.id,
    )  # fmt: skip
    db.session.add(planned)
    db.session.flush()
    db.session.add(SurveyWall(round_id=planned.id, code=f"walk-{one.school.id}"))
    nonce = f"walk-{one.school.id}"
    asked = {"round_id": planned.id, "audience": SurveyGroup.STUDENT}
    db.session.add(SurveyLink(grade=9, nonce=nonce, digest=token_digest(code_of(nonce)), **asked))
    for group in planned.groups:
        tally = SurveyTally(round_id=planned.id, audience=group, way=Way.INVITED)
        seal_counts(tally, blank([("safe", SurveyScale.AGREE)]))
        db.session.add(tally)


def _plan_of(one: Planted) -> dict[str, object]:
    by = {"written_by_id": one.reporter.id, "written_at": NOW}
    return {"school_id": one.school.id, "rounds": "How do you arrive today?", **by}


def plant_retention(student: Student, proposer: UserAccount) -> None:
    """Hold a student's record, and propose the deletion of another's."""
    placed = {"school_id": student.school_id}
    db.session.add_all(
        [
            LegalHold(
                student_id=student.id, kind=HoldKind.COURT_ORDER, asked_by="A court", reason="Order 12", opened_at=NOW,
                opened_by_id=proposer.id, **placed,
            ),
            RecordDeletion(
                state=DeletionState.PROPOSED, proposed_by_id=proposer.id, proposed_at=NOW, counts={}, **placed
            ),
        ]
    )  # fmt: skip


def plant_keeping(circle: Pathway, keeper: UserAccount, participant_id: int) -> None:
    """Let somebody keep a circle, with a waiver and an open hold."""
    placed = {"pathway_id": circle.id, "school_id": circle.school_id}
    period = CircleKeeper(case_id=circle.case_id, user_id=keeper.id, added_at=NOW, **placed)
    db.session.add(period)
    db.session.flush()
    db.session.add_all(
        [
            NoteOpening(
                keeper_id=period.id,
                kind=ExceptionKind.PREVENT_HARM,
                note_ids=[],
                reason="A threat",
                asked_at=NOW,
                asked_by_id=keeper.id,
                **placed,
            ),
            PrivilegeWaiver(
                participant_id=participant_id,
                signed_on=NOW.date(),
                scope="What I said",
                reason="Asked for it",
                recorded_at=NOW,
                recorded_by_id=keeper.id,
                **placed,
            ),
            LegalHold(kind=HoldKind.LEGAL_HOLD, reason="A letter", opened_at=NOW, opened_by_id=keeper.id, **placed),
        ]
    )


def plant_leading(one: Planted, circle: Pathway) -> None:
    """A plan of a circle, and the reporter, trained, as one of its keepers, who sees it without its case."""
    of_circle = {"pathway_id": circle.id, "case_id": one.case.id}
    db.session.add(CirclePlan(kind=CirclePlanKind.CIRCLE, title="A circle's plan", **_plan_of(one), **of_circle))
    partner = PartnerFactory(name=f"Outside {one.school.id}", agreement_from=date(2026, 8, 1))
    db.session.add(
        CircleOutsideKeeper(pathway_id=circle.id, partner_id=partner.id, name="Maya Ortiz", added_at=NOW, **one.placed)
    )
    if one.reporter.id == one.lead.id:
        return
    trained = {"topic": KnownTopic.CIRCLE_KEEPING, "completed_on": date(2026, 9, 1), "recorded_at": NOW}
    db.session.add_all(
        [
            CircleKeeper(user_id=one.reporter.id, added_at=NOW, pathway_id=circle.id, **one.placed),
            TrainingRecord(school_id=one.school.id, user_id=one.reporter.id, **trained),
        ]
    )


def plant_referral(pathway: Pathway, student: Student, own: bool) -> None:
    """Add a referral that waits for an answer: to the demo partner's organisation, or to another one."""
    partner = PartnerFactory(name=f"Walked Partner {pathway.school_id}")
    if own:
        found = select(RoleGrant).join(UserAccount).where(UserAccount.email == "partner@demo.example")
        grant = db.session.execute(found).scalar_one()
        grant.partner_id = grant.partner_id or partner.id
        partner = db.session.get_one(Partner, grant.partner_id)
    make_referral(pathway, student, partner)


def plant_discipline(school_id: int, incident_id: int, student: Student) -> None:
    """A discipline action with an appeal that waits, and a time-out."""
    placed = {"school_id": school_id, "incident_id": incident_id, "student_id": student.id}
    action = DisciplineActionFactory(**placed)
    person = db.session.scalars(select(IncidentPerson).where(IncidentPerson.incident_id == incident_id)).first()
    db.session.add(
        MinorConsequence(
            school_id=school_id,
            incident_id=incident_id,
            incident_person_id=person.id if person else None,
            kind=ConsequenceKind.DETENTION,
            given_on=date(2026, 11, 20),
            given_at=NOW,
        )
    )
    db.session.add(
        DisciplineAppeal(
            action_id=action.id,
            school_id=school_id,
            asked_by=AskedBy.GUARDIAN,
            asked_on=date(2026, 11, 20),
            recorded_at=NOW,
        )
    )
    db.session.add(
        RestraintRecord(
            **placed,
            kind=RestraintKind.TIME_OUT,
            local_date=date(2026, 11, 24),
            started_at=NOW,
            ended_at=NOW,
            danger="A chair was lifted.",
            tried="Talking.",
            staff_present="Two teachers.",
            harm="none",
            reviewed_on=date(2026, 11, 24),
            review="Read.",
            recorded_at=NOW,
        )
    )


def plant_mentoring(pathway: Pathway, participant: CaseParticipant, teacher: UserAccount) -> None:
    """Give a mentoring pathway its student, a mentor with a group, a plan, a card, a teacher."""
    school = {"school_id": pathway.school_id}
    placed = {**school, "case_id": pathway.case_id, "pathway_id": pathway.id}
    mentor = Mentor(kind=MentorKind.PARTNER, name="Walked Mentor", organisation="Partner", capacity=3, **school)
    db.session.add(mentor)
    db.session.flush()
    pathway.participant_id = participant.id
    db.session.add_all(
        [
            MentoringGroup(mentor_id=mentor.id, name="Walked Group", **school),
            MentoringPlan(mentor_id=mentor.id, goal="A calm start", starts_on=date(2026, 11, 2), **placed),
            DailyCard(expectations=["Kind words"], periods=["Period 1"], **placed),
            PeriodTeacher(period="Period 1", user_id=teacher.id, **placed),
        ]
    )


def plant_cover(school: School, lead: UserAccount) -> None:
    """Let a colleague stand in for the lead, far from today."""
    colleague = make_user(Role.COORDINATOR, school)
    db.session.add(
        Cover(
            school_id=school.id,
            user_id=lead.id,
            cover_id=colleague.id,
            starts_on=date(2030, 1, 7),
            ends_on=date(2030, 1, 11),
            made_at=NOW,
        )
    )


def plant_copy(school_id: int, student_id: int, incident_id: int, prepared_by: UserAccount) -> None:
    """A copy that was released to a family."""
    release = FamilyRelease(
        school_id=school_id, student_id=student_id, state=ReleaseState.RELEASED, asked_by=Asker.STUDENT,
        asked_name="Walked Family", asked_on=NOW.date(), language="en", incident_ids=[incident_id], parts=[],
        prepared_by_id=prepared_by.id, prepared_at=NOW, handed_on_by_id=prepared_by.id, handed_on_at=NOW,
        released_at=NOW, manner=Manner.IN_PERSON, identity="Known here",
    )  # fmt: skip
    db.session.add(release)
    db.session.flush()
    kept = json.dumps({"language": "en", "student": "Walked", "asked_by": "Walked Family", "sections": []})
    db.session.add(
        FamilyReleaseCopy(
            release_id=release.id, school_id=school_id, student_id=student_id, text=kept, sha256=digest(kept),
            made_at=NOW,
        )
    )  # fmt: skip


def plant_report(school_id: int, asked_by: UserAccount) -> None:
    """Add a board report of the school and a PDF of its plan that are ready."""
    plan_id = db.session.scalars(select(SchoolPlan.id).order_by(SchoolPlan.id.desc())).first()
    of_year = {"school_year": "2026-27", "starts_on": date(2026, 8, 1), "ends_on": date(2026, 10, 31)}
    for kind, whose in ((BOARD_REPORTS, of_year), (PLAN_PDFS, {"plan_id": plan_id})):
        sealed = seal(setting("WSS_KEYS"), kind.purpose, base64.b64encode(b"%PDF-1.7 walked").decode("ascii"))
        kept = {"sealed_text": sealed.text, "sealed_key": sealed.key, "key_name": sealed.key_name}
        by = {"language": "en", "state": PdfState.READY, "asked_by_id": asked_by.id, "asked_at": NOW, "ended_at": NOW}
        db.session.add(kind.model(school_id=school_id, **whose, **by, **kept))
    db.session.flush()


def plant_rules(incident_id: int) -> None:
    """Add a draft of the rules in force, and an answer with a hold on the incident's circles."""
    found = select(RuleSet).order_by(RuleSet.number.desc()).limit(1)
    latest = db.session.execute(found).scalar_one()
    draft = RuleSet(name=latest.name, number=latest.number + 1, state=RuleSetState.DRAFT, table_rows=latest.table_rows)
    db.session.add(draft)
    hold = {
        "applies_to": "face_to_face",
        "rules": [HOLD_RULE],
        "because": {"en": "There is bullying.", "es": "Hay acoso."},
        "until": {"en": "a safety plan is agreed", "es": "haya un plan de seguridad"},
    }
    answer = {
        "ruleset": {"name": latest.name, "version": latest.number},
        "holds": [hold],
        "pathways": [],
        "duties": [],
        "police": "not_indicated",
        "follow_ups": [],
        "notes": [],
    }
    db.session.add(
        RoutingAnswer(incident_id=incident_id, rule_set_id=latest.id, created_at=NOW, facts={}, answer=answer)
    )
    db.session.flush()
    # of the published rules: who drops a draft, as any of the district may, drops its replay with it
    published = db.session.scalars(select(func.min(RuleSet.id))).one()
    replay = Replay(
        rule_set_id=published, rows_digest="0" * 64, starts_on=NOW.date(), ends_on=NOW.date(), asked_at=NOW, total=1
    )
    db.session.add(replay)
    db.session.flush()
    where = db.session.execute(select(Incident.school_id).where(Incident.id == incident_id)).scalar_one()
    db.session.add(
        ReplayChange(
            replay_id=replay.id, incident_id=incident_id, school_id=where, changes=[], broken=["duty_lost:"],
            is_read=True,
        )
    )  # fmt: skip
