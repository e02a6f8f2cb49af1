"""Who may do what, on one page. Predicates are pure and live in their rooms; no row here means no."""

from collections.abc import Callable
from typing import Any

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Predicate, Rule
from wss_cases.access.visibility import sees
from wss_cases.attachments.attachment.queries import may_read
from wss_cases.attachments.hosts.queries import answers_for
from wss_cases.foundation import clock
from wss_cases.incidents.deputies.rules import named_deputy
from wss_cases.mail.push.rules import own_device
from wss_cases.pathways.mentoring.periods.rules import teaches
from wss_cases.pathways.mentoring.plan.rules import mentors_or_team
from wss_cases.practice.log.rules import own_entry_or_team
from wss_cases.practice.requests.rules import reads_request
from wss_cases.records.retention.core.rules import held_by_district, reads_deletion
from wss_cases.safeguards.duties.duty.rules import (
    administers_mandated_duty,
    mandated_duty,
    mandated_duty_or_administers,
    shared_duty,
)
from wss_cases.safeguards.police.review.rules import named_to_approve, reads_review, seconds_review


def at_own_school(*roles: Role) -> Predicate:
    """The record's school is one in which the actor holds one of these roles.

    Of what fades with the years (incidents, cases and all that hangs on them), what is still in view for that role.
    """

    def allows(actor: Actor, record: Any) -> bool:
        return sees(actor, record, *roles)

    return allows


def school_itself(*roles: Role) -> Predicate:
    """The record is a school that the actor reaches with one of these roles."""

    def allows(actor: Actor, school: Any) -> bool:
        return actor.covers(school.id, *roles)

    return allows


def anywhere(actor: Actor, record: Any) -> bool:
    """Holding the role is enough: the record belongs to no school."""
    return True


def of_the_district(actor: Actor, record: Any) -> bool:
    """The record is the district's own, not one school's."""
    return record.school_id is None


def own_report_or_team(actor: Actor, incident: Any) -> bool:
    """The reporter reads their own report while they work at its school; the case team reads all of its school."""
    own = incident.reporter_id is not None and incident.reporter_id == actor.user_id
    return sees(actor, incident, *(STAFF if own else CASE_TEAM))


def own_or_team(actor: Actor, follow_up: Any) -> bool:
    """The owner has their follow-up while they work at its school; the case team has all of its school."""
    own = follow_up.owner_id is not None and follow_up.owner_id == actor.user_id
    return sees(actor, follow_up, *(STAFF if own else CASE_TEAM))


def keeps(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle now, and is still a coordinator of its school.

    Its deans and administrators read nothing, not even one who is a coordinator there too, or kept the circle before:
    who decides discipline never reads what is privileged. A record with `school_id` and `keeper_ids`.
    """
    works = actor.covers(circle.school_id, Role.COORDINATOR)
    decides = actor.covers(circle.school_id, Role.DEAN, Role.ADMINISTRATOR)
    return actor.user_id in circle.keeper_ids and works and not decides


def keeps_or_administers(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle now, or is an administrator of its school."""
    return keeps(actor, circle) or actor.covers(circle.school_id, Role.ADMINISTRATOR)


def outside_school(actor: Actor, record: Any) -> bool:
    """The actor is of the district that the record's school belongs to, and works in no role at that school."""
    return actor.covers(record.school_id, Role.DISTRICT) and not actor.covers(record.school_id, *STAFF)


def own_or_administers(actor: Actor, cover: Any) -> bool:
    """The person who is away sets their own cover; the administrator of the school sets anybody's."""
    own = cover.user_id is not None and cover.user_id == actor.user_id
    return actor.covers(cover.school_id, *(CASE_TEAM if own else (Role.ADMINISTRATOR,)))


def verifies_or_keeps(actor: Actor, student: Any) -> bool:
    """Auditors read the disclosures of every student; a school's coordinators and administrators those of its own."""
    return actor.has(Role.AUDITOR) or actor.covers(student.school_id, Role.COORDINATOR, Role.ADMINISTRATOR)


def sent_to_own_partner(actor: Actor, referral: Any) -> bool:
    """The referral was sent to the actor's organisation, and its consent is in force: neither revoked nor run out."""
    return referral.partner_id in actor.partner_ids() and referral.is_open_to_partner(clock.now())


def whole_district(actor: Actor, record: Any) -> bool:
    """The actor administers the whole district, not one network of it."""
    return actor.everywhere(Role.DISTRICT)


def whole_district_or_system(actor: Actor, record: Any) -> bool:
    """The actor administers the whole district, or the system."""
    return actor.everywhere(Role.DISTRICT) or actor.has(Role.SYSADMIN)


def _rule(roles: frozenset[Role], allows: Callable[[Actor, Any], bool], because: str) -> Rule:
    return Rule(roles=roles, allows=allows, because=because)


D, C, A = Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR
DISTRICT, SYSADMIN, AUDITOR, PARTNER = Role.DISTRICT, Role.SYSADMIN, Role.AUDITOR, Role.PARTNER
TEAM = frozenset(CASE_TEAM)


def _of(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


PERMISSION_MAP: dict[P, Rule] = {
    P.ACCOUNT_ADDRESS: _rule(_of(SYSADMIN), anywhere, "new passwords go to an address: no school changes its own"),
    P.ACCOUNT_FACTOR: _rule(_of(SYSADMIN), anywhere, "without a second factor a password alone opens an account"),
    P.ACCOUNT_MANAGE: _rule(
        _of(SYSADMIN, A), anywhere, "a school administrator only the own school's staff (see accounts.rules)"
    ),
    P.API_ACCESS_MAKE: _rule(_of(DISTRICT), whole_district, "the whole district says what leaves for other systems"),
    P.API_ACCESS_MANAGE: _rule(_of(DISTRICT, SYSADMIN), whole_district_or_system, "a second person agrees or ends"),
    P.ATTACHMENT_READ: _rule(frozenset(STAFF), may_read, "who reads the record; of a signed sheet its parties"),
    P.ATTACHMENT_SEALED: _rule(_of(A, DISTRICT), answers_for, "counsel and the principal act; nobody opens it"),
    P.AUDIT_READ: _rule(_of(AUDITOR), anywhere, "verifies the log; it holds no case content"),
    P.CARE_WORK: _rule(_of(C, A), at_own_school(C, A), "the care team: coordinators and administrators of the school"),
    P.CASE_ACCESS_READ: _rule(_of(A), at_own_school(A), "the administrator answers for who looks"),
    P.CASE_OPEN_ONE: _rule(
        _of(DISTRICT), at_own_school(DISTRICT), "district staff browse no cases: one, for a reason its school sees"
    ),
    P.CASE_READ: _rule(TEAM, at_own_school(*CASE_TEAM), "the case team of the case's school"),
    P.CASE_WORK: _rule(TEAM, at_own_school(*CASE_TEAM), "the case team of the case's school"),
    P.CIRCLE_NOTE_READ: _rule(
        _of(C), keeps, "the circle's own keepers and nobody else, and never who decides discipline there"
    ),
    P.CIRCLE_NOTE_OPEN: _rule(
        _of(DISTRICT), outside_school, "two people outside the school open earlier notes to a keeper, and read nothing"
    ),
    P.CIRCLE_KEEPER_NAME: _rule(
        TEAM, keeps_or_administers, "a keeper of the circle, or the school's administrator, who still cannot read"
    ),
    P.CIRCLE_HOLD: _rule(
        TEAM, keeps_or_administers, "whoever learns of a request or an order must be able to stop shredding"
    ),
    P.CIRCLE_REQUEST_LINK: _rule(_of(C, A), school_itself(C, A), "who answers requests opens the door to them"),
    P.CIRCLE_REQUEST_WORK: _rule(TEAM, reads_request, "coordinators and administrators; deans hear of danger alone"),
    P.CIRCLE_SETTINGS: _rule(_of(A), at_own_school(A), "the administrator answers for who was trained"),
    P.CODES_EDIT: _rule(_of(DISTRICT), whole_district, "one catalogue for the district"),
    P.COVER_SET: _rule(TEAM, own_or_administers, "one's own absence; the administrator's when somebody fell ill"),
    P.DEPUTY_LOOK: _rule(
        _of(DISTRICT), named_deputy, "where a school has only one person the network's deputy is the second"
    ),
    P.DISCIPLINE_DECIDE: _rule(_of(A), at_own_school(A), "the administrator decides on exclusions"),
    P.DISCIPLINE_READ: _rule(TEAM, at_own_school(*CASE_TEAM), "the case team of the school plans the return"),
    P.DISCIPLINE_RECORD: _rule(
        _of(D, A), at_own_school(D, A), "deans and administrators record removals so that they are counted"
    ),
    P.DISCLOSURE_READ: _rule(
        _of(C, A, AUDITOR), verifies_or_keeps, "the school keeps them with the record; auditors verify them"
    ),
    P.DISCLOSURE_RECORD: _rule(_of(C, A), at_own_school(C, A), "the school keeps them with the record"),
    P.DUTY_DISCHARGE: _rule(_of(D, A), shared_duty(D, A), "who must act is at the school"),
    P.DUTY_RAISE: _rule(TEAM, at_own_school(*CASE_TEAM), "whoever works with a report may see what it raises"),
    P.DUTY_RAISE_OWN: _rule(frozenset(STAFF), own_report_or_team, "reporting abuse is each adult's own duty"),
    P.DUTY_READ: _rule(TEAM, shared_duty(*CASE_TEAM), "the case team of the school; no adult's own duty"),
    P.DUTY_TABLE_EDIT: _rule(_of(DISTRICT), anywhere, "one dated table for the district"),
    P.DUTY_TABLE_READ: _rule(_of(D, C, A, DISTRICT), anywhere, "whoever has duties may read them; no case content"),
    P.EQUITY_EDIT: _rule(_of(DISTRICT), whole_district, "one set of minimums for the district"),
    P.EXPORTS_READ: _rule(_of(A, DISTRICT, SYSADMIN), anywhere, "who is told of a file may look it up; no figures"),
    P.FAMILY_COPY_PREPARE: _rule(
        _of(C, A), at_own_school(C, A), "the school keeps the record, and who may prepare keeps the register"
    ),
    P.FAMILY_COPY_RELEASE: _rule(
        _of(A), at_own_school(A), "the administrator answers for what leaves; never who looked it through"
    ),
    P.FAMILY_TEXT_EDIT: _rule(_of(DISTRICT), anywhere, "one set of texts for the district"),
    P.FOLLOWUP_READ: _rule(frozenset(STAFF), own_or_team, "one's own, or the school's for its case team"),
    P.FOLLOWUP_TEMPLATE_EDIT: _rule(_of(DISTRICT), of_the_district, "the ones that every school begins with"),
    P.FOLLOWUP_TEMPLATE_OWN: _rule(_of(A), at_own_school(A), "a school's own stand in place of the district's"),
    P.FOLLOWUP_TEMPLATE_READ: _rule(_of(A, DISTRICT), anywhere, "whoever may write them; no case content"),
    P.FOLLOWUP_WORK: _rule(frozenset(STAFF), own_or_team, "one's own, or the school's for its case team"),
    P.GUARDIAN_LIMIT: _rule(TEAM, at_own_school(*CASE_TEAM), "whoever is shown an order must be able to record it"),
    P.HOLD_MANAGE: _rule(
        _of(DISTRICT),
        held_by_district,
        "orders and requests reach the district; a hold shows a number, never what the record says",
    ),
    P.INCIDENT_COMPLETE: _rule(frozenset(STAFF), own_report_or_team, "one's own report, or the case team"),
    P.INCIDENT_READ: _rule(frozenset(STAFF), own_report_or_team, "one's own report, or the case team"),
    P.INCIDENT_REPORT: _rule(frozenset(STAFF), school_itself(*STAFF), "any staff of the school"),
    P.INCIDENT_REVIEW: _rule(_of(D, A), at_own_school(D, A), "deans and administrators of the school decide"),
    P.MENTOR_MANAGE: _rule(_of(C, A), at_own_school(C, A), "coordinators and administrators match mentors"),
    P.MENTORING_LOG: _rule(frozenset(STAFF), mentors_or_team, "one's own student, or the school's case team"),
    P.NETWORK_EDIT: _rule(_of(DISTRICT), whole_district, "who is in a network says who sees it: no network by itself"),
    P.OUTCOMES_BOARD: _rule(
        _of(A, DISTRICT), anywhere, "who answers to a board; for which schools is asked with every report"
    ),
    P.OUTCOMES_EXPORT: _rule(_of(A, DISTRICT), anywhere, "figures of the schools one reaches"),
    P.OUTCOMES_READ: _rule(_of(D, C, A, DISTRICT), anywhere, "figures of the schools one reaches"),
    P.OWN_DUTY_LOOK: _rule(
        _of(A), administers_mandated_duty, "the second person, among the few who may know: the administrator"
    ),
    P.OWN_DUTY_READ: _rule(
        frozenset(STAFF),
        mandated_duty_or_administers,
        "shown to few: the adult whose duty it is, and the school's administrator",
    ),
    P.OWN_DUTY_WORK: _rule(
        frozenset(STAFF), mandated_duty, "recorded by the person themselves; nobody does it for them"
    ),
    P.PARTNER_EDIT: _rule(_of(DISTRICT), anywhere, "one directory for the district"),
    P.PARTNER_READ: _rule(_of(D, C, A, DISTRICT), anywhere, "whoever may need a partner; it holds no case content"),
    P.PAST_LOOK: _rule(TEAM, at_own_school(*CASE_TEAM), "with a reason; who only reports may never"),
    P.PAST_READ: _rule(_of(A), at_own_school(A), "the administrator answers for who looks"),
    P.PERIOD_MARK: _rule(frozenset(STAFF), teaches, "one's own period of today; nothing else of the student"),
    P.POLICE_APPROVER_EDIT: _rule(
        _of(DISTRICT), whole_district, "whoever approves for a network is not named by that network alone"
    ),
    P.POLICE_NOTIFICATION_RECORD: _rule(
        TEAM, at_own_school(*CASE_TEAM), "whoever called writes it down, and only behind a review that permits it"
    ),
    P.POLICE_REVIEW_ANSWER: _rule(
        _of(A), at_own_school(A), "the administrator answers first; never who asked or is a party (see the act)"
    ),
    P.POLICE_REVIEW_APPROVE: _rule(
        _of(DISTRICT), named_to_approve, "the second answer comes from outside the school, from a named person"
    ),
    P.POLICE_REVIEW_ASK: _rule(TEAM, at_own_school(*CASE_TEAM), "the case team; asking gives nobody a yes"),
    P.POLICE_REVIEW_READ: _rule(
        TEAM | {DISTRICT}, reads_review, "the case team of the school, and who is named to approve"
    ),
    P.POLICE_REVIEW_SECOND: _rule(
        _of(D, A, DISTRICT), seconds_review, "whoever answers for the school; of its network who is named (see the act)"
    ),
    P.PRACTICE_LOG: _rule(frozenset(STAFF), school_itself(*STAFF), "any staff of the school who keeps circles"),
    P.PRACTICE_WORK: _rule(
        frozenset(STAFF), own_entry_or_team, "one's own, or the school's for its case team; no student is named"
    ),
    P.PUSH_USE: _rule(
        frozenset(STAFF) | {DISTRICT}, own_device, "whoever is told of danger or deadlines, on their own devices alone"
    ),
    P.QUESTIONING_RECORD: _rule(
        TEAM, at_own_school(*CASE_TEAM), "whoever of the case team is there when somebody asks"
    ),
    P.REFERRAL_ANSWER: _rule(
        _of(PARTNER), sent_to_own_partner, "what was sent to one's own organisation, while consent is in force"
    ),
    P.RESTRAINT_RECORD: _rule(
        _of(D, A), at_own_school(D, A), "deans and administrators answer for what was done to a student"
    ),
    P.RECORD_DELETE_CONFIRM: _rule(
        _of(A, DISTRICT),
        at_own_school(A, DISTRICT),
        "a second person, never who proposed it (see the act): of the school, or the district, who sees no names",
    ),
    P.RECORD_DELETE_READ: _rule(
        _of(A, DISTRICT, AUDITOR), reads_deletion, "who proposes, who confirms, and who verifies certificates; no names"
    ),
    P.RECORD_REVIEW: _rule(_of(A), at_own_school(A), "the administrator answers for the school's records"),
    P.RETENTION_EDIT: _rule(_of(DISTRICT), whole_district, "one dated schedule for the district"),
    P.RETENTION_READ: _rule(
        _of(A, DISTRICT, AUDITOR), anywhere, "whoever decides by it or verifies it; no case content"
    ),
    P.ROSTER_ACCOUNTS: _rule(_of(SYSADMIN), anywhere, "whoever gives every role gives those of the roster, too"),
    P.ROSTER_IMPORT: _rule(_of(SYSADMIN), anywhere, "whoever runs the system brings the roster; reports hold no name"),
    P.ROSTER_SEARCH: _rule(frozenset(STAFF), school_itself(*STAFF), "names of the own school"),
    P.RULES_EDIT: _rule(_of(DISTRICT), anywhere, "rule sets are the district's"),
    P.RULES_READ: _rule(_of(D, C, A, DISTRICT), anywhere, "whoever is routed by rules may read them"),
    P.SCHOOL_MANAGE: _rule(_of(A, DISTRICT), school_itself(A, DISTRICT), "own school, or the district's calendar"),
    P.SETTINGS_EDIT: _rule(
        _of(DISTRICT, SYSADMIN), whole_district_or_system, "one set for all; what protects children has a floor"
    ),
    P.SETUP_READ: _rule(_of(DISTRICT, SYSADMIN), anywhere, "what is set and what is missing; no case content"),
    P.SIGHT_EDIT: _rule(_of(DISTRICT), whole_district, "one set of years for the district"),
    P.STUDENT_READ: _rule(TEAM, at_own_school(*CASE_TEAM), "the case team of the student's school"),
    P.SUPPORT_OPEN: _rule(_of(C), at_own_school(C), "a coordinator, with the reason and the family's agreement"),
    P.SYSTEM_HEALTH: _rule(_of(SYSADMIN), anywhere, "health, failed mail, imports; no case content"),
    P.WEBHOOK_EDIT: _rule(_of(DISTRICT), whole_district, "what leaves the district is its own to say; no name does"),
}
