"""One queued message of every registered kind, in a school where every text that a person wrote is the canary.

A kind that is not in MAKERS fails the tests: add a maker here when a kind of mail is added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.access.world import plant
from tests.attachments.scenes import make_attachment
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
from wss_cases.casework.access import CaseOpening
from wss_cases.followups.reminders.rules import TO_ADMINISTRATOR
from wss_cases.followups.reminders.sweep import due_key, given_key, late_key
from wss_cases.foundation.db import Base, db
from wss_cases.incidents.deputies import DeputyLook
from wss_cases.incidents.incident.models import CareRecord
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.assignment import MAIL as REPORT_ASSIGNED
from wss_cases.intake.assignment import Assignment
from wss_cases.intake.offline.models import GONE as UNFILED_GONE
from wss_cases.intake.offline.models import WAITS as UNFILED
from wss_cases.intake.offline.models import EntryKind, EntryState, OfflineEntry
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.audit_heads import HEAD, head_key, week_of
from wss_cases.mail.common.pages import StandbyLapse
from wss_cases.mail.security_alerts import WORDS as ACCOUNT_WORDS
from wss_cases.mail.webhooks.messages import OFF as WEBHOOK_OFF
from wss_cases.mail.webhooks.messages import Webhook
from wss_cases.outcomes.edfi.pushing import FAILED as PUSH_FAILED
from wss_cases.outcomes.exports.export_log import ExportRecord
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleMeeting, MeetingInvitation
from wss_cases.pathways.circles.invitations import invitation_key
from wss_cases.pathways.circles.notes.messages import HAND_OVER, LEFT, WORD_ASKED, NoteOpening
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.referrals.referral.models import ReferralState
from wss_cases.pathways.referrals.referral.pages import overdue_key
from wss_cases.practice.requests.models import ASKED as CIRCLE_ASKED
from wss_cases.practice.requests.models import DANGER as DANGER_ASKED
from wss_cases.practice.requests.models import UNREAD, CircleRequest, RequestLink, Wish
from wss_cases.records.family_copies.copy.models import Asker, FamilyRelease, ReleaseState
from wss_cases.records.family_copies.draft import MAIL as COPY_WAITS
from wss_cases.records.family_copies.release import ANSWERED as COPY_ANSWERED
from wss_cases.records.named_in_error.actions import TakingOut
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.networks import MOVED
from wss_cases.roster.runs import REFUSED
from wss_cases.routing.drafts.pages import WAITS
from wss_cases.routing.engine.vocabulary import Kind, RuleSetState
from wss_cases.routing.rule_sets import RuleSet
from wss_cases.safeguards.discipline.messages import MAIL as DAY_TEN
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
    "address", "attendance", "audit_entry", "audit_seal", "backup_run", "behavior_code", "bell_time", "calendar_day",
    "calendar_draft", "counter", "counting_round", "family_text", "follow_up_template", "imported_row", "import_run",
    "roster_upload", "legal_duty_kind", "location_code", "outbox_message", "published_school", "published_year",
    "questionnaire_guess", "request_key", "role_grant", "routing_rule_set", "setting", "sign_in_attempt",
    "timeline_entry", "user_session", "legal_duty_kind_step", "board_report", "board_subscription", "kept_count",
    "filtered_count", "account_tally", "api_token", "webhook", "webhook_delivery", "webhook_secret", "recovery_code",
    "second_factor", "kept_form", "sealing_key", "offline_entry", "sign_on", "saml_answer", "mail_trouble", "school",
    "delivery_pause", "standby_lapse", "standby_watch", "heartbeat", "police_approver",
}  # fmt: skip
"""Tables in which nobody writes about a person."""

FROZEN = {"family_release_copy"}
"""Tables whose rows the database lets nobody change."""

WORDS = {
    "kind", "state", "code", "language", "locale", "email", "password_hash", "time_zone", "period", "tile", "source",
    "sourced_id", "outcome", "harm_kind", "location_code", "service", "relation", "manner", "pathway", "for_whom",
    "end_reason", "key_name", "token_digest", "rule", "digest", "question", "race_ethnicity", "sex", "injury", "weapon",
    "substance", "bias_basis", "motivation", "cause_key", "snooze_reason", "object_type", "comes_after", "channel",
    "result", "guardian_manner", "role", "room", "search_key", "search_key_family", "harm", "form", "school_year",
    "heard_from", "first_year", "last_year",
}  # fmt: skip
"""Columns that hold one of our own words, not a person's; every other text becomes the canary."""


@dataclass
class World:
    locale: str
    school: Any = None
    people: dict[Role, UserAccount] = field(default_factory=dict)
    case: Any = None
    student: Any = None
    referral: Any = None

    def message(self, kind: str, to: Role | UserAccount, record: Any, key: str = "") -> OutboxMessage:
        """Queue a message about a record that may go now; the record is stored first."""
        recipient = self.people[to] if isinstance(to, Role) else to
        db.session.add(record)
        db.session.flush()
        row = OutboxMessage(
            dedupe_key=key or f"{kind}:{record.id}", kind=kind, recipient_id=recipient.id,
            object_type=record.__tablename__, object_id=record.id, school_id=self.school.id, at_any_hour=True,
            created_at=NOW, next_attempt_at=NOW, message_id=f"m{self.school.id}.{kind}",
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return row

    def due(self, on: date, **more: Any) -> Any:
        values = {"owner_id": self.people[Role.COORDINATOR].id, "case_id": self.case.id} | more
        return FollowUpFactory(school_id=self.school.id, due_on=on, title="x", **values)

    def incident(self, **more: Any) -> Any:
        reporter = self.people[Role.REPORTER].id
        return make_incident(self.school, [self.student], reporter_id=reporter, narrative="x", **more)


Make = Callable[[World], OutboxMessage]


def make_world(locale: str = "en") -> World:
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


def _invitation(world: World, kind: str) -> OutboxMessage:
    invited = UserFactory(state=AccountState.INVITED, locale=world.locale)
    return world.message(
        kind, invited, Invitation(user_id=invited.id, created_at=NOW, expires_at=NOW + timedelta(days=7))
    )


def _follow_up(world: World, kind: str) -> OutboxMessage:
    row, owner = world.due(TODAY), world.people[Role.COORDINATOR]
    return world.message(kind, owner, row, due_key(row.id, TODAY, owner.id))


def _late(world: World, kind: str) -> OutboxMessage:
    row, to = world.due(date(2026, 11, 19)), world.people[Role.ADMINISTRATOR]
    return world.message(kind, to, row, late_key(row.id, row.due_on, TO_ADMINISTRATOR, to.id))


def _given(world: World, kind: str) -> OutboxMessage:
    heir = world.people[Role.COORDINATOR]
    world.due(date(2026, 12, 1))
    return world.message(kind, heir, heir, given_key(heir.id, TODAY))


def _together(world: World, kind: str) -> OutboxMessage:
    together = world.message(kind, Role.COORDINATOR, world.people[Role.COORDINATOR])
    for made in (_follow_up(world, "followup.due"), _follow_up(world, "followup.due")):
        made.message_id, made.carried_by_id = f"{made.message_id}.{made.id}", together.id
    return together


def _weekly(world: World, kind: str) -> OutboxMessage:
    to = world.people[Role.ADMINISTRATOR]
    world.due(date(2026, 11, 20), kind="pre_meetings", single_mail=False)
    return world.message(kind, to, to, weekly_key(to.id, date(2026, 11, 23)))


def _no_coordinator(world: World, kind: str) -> OutboxMessage:
    bare, to = SchoolFactory(), world.people[Role.ADMINISTRATOR]
    db.session.add(RoleGrant(user_id=to.id, role=Role.ADMINISTRATOR, school_id=bare.id, starts_on=date(2026, 8, 1)))
    return world.message(kind, to, bare, no_coordinator_key(to.id, bare.id, TODAY))


def _digest(world: World, kind: str) -> OutboxMessage:
    for day, what in (
        (20, "check_in_person_harmed"), (23, "pre_meetings"), (24, "guardian_contact"), (24, "guardian_contact"),
        (25, "agreement_check_in"),
    ):  # fmt: skip
        world.due(date(2026, 11, day), kind=what)
    LegalDutyFactory(school_id=world.school.id, incident_id=world.incident().id)
    lead = world.people[Role.COORDINATOR]
    return world.message(kind, lead, lead, digest_key(lead.id, TODAY))


def _about_case(world: World, kind: str) -> OutboxMessage:
    return world.message(kind, Role.COORDINATOR, world.case)


def _about_account(world: World, kind: str) -> OutboxMessage:
    return world.message(kind, Role.COORDINATOR, world.people[Role.COORDINATOR])


def _test_letter(world: World, kind: str) -> OutboxMessage:
    return world.message(kind, Role.DISTRICT, world.people[Role.DISTRICT])


def _cover(world: World, kind: str) -> OutboxMessage:
    away, stands_in = world.people[Role.DEAN], world.people[Role.COORDINATOR]
    row = Cover(
        school_id=world.school.id, user_id=away.id, cover_id=stands_in.id, starts_on=TODAY, ends_on=TODAY,
        made_at=NOW, note="x",
    )  # fmt: skip
    return world.message(kind, stands_in, row)


def _opened(world: World, kind: str) -> OutboxMessage:
    row = CaseOpening(
        case_id=world.case.id, school_id=world.school.id, user_id=world.people[Role.DEAN].id, reason="x",
        opened_at=NOW, expires_at=NOW,
    )  # fmt: skip
    return world.message(kind, Role.ADMINISTRATOR, row)


def _export(world: World, kind: str) -> OutboxMessage:
    row = ExportRecord(
        school_id=world.school.id, user_id=world.people[Role.DEAN].id, name="x", form="csv",
        school_year="2026-27", row_count=1, reason="x", made_at=NOW,
    )  # fmt: skip
    return world.message(kind, Role.ADMINISTRATOR, row)


def _board_report(world: World, kind: str) -> OutboxMessage:
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
    return world.message(kind, person, row)


def _incident(world: World, kind: str, state: IncidentState, to: Role) -> OutboxMessage:
    return world.message(kind, to, world.incident(state=state, question="x" if state is IncidentState.RETURNED else ""))


def _taking_out(world: World, kind: str, to: Role) -> OutboxMessage:
    """A dean says that the student is named in error; an administrator is asked, or nobody whom the district named can
    take the second look."""
    return world.message(kind, to, _named_in_error(world))


def _deputy(world: World, kind: str) -> OutboxMessage:
    """A dean says so where nobody else of the school may agree; the district's deputy is asked."""
    row, person = _named_in_error(world), world.people[Role.DISTRICT]
    world.school.network = f"Network {world.school.id}"
    db.session.add(NetworkApprover(network=world.school.network, approver_id=person.id, hours=4))
    look = DeputyLook(
        school_id=row.school_id, incident_id=row.incident_id, object_type="taking_out", object_id=row.id,
        asked_by_id=row.asked_by_id, asked_at=NOW, deputy_id=person.id,
    )  # fmt: skip
    return world.message(kind, person, look)


def _named_in_error(world: World) -> TakingOut:
    report = make_incident(world.school, [world.student], state=IncidentState.ROUTED)
    row = TakingOut(
        school_id=world.school.id, incident_id=report.id, incident_person_id=report.people[0].id, needs_second=True,
        reason="x", asked_by_id=world.people[Role.DEAN].id, asked_at=NOW,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _care(world: World, kind: str) -> OutboxMessage:
    row = CareRecord(
        school_id=world.school.id, student_id=world.student.id, reporter_id=world.people[Role.REPORTER].id,
        opened_at=NOW, narrative="x",
    )  # fmt: skip
    return world.message(kind, Role.ADMINISTRATOR, row)


def _circle_request(world: World, kind: str) -> OutboxMessage:
    link_id = db.session.scalar(sa.select(RequestLink.id).where(RequestLink.school_id == world.school.id))
    row = CircleRequest(
        school_id=world.school.id, link_id=link_id, form_key=f"{kind}:{world.school.id}", asked_at=NOW,
        wish=Wish.UNSURE, in_danger=kind == DANGER_ASKED, words="x", contact="x",
    )  # fmt: skip
    return world.message(kind, Role.COORDINATOR, row)


def _duty(world: World, kind: str) -> OutboxMessage:
    proposer = world.people[Role.DEAN].id if kind == "duty_second_look" else None
    row = LegalDutyFactory(
        school_id=world.school.id, incident_id=world.incident().id, proposed_by_id=proposer,
        proposed_at=NOW if proposer else None, proposed_reason="x" if proposer else "",
    )  # fmt: skip
    return world.message(kind, Role.ADMINISTRATOR, row)


def _clock(world: World, kind: str) -> OutboxMessage:
    to, over = world.people[Role.ADMINISTRATOR], kind == "duty.clock_over"
    row = LegalDutyFactory(
        school_id=world.school.id, incident_id=world.incident().id, code="bullying_notice",
        raised_at=NOW - timedelta(hours=23), due_at=NOW + timedelta(hours=-1 if over else 1),
    )  # fmt: skip
    return world.message(kind, to, row, clock_key(kind, row.id, to.id))


def _day_ten(world: World, kind: str) -> OutboxMessage:
    row = DisciplineActionFactory(school_id=world.school.id, student_id=world.student.id)
    return world.message(kind, Role.ADMINISTRATOR, row)


def _copy(world: World, kind: str, to: Role) -> OutboxMessage:
    row = FamilyRelease(
        school_id=world.school.id, student_id=world.student.id, state=ReleaseState.HANDED_ON,
        asked_by=Asker.STUDENT, asked_name="x", asked_on=TODAY, purpose="x", language="en", note="x",
        incident_ids=[world.incident().id], prepared_at=NOW, handed_on_by_id=world.people[Role.COORDINATOR].id,
        handed_on_at=NOW,
    )  # fmt: skip
    return world.message(kind, to, row)


ENDED = (ReviewState.REFUSED, ReviewState.NOTIFIED)


def _police(world: World, kind: str, to: Role, state: ReviewState) -> OutboxMessage:
    called = {"door": NotificationGround.EMERGENCY, "called_at": NOW, "record_due_at": NOW, "permits": True}
    made = {**called, "review_due_on": NOW.date()}
    law = {"door": NotificationGround.REQUIRED_BY_LAW, "answer_by": NOW + timedelta(minutes=15)}
    asked = {"door": NotificationGround.OTHER, "answer_by": NOW + timedelta(hours=2), "not_removal": True}
    first = {"first_by_id": world.people[Role.ADMINISTRATOR].id, "first_at": NOW, "first_approves": True}
    row = PoliceReview(
        school_id=world.school.id, incident_id=world.incident().id, state=state, requested_at=NOW,
        requested_by_id=world.people[Role.DEAN].id, approver_id=world.people[to].id, danger="x", tried="x",
        alternatives="x", guardian_attempts="x", supports="x", why="x", ended_at=NOW if state in ENDED else None,
        **{ReviewState.CALLED: called, ReviewState.NOTIFIED: made, ReviewState.SECONDING: law}.get(state, asked),
        **(first if state is ReviewState.APPROVED_ONCE else {}),
    )  # fmt: skip
    return world.message(kind, to, row)


def _keeper(world: World) -> CircleKeeper:
    lead = world.people[Role.COORDINATOR]
    return db.session.scalars(sa.select(CircleKeeper).where(CircleKeeper.user_id == lead.id)).one()


def _kept(world: World, kind: str, to: Role) -> OutboxMessage:
    return world.message(kind, to, _keeper(world))


def _word_asked(world: World, kind: str) -> OutboxMessage:
    keeper = _keeper(world)
    row = NoteOpening(
        pathway_id=keeper.pathway_id, school_id=world.school.id, keeper_id=keeper.id, kind="court_report",
        note_ids=[1], reason="x", asked_at=NOW, asked_by_id=keeper.user_id,
    )  # fmt: skip
    return world.message(kind, Role.DISTRICT, row)


def _assigned(world: World, kind: str) -> OutboxMessage:
    row = world.incident(state=IncidentState.SUBMITTED)
    db.session.add(Assignment(incident_id=row.id, assignee_id=world.people[Role.DEAN].id, at=NOW))
    return world.message(kind, Role.DEAN, row)


def _file_sealed(world: World, kind: str) -> OutboxMessage:
    incident = make_incident(world.school, [world.student], narrative=CANARY)
    row = make_attachment("incident_id", incident.id, world.people[Role.DEAN].id, title=CANARY)
    return world.message(kind, Role.ADMINISTRATOR, row)


def _to_boss(world: World, kind: str, make: Callable[[UserAccount], Any], key: str = "") -> OutboxMessage:
    """To who runs the system, about what `make` returns for them."""
    boss = make_user(Role.SYSADMIN, locale=world.locale)
    return world.message(kind, boss, make(boss), key and f"{kind}:{boss.id}:{key}")


def _import(kind: str) -> Callable[[UserAccount], ImportRun]:
    return lambda _boss: ImportRun(kind=kind, source="x", started_at=NOW, landed=False, report={})


def _rules_wait(world: World, kind: str) -> OutboxMessage:
    draft = RuleSet(
        name="x", number=world.school.id, state=RuleSetState.DRAFT, table_rows={}, starts_on=TODAY, proposed_at=NOW,
        proposed_by_id=world.people[Role.ADMINISTRATOR].id,
    )  # fmt: skip
    return world.message(kind, Role.DISTRICT, draft)


def _school_moved(world: World, kind: str) -> OutboxMessage:
    return world.message(kind, Role.ADMINISTRATOR, world.school)


def _audit_head(world: World, kind: str) -> OutboxMessage:
    auditor = make_user(Role.AUDITOR, locale=world.locale)
    return world.message(kind, auditor, auditor, head_key(auditor.id, week_of(NOW)))


def _webhook_off(world: World, kind: str) -> OutboxMessage:
    hook = db.session.scalars(sa.select(Webhook).order_by(Webhook.id.desc())).first()
    assert hook is not None
    hook.is_on, hook.why_off = False, "failed"
    return world.message(kind, Role.DISTRICT, hook)


def _meeting(world: World, kind: str) -> OutboxMessage:
    lead = world.people[Role.COORDINATOR]
    meeting = db.session.scalars(sa.select(CircleMeeting).where(CircleMeeting.keeper_id == lead.id)).one()
    meeting.starts_at = NOW + timedelta(hours=2)
    row = MeetingInvitation(
        meeting_id=meeting.id, user_id=lead.id, pathway_id=meeting.pathway_id, case_id=world.case.id,
        school_id=world.school.id, sequence=0, starts_at=meeting.starts_at, minutes=60, told_at=NOW,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return world.message(kind, lead, row, invitation_key(row))


def _referral(world: World, kind: str) -> OutboxMessage:
    row, to, key = world.referral, world.people[Role.PARTNER], ""
    if kind == "referral.overdue":
        to = world.people[Role.COORDINATOR]
        row.answer_by = date(2026, 11, 20)
        key = overdue_key(row.id, row.answer_by, to.id)
    if kind == "referral.ended":
        row.state, row.ended_on = ReferralState.WITHDRAWN, TODAY
    return world.message(kind, to, row, key)


def _unfiled(world: World, kind: str) -> OutboxMessage:
    waits = {"state": EntryState.TO_MEND, "sealed_text": b"x", "sealed_key": b"x", "key_name": "k"}
    row = OfflineEntry(
        user_id=world.people[Role.REPORTER].id, name=f"{kind}{world.school.id}", kind=EntryKind.REPORT,
        written_at=NOW, arrived_at=NOW, clock_ahead=0, clock_doubtful=False,
        **(waits if kind == UNFILED else {"state": EntryState.ERASED}),
    )  # fmt: skip
    return world.message(kind, Role.REPORTER, row)


def _each(
    maker: Callable[..., OutboxMessage], *kinds: str, **given: Any
) -> dict[str, Callable[[World], OutboxMessage]]:
    return {kind: partial(maker, kind=kind, **given) for kind in kinds}


MAKERS: dict[str, Make] = {
    **_each(_meeting, "circle.invitation"),
    **_each(_invitation, "invitation"),
    **_each(_audit_head, HEAD),
    **_each(_webhook_off, WEBHOOK_OFF),
    **_each(_to_boss, REFUSED, make=_import("oneroster")),
    **_each(_to_boss, PUSH_FAILED, make=_import("edfi_push"), key=str(TODAY)),
    **_each(
        _to_boss, TROUBLE, key=str(TODAY),
        make=lambda _boss: BackupRun(started_at=NOW, held_until=NOW, outcome=Outcome.FULL),
    ),
    **_each(_to_boss, MISSING, make=lambda _boss: StandbyLapse(since=NOW)),
    **_each(_to_boss, UNWATCHED, make=lambda boss: boss, key="never"),
    **_each(_rules_wait, WAITS),
    **_each(_school_moved, MOVED),
    **_each(_test_letter, TEST_LETTER),
    **_each(_about_account, "mail.test", "mail.address_changed", *ACCOUNT_WORDS, "cases_handed_over"),
    **_each(_follow_up, "followup.due"),
    **_each(_late, "followup.late"),
    **_each(_given, "followups.given"),
    **_each(_together, "mail.together"),
    **_each(_digest, "digest"),
    **_each(_weekly, "weekly"),
    **_each(_no_coordinator, NO_COORDINATOR),
    **_each(_about_case, "case_assigned", "case.happened_again"),
    **_each(_opened, "case_opened"),
    **_each(_board_report, "board_report"),
    **_each(_export, "export_made"),
    **_each(_cover, "cover_set"),
    **_each(
        _incident, "incident.danger", "incident.alarm", "incident.part", "incident.withdrawal_asked",
        state=IncidentState.SUBMITTED, to=Role.DEAN,
    ),
    **_each(_incident, "incident.returned", state=IncidentState.RETURNED, to=Role.REPORTER),
    **_each(_incident, "incident.outcome", state=IncidentState.ROUTED, to=Role.REPORTER),
    **_each(_incident, "incident.part_changed", state=IncidentState.ROUTED, to=Role.DEAN),
    **_each(_assigned, REPORT_ASSIGNED),
    **_each(_unfiled, UNFILED, UNFILED_GONE),
    **_each(_taking_out, "named_in_error.asked", to=Role.ADMINISTRATOR),
    **_each(_taking_out, "deputy.nobody", to=Role.DISTRICT),
    **_each(_deputy, "deputy.asked"),
    **_each(_circle_request, CIRCLE_ASKED, DANGER_ASKED, UNREAD),
    **_each(_care, "care.opened", "care.unopened"),
    **_each(_duty, "duty_raised", "duty_second_look"),
    **_each(_clock, "duty.clock_ends", "duty.clock_over"),
    **_each(_day_ten, DAY_TEN),
    **_each(_copy, COPY_WAITS, to=Role.ADMINISTRATOR),
    **_each(_copy, COPY_ANSWERED, to=Role.COORDINATOR),
    **_each(_police, "police.asked", to=Role.ADMINISTRATOR, state=ReviewState.ASKED),
    **_each(_police, "police.second", to=Role.DISTRICT, state=ReviewState.APPROVED_ONCE),
    **_each(_police, "police.answered", to=Role.DEAN, state=ReviewState.REFUSED),
    **_each(_police, "police.called", "police.call_late", to=Role.ADMINISTRATOR, state=ReviewState.CALLED),
    **_each(_police, "police.call_soon", to=Role.DEAN, state=ReviewState.CALLED),
    **_each(_police, "police.seconding", to=Role.ADMINISTRATOR, state=ReviewState.SECONDING),
    **_each(_police, "police.second_review", to=Role.ADMINISTRATOR, state=ReviewState.NOTIFIED),
    **_each(_kept, "keeper_added", HAND_OVER, to=Role.COORDINATOR),
    **_each(_kept, LEFT, to=Role.ADMINISTRATOR),
    **_each(_word_asked, WORD_ASKED),
    **_each(_file_sealed, FILE_SEALED),
    **_each(_referral, "referral.sent", "referral.ended", "referral.overdue"),
}  # fmt: skip


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
