"""One queued message of every registered kind, in a school where every text that a person wrote is the canary.

A kind that is not in MAKERS fails the tests: add a maker here when a kind of mail is added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.access.world import plant
from tests.attachments.planting import make_attachment
from tests.factories.accounts import UserFactory, make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.referrals import PartnerFactory, make_partner_user, make_referral
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory, LegalDutyFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, Cover, Invitation, RoleGrant, UserAccount
from wss_cases.accounts.network_approvers import NetworkApprover
from wss_cases.attachments.handling import SEALED as FILE_SEALED
from wss_cases.board.report.queries import Every
from wss_cases.board.stored_reports import BoardReport, BoardSubscription
from wss_cases.cases.case.models import CaseState
from wss_cases.casework.access.one_case import CaseOpening
from wss_cases.followups.reminders.rules import TO_ADMINISTRATOR
from wss_cases.followups.reminders.sweep import due_key, given_key, late_key
from wss_cases.foundation.db import Base, db
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.incidents.incident.models import CareRecord
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.assignment import MAIL as REPORT_ASSIGNED
from wss_cases.intake.assignment import Assignment
from wss_cases.intake.offline.messages import GONE as UNFILED_GONE
from wss_cases.intake.offline.messages import WAITS as UNFILED
from wss_cases.intake.offline.messages import EntryKind, EntryState, OfflineEntry
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.audit_heads import HEAD, head_key, week_of
from wss_cases.mail.common.pages import StandbyLapse
from wss_cases.mail.security_alerts import WORDS as ACCOUNT_WORDS
from wss_cases.mail.webhooks.messages import OFF as WEBHOOK_OFF
from wss_cases.mail.webhooks.messages import Webhook
from wss_cases.outcomes.edfi.pushing.pages import FAILED as PUSH_FAILED
from wss_cases.outcomes.exports.export_log import ExportRecord
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting, MeetingInvitation
from wss_cases.pathways.circles.invitations import invitation_key
from wss_cases.pathways.circles.notes.messages import HAND_OVER, LEFT, WORD_ASKED, NoteOpening
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.referrals.referral.pages import overdue_key
from wss_cases.pathways.referrals.referral.rules import ReferralState
from wss_cases.practice.requests.messages import ASKED as CIRCLE_ASKED
from wss_cases.practice.requests.messages import DANGER as DANGER_ASKED
from wss_cases.practice.requests.messages import UNREAD
from wss_cases.practice.requests.models import CircleRequest, RequestLink, Wish
from wss_cases.records.family_copies.copy.models import Asker, FamilyRelease, ReleaseState
from wss_cases.records.family_copies.draft import MAIL as COPY_WAITS
from wss_cases.records.family_copies.release import ANSWERED as COPY_ANSWERED
from wss_cases.records.named_in_error.messages import TakingOut
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.networks import MOVED
from wss_cases.roster.runs import REFUSED
from wss_cases.routing.drafts.actions import WAITS
from wss_cases.routing.engine.vocabulary import Kind, RuleSetState
from wss_cases.routing.rule_sets import RuleSet
from wss_cases.safeguards.discipline.tenth_day import MAIL as DAY_TEN
from wss_cases.safeguards.duties.clocks import clock_key
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState
from wss_cases.setup.backups import TROUBLE, BackupRun, Outcome
from wss_cases.setup.standby import MISSING, UNWATCHED
from wss_cases.setup.test_letter import TEST_LETTER
from wss_cases.workday.digest.queries import digest_key
from wss_cases.workday.digest.sweep import NO_COORDINATOR, no_coordinator_key, weekly_key

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
TODAY = date(2026, 11, 24)
CANARY = "Quillfeather"
STUDENT_ID = 987_654_321

CODES = {
    *(
        "address",
        "attendance",
        "audit_entry",
        "audit_seal",
        "backup_run",
        "behavior_code",
        "bell_time",
        "calendar_day",
        "calendar_draft",
        "counter",
        "counting_round",
        "family_text",
    ),
    *("follow_up_template", "imported_row", "import_run", "roster_upload", "legal_duty_kind", "location_code"),
    *("outbox_message", "published_school", "published_year", "questionnaire_guess", "request_key"),
    *("role_grant", "routing_rule_set", "setting", "sign_in_attempt", "timeline_entry", "user_session"),
    *("legal_duty_kind_step", "board_report", "board_subscription", "kept_count", "filtered_count", "account_tally"),
    *("api_token", "webhook", "webhook_delivery", "webhook_secret"),
    *(
        "recovery_code",
        "second_factor",
        "kept_form",
        "sealing_key",
        "offline_entry",
        "sign_on",
        "saml_answer",
        "mail_trouble",
        "school",
        "delivery_pause",
        "standby_lapse",
        "standby_watch",
        "heartbeat",
        "police_approver",
    ),
}
"""Tables in which nobody writes about a person."""

FROZEN = {"family_release_copy"}
"""Tables whose rows the database lets nobody change."""

WORDS = {
    *("kind", "state", "code", "language", "locale", "email", "password_hash", "time_zone", "period", "tile"),
    *("source", "sourced_id", "outcome", "harm_kind", "location_code", "service", "relation", "manner"),
    *("pathway", "for_whom", "end_reason", "key_name", "token_digest", "rule", "digest", "question"),
    *("race_ethnicity", "sex", "injury", "weapon", "substance", "bias_basis", "motivation", "cause_key"),
    *("snooze_reason", "object_type", "comes_after", "channel", "result", "guardian_manner", "role"),
    *("room", "search_key", "search_key_family", "harm", "form", "school_year", "heard_from"),
    *("first_year", "last_year"),
}
"""Columns that hold one of our own words, not a person's; every other text becomes the canary."""


@dataclass
class World:
    """A school with a person of each role, all reading one language."""

    locale: str
    school: Any = None
    people: dict[Role, UserAccount] = field(default_factory=dict)
    case: Any = None
    student: Any = None
    referral: Any = None

    def message(self, kind: str, recipient: UserAccount, record: Any, key: str) -> OutboxMessage:
        """Queue a message that may go now."""
        row = OutboxMessage(
            dedupe_key=key, kind=kind, recipient_id=recipient.id, object_type=record.__tablename__,
            object_id=record.id, school_id=self.school.id, at_any_hour=True, created_at=NOW,
            next_attempt_at=NOW, message_id=f"m{self.school.id}.{kind}",
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return row

    def due(self, on: date, **more: Any) -> Any:
        """Add a follow-up of the coordinator's."""
        values = {"owner_id": self.people[Role.COORDINATOR].id, "case_id": self.case.id} | more
        return FollowUpFactory(school_id=self.school.id, due_on=on, title="x", **values)

    def incident(self, **more: Any) -> Any:
        """Add a report by the reporter about the student."""
        reporter = self.people[Role.REPORTER].id
        return make_incident(self.school, [self.student], reporter_id=reporter, narrative="x", **more)


def make_world(locale: str = "en") -> World:
    """Return the people and the records that the makers stand on."""
    world = World(locale, SchoolFactory())
    plant(world.school.id)
    for role in (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR):
        world.people[role] = make_user(role, world.school, locale=locale)
    partner = PartnerFactory(name=f"Partner of {world.school.id}")
    world.people[Role.DISTRICT] = make_user(Role.DISTRICT, locale=locale)
    world.people[Role.PARTNER] = make_partner_user(partner, locale=locale)
    lead = world.people[Role.COORDINATOR]
    world.student = StudentFactory(id=STUDENT_ID + world.school.id, school=world.school)
    world.case = CaseFactory(school_id=world.school.id, lead_id=lead.id, state=CaseState.INTAKE)
    participant = CaseParticipantFactory(case_id=world.case.id, student_id=world.student.id)
    placed = {"case_id": world.case.id, "school_id": world.school.id}
    circle = PathwayFactory(kind=Kind.PEACE_CIRCLE.value, state=PathwayState.ACTIVE, **placed)
    help_ = PathwayFactory(
        kind=Kind.FAMILY_SUPPORT.value, state=PathwayState.ACTIVE, participant_id=participant.id, **placed
    )
    world.referral = make_referral(help_, world.student, partner)
    db.session.add(CircleMeeting(pathway_id=circle.id, keeper_id=lead.id, starts_at=NOW, **placed))
    db.session.add(CircleKeeper(pathway_id=circle.id, user_id=lead.id, added_at=NOW, **placed))
    db.session.flush()
    return world


def _invitation(world: World) -> OutboxMessage:
    invited = UserFactory(state=AccountState.INVITED, locale=world.locale)
    row = Invitation(user_id=invited.id, created_at=NOW, expires_at=NOW + timedelta(days=7))
    db.session.add(row)
    db.session.flush()
    return world.message("invitation", invited, row, f"invitation:{row.id}")


def _follow_up(world: World) -> OutboxMessage:
    row, owner = world.due(TODAY), world.people[Role.COORDINATOR]
    return world.message("followup.due", owner, row, due_key(row.id, TODAY, owner.id))


def _late(world: World) -> OutboxMessage:
    row, to = world.due(date(2026, 11, 19)), world.people[Role.ADMINISTRATOR]
    return world.message("followup.late", to, row, late_key(row.id, row.due_on, TO_ADMINISTRATOR, to.id))


def _given(world: World) -> OutboxMessage:
    heir = world.people[Role.COORDINATOR]
    world.due(date(2026, 12, 1))
    return world.message("followups.given", heir, heir, given_key(heir.id, TODAY))


def _together(world: World) -> OutboxMessage:
    heir = world.people[Role.COORDINATOR]
    together = world.message("mail.together", heir, heir, f"mail.together:{heir.id}")
    for made in (_follow_up(world), _follow_up(world)):
        made.message_id, made.carried_by_id = f"{made.message_id}.{made.id}", together.id
    return together


def _weekly(world: World) -> OutboxMessage:
    to = world.people[Role.ADMINISTRATOR]
    world.due(date(2026, 11, 20), kind="pre_meetings", single_mail=False)
    return world.message("weekly", to, to, weekly_key(to.id, date(2026, 11, 23)))


def _no_coordinator(world: World) -> OutboxMessage:
    bare, to = SchoolFactory(), world.people[Role.ADMINISTRATOR]
    db.session.add(RoleGrant(user_id=to.id, role=Role.ADMINISTRATOR, school_id=bare.id, starts_on=date(2026, 8, 1)))
    return world.message(NO_COORDINATOR, to, bare, no_coordinator_key(to.id, bare.id, TODAY))


def _digest(world: World) -> OutboxMessage:
    for on, kind in ((20, "check_in_person_harmed"), (23, "pre_meetings"), (24, "guardian_contact")):
        world.due(date(2026, 11, on), kind=kind)
    world.due(date(2026, 11, 24), kind="guardian_contact")
    world.due(date(2026, 11, 25), kind="agreement_check_in")
    LegalDutyFactory(school_id=world.school.id, incident_id=world.incident().id)
    lead = world.people[Role.COORDINATOR]
    return world.message("digest", lead, lead, digest_key(lead.id, TODAY))


def _to_lead(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        lead = world.people[Role.COORDINATOR]
        record = lead if kind == "cases_handed_over" else world.case
        return world.message(kind, lead, record, f"{kind}:{record.id}")

    return make


def _about_account(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        lead = world.people[Role.COORDINATOR]
        return world.message(kind, lead, lead, f"{kind}:{lead.id}")

    return make


def _about_district(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        person = world.people[Role.DISTRICT]
        return world.message(kind, person, person, f"{kind}:{person.id}")

    return make


def _cover(world: World) -> OutboxMessage:
    away, stands_in = world.people[Role.DEAN], world.people[Role.COORDINATOR]
    row = Cover(
        school_id=world.school.id, user_id=away.id, cover_id=stands_in.id, starts_on=TODAY, ends_on=TODAY,
        made_at=NOW, note="x",
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message("cover_set", stands_in, row, f"cover-set:{row.id}")


def _opened(world: World) -> OutboxMessage:
    row = CaseOpening(
        case_id=world.case.id, school_id=world.school.id, user_id=world.people[Role.DEAN].id, reason="x",
        opened_at=NOW, expires_at=NOW,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message("case_opened", world.people[Role.ADMINISTRATOR], row, f"case_opened:{row.id}")


def _export(world: World) -> OutboxMessage:
    row = ExportRecord(
        school_id=world.school.id, user_id=world.people[Role.DEAN].id, name="x", form="csv",
        school_year="2026-27", row_count=1, reason="x", made_at=NOW,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message("export_made", world.people[Role.ADMINISTRATOR], row, f"export_made:{row.id}")


def _board_report(world: World) -> OutboxMessage:
    person, scope = world.people[Role.ADMINISTRATOR], f"school:{world.school.id}"
    wish = BoardSubscription(
        user_id=person.id, school_id=world.school.id, scope=scope, every=Every.MONTH, language="en",
        sent_for=TODAY, made_at=NOW,
    )  # fmt: skip
    db.session.add(wish)
    db.session.flush()
    row = BoardReport(
        school_id=world.school.id, school_year="2026-27", starts_on=date(2026, 8, 1), ends_on=date(2026, 10, 31),
        language="en", asked_by_id=person.id, asked_at=NOW, subscription_id=wish.id, due_on=TODAY,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message("board_report", person, row, f"board_report:{row.id}")


def _incident(kind: str, state: IncidentState, to: Role) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        row = world.incident(state=state, question="x" if state is IncidentState.RETURNED else "")
        return world.message(kind, world.people[to], row, f"{kind}:{row.id}")

    return make


def _taking_out(world: World) -> OutboxMessage:
    """A dean says that the student is named in error; an administrator is asked."""
    row = _named_in_error(world)
    return world.message("named_in_error.asked", world.people[Role.ADMINISTRATOR], row, f"named-in-error:{row.id}")


def _deputy(world: World) -> OutboxMessage:
    """A dean says so where nobody else of the school may agree; the district's deputy is asked."""
    row, person = _named_in_error(world), world.people[Role.DISTRICT]
    world.school.network = f"Network {world.school.id}"
    db.session.add(NetworkApprover(network=world.school.network, approver_id=person.id, hours=4))
    look = DeputyLook(
        school_id=row.school_id, incident_id=row.incident_id, object_type="taking_out", object_id=row.id,
        asked_by_id=row.asked_by_id, asked_at=NOW, deputy_id=person.id,
    )  # fmt: skip
    db.session.add(look)
    db.session.flush()
    return world.message("deputy.asked", person, look, f"deputy.asked:{look.id}")


def _nobody(world: World) -> OutboxMessage:
    """Nobody whom the district named for the network can take the second look."""
    row = _named_in_error(world)
    return world.message("deputy.nobody", world.people[Role.DISTRICT], row, f"deputy.nobody:{row.id}")


def _named_in_error(world: World) -> TakingOut:
    report = make_incident(world.school, [world.student], state=IncidentState.ROUTED)
    row = TakingOut(
        school_id=world.school.id, incident_id=report.id, incident_person_id=report.people[0].id, needs_second=True,
        reason="x", asked_by_id=world.people[Role.DEAN].id, asked_at=NOW,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _care(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        reporter = world.people[Role.REPORTER]
        row = CareRecord(
            school_id=world.school.id, student_id=world.student.id, reporter_id=reporter.id, opened_at=NOW,
            narrative="x",
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return world.message(kind, world.people[Role.ADMINISTRATOR], row, f"{kind}:{row.id}")

    return make


def _circle_request(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        link_id = db.session.scalar(sa.select(RequestLink.id).where(RequestLink.school_id == world.school.id))
        row = CircleRequest(
            school_id=world.school.id, link_id=link_id, form_key=f"{kind}:{world.school.id}", asked_at=NOW,
            wish=Wish.UNSURE, in_danger=kind == DANGER_ASKED, words="x", contact="x",
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return world.message(kind, world.people[Role.COORDINATOR], row, f"{kind}:{row.id}")

    return make


def _duty(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        proposer = world.people[Role.DEAN].id if kind == "duty_second_look" else None
        row = LegalDutyFactory(
            school_id=world.school.id, incident_id=world.incident().id, proposed_by_id=proposer,
            proposed_at=NOW if proposer else None, proposed_reason="x" if proposer else "",
        )  # fmt: skip
        return world.message(kind, world.people[Role.ADMINISTRATOR], row, f"{kind}:{row.id}")

    return make


def _clock(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        to, over = world.people[Role.ADMINISTRATOR], kind == "duty.clock_over"
        row = LegalDutyFactory(
            school_id=world.school.id, incident_id=world.incident().id, code="bullying_notice",
            raised_at=NOW - timedelta(hours=23), due_at=NOW + timedelta(hours=-1 if over else 1),
        )  # fmt: skip
        return world.message(kind, to, row, clock_key(kind, row.id, to.id))

    return make


def _day_ten(world: World) -> OutboxMessage:
    to = world.people[Role.ADMINISTRATOR]
    row = DisciplineActionFactory(school_id=world.school.id, student_id=world.student.id)
    return world.message(DAY_TEN, to, row, f"{DAY_TEN}:{row.id}:{to.id}")


def _copy(kind: str, who: Role) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        to, by = world.people[who], world.people[Role.COORDINATOR]
        row = FamilyRelease(
            school_id=world.school.id, student_id=world.student.id, state=ReleaseState.HANDED_ON,
            asked_by=Asker.STUDENT, asked_name="x", asked_on=TODAY, purpose="x", language="en", note="x",
            incident_ids=[world.incident().id], prepared_at=NOW, handed_on_by_id=by.id, handed_on_at=NOW,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return world.message(kind, to, row, f"{kind}:{row.id}:{to.id}")

    return make


ENDED = (ReviewState.REFUSED, ReviewState.NOTIFIED)


def _police(kind: str, to: Role, state: ReviewState) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        person, asker = world.people[to], world.people[Role.DEAN]
        called = {"door": NotificationGround.EMERGENCY, "called_at": NOW, "record_due_at": NOW, "permits": True}
        made = {**called, "review_due_on": NOW.date()}
        law = {"door": NotificationGround.REQUIRED_BY_LAW, "answer_by": NOW + timedelta(minutes=15)}
        asked = {"door": NotificationGround.OTHER, "answer_by": NOW + timedelta(hours=2), "not_removal": True}
        first = {"first_by_id": world.people[Role.ADMINISTRATOR].id, "first_at": NOW, "first_approves": True}
        row = PoliceReview(
            school_id=world.school.id, incident_id=world.incident().id, state=state, requested_at=NOW,
            requested_by_id=asker.id, approver_id=person.id, danger="x", tried="x", alternatives="x",
            guardian_attempts="x", supports="x", why="x", ended_at=NOW if state in ENDED else None,
            **{ReviewState.CALLED: called, ReviewState.NOTIFIED: made, ReviewState.SECONDING: law}.get(state, asked),
            **(first if state is ReviewState.APPROVED_ONCE else {}),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return world.message(kind, person, row, f"{kind}:{row.id}")

    return make


def _keeper(world: World) -> OutboxMessage:
    lead = world.people[Role.COORDINATOR]
    row = db.session.scalars(sa.select(CircleKeeper).where(CircleKeeper.user_id == lead.id)).one()
    return world.message("keeper_added", lead, row, f"keeper_added:{row.id}")


def _assigned(world: World) -> OutboxMessage:
    dean = world.people[Role.DEAN]
    row = world.incident(state=IncidentState.SUBMITTED)
    db.session.add(Assignment(incident_id=row.id, assignee_id=dean.id, at=NOW))
    db.session.flush()
    return world.message(REPORT_ASSIGNED, dean, row, f"{REPORT_ASSIGNED}:{row.id}")


def _kept(kind: str, role: Role) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        keeper = world.people[Role.COORDINATOR].id
        row = db.session.scalars(sa.select(CircleKeeper).where(CircleKeeper.user_id == keeper)).one()
        return world.message(kind, world.people[role], row, f"{kind}:{row.id}")

    return make


def _word_asked(world: World) -> OutboxMessage:
    keeper = db.session.scalars(
        sa.select(CircleKeeper).where(CircleKeeper.user_id == world.people[Role.COORDINATOR].id)
    ).one()
    row = NoteOpening(
        pathway_id=keeper.pathway_id, school_id=world.school.id, keeper_id=keeper.id, kind="court_report",
        note_ids=[1], reason="x", asked_at=NOW, asked_by_id=keeper.user_id,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message(WORD_ASKED, world.people[Role.DISTRICT], row, f"{WORD_ASKED}:{row.id}")


def _file_sealed(world: World) -> OutboxMessage:
    incident = make_incident(world.school, [world.student], narrative=CANARY)
    row = make_attachment("incident_id", incident.id, world.people[Role.DEAN].id, title=CANARY)
    return world.message(FILE_SEALED, world.people[Role.ADMINISTRATOR], row, f"{FILE_SEALED}:{row.id}")


def _import_refused(world: World) -> OutboxMessage:
    boss = make_user(Role.SYSADMIN, locale=world.locale)
    row = ImportRun(kind="oneroster", source="x", started_at=NOW, landed=False, report={})
    db.session.add(row)
    db.session.flush()
    return world.message(REFUSED, boss, row, f"{REFUSED}:{boss.id}:{row.id}")


def _push_failed(world: World) -> OutboxMessage:
    boss = make_user(Role.SYSADMIN, locale=world.locale)
    row = ImportRun(kind="edfi_push", source="x", started_at=NOW, landed=False, report={})
    db.session.add(row)
    db.session.flush()
    return world.message(PUSH_FAILED, boss, row, f"{PUSH_FAILED}:{boss.id}:{TODAY}")


def _rules_wait(world: World) -> OutboxMessage:
    draft = RuleSet(
        name="x", number=world.school.id, state=RuleSetState.DRAFT, table_rows={}, starts_on=TODAY, proposed_at=NOW,
        proposed_by_id=world.people[Role.ADMINISTRATOR].id,
    )  # fmt: skip
    db.session.add(draft)
    db.session.flush()
    return world.message(WAITS, world.people[Role.DISTRICT], draft, f"{WAITS}:{draft.id}")


def _school_moved(world: World) -> OutboxMessage:
    return world.message(MOVED, world.people[Role.ADMINISTRATOR], world.school, f"{MOVED}:{world.school.id}")


def _no_backup(world: World) -> OutboxMessage:
    boss = make_user(Role.SYSADMIN, locale=world.locale)
    row = BackupRun(started_at=NOW, held_until=NOW, outcome=Outcome.FULL)
    db.session.add(row)
    db.session.flush()
    return world.message(TROUBLE, boss, row, f"{TROUBLE}:{boss.id}:{TODAY}")


def _no_standby(world: World) -> OutboxMessage:
    boss = make_user(Role.SYSADMIN, locale=world.locale)
    row = StandbyLapse(since=NOW)
    db.session.add(row)
    db.session.flush()
    return world.message(MISSING, boss, row, f"{MISSING}:{boss.id}:{row.id}")


def _no_watch(world: World) -> OutboxMessage:
    boss = make_user(Role.SYSADMIN, locale=world.locale)
    return world.message(UNWATCHED, boss, boss, f"{UNWATCHED}:{boss.id}:never")


def _audit_head(world: World) -> OutboxMessage:
    auditor = make_user(Role.AUDITOR, locale=world.locale)
    return world.message(HEAD, auditor, auditor, head_key(auditor.id, week_of(NOW)))


def _webhook_off(world: World) -> OutboxMessage:
    hook = db.session.scalars(sa.select(Webhook).order_by(Webhook.id.desc())).first()
    assert hook is not None
    hook.is_on, hook.why_off = False, "failed"
    db.session.flush()
    return world.message(WEBHOOK_OFF, world.people[Role.DISTRICT], hook, f"{WEBHOOK_OFF}:{hook.id}")


def _meeting(world: World) -> OutboxMessage:
    lead = world.people[Role.COORDINATOR]
    meeting = db.session.scalars(sa.select(CircleMeeting).where(CircleMeeting.keeper_id == lead.id)).one()
    meeting.starts_at = NOW + timedelta(hours=2)
    row = MeetingInvitation(
        meeting_id=meeting.id, user_id=lead.id, pathway_id=meeting.pathway_id, case_id=world.case.id,
        school_id=world.school.id, sequence=0, starts_at=meeting.starts_at, minutes=60, told_at=NOW,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message("circle.invitation", lead, row, invitation_key(row))


def _referral(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        row, to = world.referral, world.people[Role.PARTNER]
        key = f"{kind}:{row.id}"
        if kind == "referral.overdue":
            to = world.people[Role.COORDINATOR]
            row.answer_by = date(2026, 11, 20)
            key = overdue_key(row.id, row.answer_by, to.id)
        if kind == "referral.ended":
            row.state, row.ended_on = ReferralState.WITHDRAWN, TODAY
        return world.message(kind, to, row, key)

    return make


def _unfiled(kind: str) -> Callable[[World], OutboxMessage]:
    def make(world: World) -> OutboxMessage:
        to = world.people[Role.REPORTER]
        waits = {"state": EntryState.TO_MEND, "sealed_text": b"x", "sealed_key": b"x", "key_name": "k"}
        row = OfflineEntry(
            user_id=to.id, name=f"{kind}{world.school.id}", kind=EntryKind.REPORT, written_at=NOW, arrived_at=NOW,
            clock_ahead=0, clock_doubtful=False, **(waits if kind == UNFILED else {"state": EntryState.ERASED}),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return world.message(kind, to, row, f"{kind}:{row.id}")

    return make


MAKERS: dict[str, Callable[[World], OutboxMessage]] = {
    "circle.invitation": _meeting,
    "invitation": _invitation,
    HEAD: _audit_head,
    WEBHOOK_OFF: _webhook_off,
    REFUSED: _import_refused,
    PUSH_FAILED: _push_failed,
    TROUBLE: _no_backup,
    MISSING: _no_standby,
    UNWATCHED: _no_watch,
    WAITS: _rules_wait,
    MOVED: _school_moved,
    "mail.test": _about_account("mail.test"),
    TEST_LETTER: _about_district(TEST_LETTER),
    "mail.address_changed": _about_account("mail.address_changed"),
    **{kind: _about_account(kind) for kind in ACCOUNT_WORDS},
    "followup.due": _follow_up,
    "followup.late": _late,
    "followups.given": _given,
    "mail.together": _together,
    "digest": _digest,
    "weekly": _weekly,
    NO_COORDINATOR: _no_coordinator,
    "case_assigned": _to_lead("case_assigned"),
    "case.happened_again": _to_lead("case.happened_again"),
    "cases_handed_over": _to_lead("cases_handed_over"),
    "case_opened": _opened,
    "board_report": _board_report,
    "export_made": _export,
    "cover_set": _cover,
    "incident.danger": _incident("incident.danger", IncidentState.SUBMITTED, Role.DEAN),
    "incident.alarm": _incident("incident.alarm", IncidentState.SUBMITTED, Role.DEAN),
    "incident.returned": _incident("incident.returned", IncidentState.RETURNED, Role.REPORTER),
    "incident.outcome": _incident("incident.outcome", IncidentState.ROUTED, Role.REPORTER),
    "incident.part": _incident("incident.part", IncidentState.SUBMITTED, Role.DEAN),
    "incident.part_changed": _incident("incident.part_changed", IncidentState.ROUTED, Role.DEAN),
    REPORT_ASSIGNED: _assigned,
    UNFILED: _unfiled(UNFILED),
    UNFILED_GONE: _unfiled(UNFILED_GONE),
    "incident.withdrawal_asked": _incident("incident.withdrawal_asked", IncidentState.SUBMITTED, Role.DEAN),
    "named_in_error.asked": _taking_out,
    "deputy.asked": _deputy,
    "deputy.nobody": _nobody,
    CIRCLE_ASKED: _circle_request(CIRCLE_ASKED),
    DANGER_ASKED: _circle_request(DANGER_ASKED),
    UNREAD: _circle_request(UNREAD),
    "care.opened": _care("care.opened"),
    "care.unopened": _care("care.unopened"),
    "duty_raised": _duty("duty_raised"),
    "duty.clock_ends": _clock("duty.clock_ends"),
    "duty.clock_over": _clock("duty.clock_over"),
    "duty_second_look": _duty("duty_second_look"),
    DAY_TEN: _day_ten,
    COPY_WAITS: _copy(COPY_WAITS, Role.ADMINISTRATOR),
    COPY_ANSWERED: _copy(COPY_ANSWERED, Role.COORDINATOR),
    "police.asked": _police("police.asked", Role.ADMINISTRATOR, ReviewState.ASKED),
    "police.second": _police("police.second", Role.DISTRICT, ReviewState.APPROVED_ONCE),
    "police.answered": _police("police.answered", Role.DEAN, ReviewState.REFUSED),
    "police.called": _police("police.called", Role.ADMINISTRATOR, ReviewState.CALLED),
    "police.call_soon": _police("police.call_soon", Role.DEAN, ReviewState.CALLED),
    "police.call_late": _police("police.call_late", Role.ADMINISTRATOR, ReviewState.CALLED),
    "police.seconding": _police("police.seconding", Role.ADMINISTRATOR, ReviewState.SECONDING),
    "police.second_review": _police("police.second_review", Role.ADMINISTRATOR, ReviewState.NOTIFIED),
    "keeper_added": _keeper,
    HAND_OVER: _kept(HAND_OVER, Role.COORDINATOR),
    LEFT: _kept(LEFT, Role.ADMINISTRATOR),
    WORD_ASKED: _word_asked,
    FILE_SEALED: _file_sealed,
    "referral.sent": _referral("referral.sent"),
    "referral.ended": _referral("referral.ended"),
    "referral.overdue": _referral("referral.overdue"),
}


def fill_column(filled: sa.Update, column: sa.Column[Any]) -> Any:
    """Fill a column; where it may stay empty only as long as something else is, in the rows that hold a text."""
    try:
        with db.session.begin_nested():
            return db.session.execute(filled)
    except IntegrityError:
        return db.session.execute(filled.where(column != ""))


def plant_canaries() -> int:
    """Put the canary into every text that a person wrote; returns into how many columns."""
    planted = 0
    for table in Base.metadata.sorted_tables:
        if table.name in CODES | FROZEN:
            continue
        for column in table.columns:
            kind = column.type
            is_text = isinstance(kind, sa.String) and not isinstance(kind, sa.Enum)
            if not is_text or column.foreign_keys or column.name in WORDS:
                continue
            number = sa.cast(table.c.id, sa.String)
            filled = sa.update(table).values({column: sa.literal(CANARY) + number})
            planted += bool(fill_column(filled, column).rowcount)
    db.session.commit()
    db.session.expire_all()
    return planted
