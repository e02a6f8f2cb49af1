"""Who may do what, on one page. Predicates are pure; one that a single room needs lives in that room. No row means no.

A permission has exactly one row: `CASE_WORK` is the work of a school, `SAFEGUARDS` what the law requires, `RECORDS`
what is stored, released and deleted, `PLANS` the Whole School Safety plans, `DISTRICT_WIDE` what is set up and counted.
"""

from collections.abc import Mapping
from typing import Any

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Predicate, Rule
from wss_cases.access.visibility import holds, sees
from wss_cases.attachments.attachment import answers_for, may_read
from wss_cases.followups.core.queries import is_known_to
from wss_cases.foundation import clock
from wss_cases.incidents.deputies import named_deputy
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import is_left_to_office
from wss_cases.mail.push.rules import own_device
from wss_cases.pathways.circles.circle.queries import leads_circle
from wss_cases.pathways.circles.plans.models import reads_plan, writes_plan
from wss_cases.pathways.mentoring.periods import teaches
from wss_cases.plans.money.files.rules import brings
from wss_cases.plans.plan.core.models import PLAN_READERS
from wss_cases.practice.log import own_entry_or_team
from wss_cases.practice.requests.pages import reads_request
from wss_cases.records.retention.core.queries import held_by_district, reads_deletion
from wss_cases.safeguards.duties.duty.models import (
    administers_mandated_duty,
    mandated_duty,
    mandated_duty_or_administers,
    shared_duty,
)
from wss_cases.safeguards.police.review.models import named_to_approve, reads_review, seconds_review


def at_own_school(*roles: Role) -> Predicate:
    """The record's school is one in which the actor holds one of these roles.

    Of records with a visibility window (incidents, cases and what belongs to them) only those in view for that role.
    """

    def allows(actor: Actor, record: Any) -> bool:
        return sees(actor, record, *roles)

    return allows


def school_itself(*roles: Role) -> Predicate:
    """The record is a school that the actor covers with one of these roles, or a contact of such a school."""

    def allows(actor: Actor, record: Any) -> bool:
        return actor.covers(record.school_id if hasattr(record, "school_id") else record.id, *roles)

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


def own_report_team_or_office(actor: Actor, incident: Any) -> bool:
    """The same, and the district's office reads what is withheld from the school."""
    return own_report_or_team(actor, incident) or for_office(actor, incident)


def for_office(actor: Actor, record: Any) -> bool:
    """The record is, or belongs to, a report of an adult's conduct that is withheld from the school and goes to the
    district's office."""
    return actor.has(Role.DISTRICT) and holds(record, type(record).for_office(actor))


def reviews_or_office(*roles: Role) -> Predicate:
    """The record's school is one where one of these roles is held; or it is a report that the district's office reads
    and no one at its school may decide.

    What belongs to a report stays with its school.
    """
    of_school = at_own_school(*roles)

    def allows(actor: Actor, record: Any) -> bool:
        if of_school(actor, record):
            return True
        return isinstance(record, Incident) and for_office(actor, record) and is_left_to_office(record, clock.now())

    return allows


def duty_of_team_or_office(*roles: Role) -> Predicate:
    """A duty of a school where one of these roles is held, not one of a mandated reporter; or a duty of a report
    that the office reads."""
    of_team = shared_duty(*roles)

    def allows(actor: Actor, duty: Any) -> bool:
        return of_team(actor, duty) or (not duty.is_personal and for_office(actor, duty))

    return allows


def own_or_team(actor: Actor, follow_up: Any) -> bool:
    """The owner has their follow-up while they work at its school; the case team has all of its school, except those
    that reveal a need for housing."""
    own = follow_up.owner_id is not None and follow_up.owner_id == actor.user_id
    return sees(actor, follow_up, *(STAFF if own else CASE_TEAM)) and is_known_to(actor, follow_up)


def mentors_or_team(actor: Actor, plan: Any) -> bool:
    """The mentor of this plan while they work at its school; the case team has all plans of its school."""
    own = plan.mentor_user_id is not None and plan.mentor_user_id == actor.user_id
    return sees(actor, plan, *(STAFF if own else CASE_TEAM))


def keeps(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle now, and is still a coordinator of its school.

    Its deans and administrators read nothing, not even one who is a coordinator there too or kept the circle before: no
    one who decides discipline reads privileged text. A record with `school_id` and `keeper_ids`.
    """
    works = actor.covers(circle.school_id, Role.COORDINATOR)
    decides = actor.covers(circle.school_id, Role.DEAN, Role.ADMINISTRATOR)
    return actor.user_id in circle.keeper_ids and works and not decides


def keeps_or_administers(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle now, or is an administrator of its school."""
    return keeps(actor, circle) or actor.covers(circle.school_id, Role.ADMINISTRATOR)


def own_training(actor: Actor, record: Any) -> bool:
    """The training on record is the actor's own."""
    return record.user_id is not None and record.user_id == actor.user_id


def outside_school(actor: Actor, record: Any) -> bool:
    """The actor belongs to the district of the record's school and holds no role at that school."""
    return actor.covers(record.school_id, Role.DISTRICT) and not actor.covers(record.school_id, *STAFF)


def own_or_administers(actor: Actor, cover: Any) -> bool:
    """An absent person sets their own cover; the administrator of the school sets anyone's."""
    own = cover.user_id is not None and cover.user_id == actor.user_id
    return actor.covers(cover.school_id, *(CASE_TEAM if own else (Role.ADMINISTRATOR,)))


def verifies_or_keeps(actor: Actor, student: Any) -> bool:
    """Auditors read the disclosures of every student; a school's coordinators and administrators those of its own."""
    return actor.has(Role.AUDITOR) or actor.covers(student.school_id, Role.COORDINATOR, Role.ADMINISTRATOR)


def sent_to_own_partner(actor: Actor, referral: Any) -> bool:
    """The referral was sent to the actor's organization, and its consent is in force: neither revoked nor expired."""
    return referral.partner_id in actor.partner_ids() and referral.is_open_to_partner(clock.now())


def whole_district(actor: Actor, record: Any) -> bool:
    """The actor administers the whole district, not one network of it."""
    return actor.everywhere(Role.DISTRICT)


def whole_district_or_system(actor: Actor, record: Any) -> bool:
    """The actor administers the whole district, or the system."""
    return actor.everywhere(Role.DISTRICT) or actor.has(Role.SYSADMIN)


D, C, A = Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR
DISTRICT, SYSADMIN, AUDITOR, PARTNER = Role.DISTRICT, Role.SYSADMIN, Role.AUDITOR, Role.PARTNER
TEAM = frozenset(CASE_TEAM)
ANY_STAFF = frozenset(STAFF)


def of(*roles: Role) -> frozenset[Role]:
    """These roles as a set."""
    return frozenset(roles)


def row(roles: frozenset[Role], allows: Predicate, because: str) -> Rule:
    """A row: who may hold the permission, of which records, and why in one sentence."""
    return Rule(roles=roles, allows=allows, because=because)


CASE_WORK: dict[P, Rule] = {
    P.CARE_WORK: row(of(C, A), at_own_school(C, A), "the care team: coordinators and administrators of the school"),
    P.CASE_READ: row(TEAM, at_own_school(*CASE_TEAM), "the case team of the case's school"),
    P.CASE_WORK: row(TEAM, at_own_school(*CASE_TEAM), "the case team of the case's school"),
    P.CIRCLE_NOTE_READ: row(
        of(C), keeps, "the circle's own keepers and nobody else, and never who decides discipline there"
    ),
    P.CIRCLE_NOTE_OPEN: row(
        of(DISTRICT), outside_school, "two people outside the school open earlier notes to a keeper, and read nothing"
    ),
    P.CIRCLE_KEEPER_NAME: row(
        TEAM, keeps_or_administers, "a keeper of the circle, or the school's administrator, who still cannot read"
    ),
    P.CIRCLE_HOLD: row(
        TEAM, keeps_or_administers, "whoever learns of a request or an order must be able to stop shredding"
    ),
    P.CIRCLE_LEAD: row(
        ANY_STAFF,
        leads_circle,
        "a keeper, trained or a coordinator, their own circle alone; never who decides discipline",
    ),
    P.CIRCLE_PLAN_READ: row(ANY_STAFF, reads_plan, "any staff of the school; a circle's plan is its case team's"),
    P.CIRCLE_PLAN_WRITE: row(ANY_STAFF, writes_plan, "one's own, or the school's for its case team"),
    P.CIRCLE_REQUEST_LINK: row(of(C, A), school_itself(C, A), "who answers requests opens the door to them"),
    P.CIRCLE_REQUEST_WORK: row(TEAM, reads_request, "coordinators and administrators; deans hear of danger alone"),
    P.CIRCLE_SETTINGS: row(of(A), at_own_school(A), "the administrator answers for what the school asks of families"),
    P.COVER_SET: row(TEAM, own_or_administers, "one's own absence; the administrator's when somebody fell ill"),
    P.FOLLOWUP_READ: row(ANY_STAFF, own_or_team, "one's own, or the school's for its case team"),
    P.FOLLOWUP_WORK: row(ANY_STAFF, own_or_team, "one's own, or the school's for its case team"),
    P.INCIDENT_COMPLETE: row(ANY_STAFF, own_report_or_team, "one's own report, or the case team"),
    P.INCIDENT_READ: row(
        ANY_STAFF | {DISTRICT},
        own_report_team_or_office,
        "one's own report, or the case team; the district's office what an adult of the school is said to have done",
    ),
    P.INCIDENT_REPORT: row(ANY_STAFF, school_itself(*STAFF), "any staff of the school"),
    P.INCIDENT_REVIEW: row(
        of(D, A, DISTRICT),
        reviews_or_office(D, A),
        "deans and administrators of the school; the district's office what nobody there may decide",
    ),
    P.MENTOR_MANAGE: row(of(C, A), school_itself(C, A), "coordinators and administrators match mentors"),
    P.MENTORING_LOG: row(ANY_STAFF, mentors_or_team, "one's own student, or the school's case team"),
    P.PERIOD_MARK: row(ANY_STAFF, teaches, "one's own period of today; nothing else of the student"),
    P.PRACTICE_LOG: row(ANY_STAFF, school_itself(*STAFF), "any staff of the school who keeps circles"),
    P.PRACTICE_WORK: row(
        ANY_STAFF, own_entry_or_team, "one's own, or the school's for its case team; no student is named"
    ),
    P.PUSH_USE: row(
        ANY_STAFF | {DISTRICT}, own_device, "whoever is told of danger or deadlines, on their own devices alone"
    ),
    P.REFERRAL_ANSWER: row(
        of(PARTNER), sent_to_own_partner, "what was sent to one's own organisation, while consent is in force"
    ),
    P.ROSTER_SEARCH: row(ANY_STAFF, school_itself(*STAFF), "names of the own school"),
    P.STUDENT_READ: row(TEAM, at_own_school(*CASE_TEAM), "the case team of the student's school"),
    P.SURVEY_OPEN: row(of(C, A), school_itself(C, A), "who answers for the school's climate asks about it"),
    P.SURVEY_OPT_OUT: row(of(C, A), at_own_school(C, A), "the school records what a family said"),
    P.SURVEY_READ: row(of(C, A, DISTRICT), at_own_school(C, A, DISTRICT), "shares of ten answers or more, no person"),
    P.SURVEY_RUN: row(of(C, A), at_own_school(C, A), "links go to the school's own people; answers are not seen"),
    P.SUPPORT_OPEN: row(of(C), at_own_school(C), "a coordinator, with the reason and the family's agreement"),
}


SAFEGUARDS: dict[P, Rule] = {
    P.DEPUTY_LOOK: row(
        of(DISTRICT), named_deputy, "where a school has only one person the network's deputy is the second"
    ),
    P.DISCIPLINE_DECIDE: row(of(A), at_own_school(A), "the administrator decides on exclusions"),
    P.DISCIPLINE_READ: row(TEAM, at_own_school(*CASE_TEAM), "the case team of the school plans the return"),
    P.DISCIPLINE_RECORD: row(
        of(D, A), at_own_school(D, A), "deans and administrators record removals so that they are counted"
    ),
    P.DUTY_DISCHARGE: row(
        of(D, A, DISTRICT), duty_of_team_or_office(D, A), "who must act is at the school, or at the office"
    ),
    P.DUTY_RAISE: row(TEAM, at_own_school(*CASE_TEAM), "whoever works with a report may see what it raises"),
    P.DUTY_RAISE_OWN: row(ANY_STAFF, own_report_or_team, "reporting abuse is each adult's own duty"),
    P.DUTY_READ: row(
        TEAM | {DISTRICT},
        duty_of_team_or_office(*CASE_TEAM),
        "the case team of the school, or the office where it may not know; no adult's own duty",
    ),
    P.GUARDIAN_LIMIT: row(TEAM, at_own_school(*CASE_TEAM), "whoever is shown an order must be able to record it"),
    P.OWN_DUTY_LOOK: row(
        of(A), administers_mandated_duty, "the second person, among the few who may know: the administrator"
    ),
    P.OWN_DUTY_READ: row(
        ANY_STAFF,
        mandated_duty_or_administers,
        "shown to few: the adult whose duty it is, and the school's administrator",
    ),
    P.OWN_DUTY_WORK: row(ANY_STAFF, mandated_duty, "recorded by the person themselves; nobody does it for them"),
    P.POLICE_NOTIFICATION_RECORD: row(
        TEAM, at_own_school(*CASE_TEAM), "whoever called writes it down, and only behind a review that permits it"
    ),
    P.POLICE_REVIEW_ANSWER: row(
        of(A), at_own_school(A), "the administrator answers first; never who asked or is a party (see the act)"
    ),
    P.POLICE_REVIEW_APPROVE: row(
        of(DISTRICT), named_to_approve, "the second answer comes from outside the school, from a named person"
    ),
    P.POLICE_REVIEW_ASK: row(TEAM, at_own_school(*CASE_TEAM), "the case team; asking gives nobody a yes"),
    P.POLICE_REVIEW_READ: row(
        TEAM | {DISTRICT}, reads_review, "the case team of the school, and who is named to approve"
    ),
    P.POLICE_REVIEW_SECOND: row(
        of(D, A, DISTRICT), seconds_review, "whoever answers for the school; of its network who is named (see the act)"
    ),
    P.QUESTIONING_RECORD: row(TEAM, at_own_school(*CASE_TEAM), "whoever of the case team is there when somebody asks"),
    P.RESTRAINT_RECORD: row(
        of(D, A), at_own_school(D, A), "deans and administrators answer for what was done to a student"
    ),
}


RECORDS: dict[P, Rule] = {
    P.ATTACHMENT_READ: row(ANY_STAFF, may_read, "who reads the record; of a signed sheet its parties"),
    P.ATTACHMENT_SEALED: row(of(A, DISTRICT), answers_for, "counsel and the principal act; nobody opens it"),
    P.CASE_ACCESS_READ: row(of(A), at_own_school(A), "the administrator answers for who looks"),
    P.CASE_OPEN_ONE: row(
        of(DISTRICT), at_own_school(DISTRICT), "district staff browse no cases: one, for a reason its school sees"
    ),
    P.DISCLOSURE_READ: row(
        of(C, A, AUDITOR), verifies_or_keeps, "the school keeps them with the record; auditors verify them"
    ),
    P.DISCLOSURE_RECORD: row(of(C, A), at_own_school(C, A), "the school keeps them with the record"),
    P.FAMILY_COPY_PREPARE: row(
        of(C, A), at_own_school(C, A), "the school keeps the record, and who may prepare keeps the register"
    ),
    P.FAMILY_COPY_RELEASE: row(
        of(A), at_own_school(A), "the administrator answers for what leaves; never who looked it through"
    ),
    P.HOLD_MANAGE: row(
        of(DISTRICT),
        held_by_district,
        "orders and requests reach the district; a hold shows a number, never what the record says",
    ),
    P.PAST_LOOK: row(TEAM, at_own_school(*CASE_TEAM), "with a reason; who only reports may never"),
    P.PAST_READ: row(of(A), at_own_school(A), "the administrator answers for who looks"),
    P.RECORD_DELETE_CONFIRM: row(
        of(A, DISTRICT),
        at_own_school(A, DISTRICT),
        "a second person, never who proposed it (see the act): of the school, or the district, who sees no names",
    ),
    P.RECORD_DELETE_READ: row(
        of(A, DISTRICT, AUDITOR), reads_deletion, "who proposes, who confirms, and who verifies certificates; no names"
    ),
    P.RECORD_REVIEW: row(of(A), at_own_school(A), "the administrator answers for the school's records"),
}


PLANS: dict[P, Rule] = {
    P.FUNDING_SECOND: row(
        of(A, DISTRICT), at_own_school(A, DISTRICT), "a second person is never missing: the school's or the district's"
    ),
    P.FUNDING_WRITE: row(of(DISTRICT), at_own_school(DISTRICT), "the district gives a school its money"),
    P.PLAN_MONEY_IMPORT: row(of(A, DISTRICT), brings, "whoever writes the same rows by hand, at each of their schools"),
    P.PLAN_MONEY_WRITE: row(of(A), at_own_school(A), "the administrator answers for what the school spends"),
    P.MEETING_RECORD: row(TEAM, school_itself(*CASE_TEAM), "who was there writes it down; nobody is named"),
    P.PLAN_READ: row(
        of(*PLAN_READERS), at_own_school(*PLAN_READERS), "the school that carries it out, and the district; no other"
    ),
    P.PLAN_START: row(of(A), school_itself(A), "the administrator answers for the school's plan"),
    P.PLAN_VOTE_CONFIRM: row(
        of(*PLAN_READERS), at_own_school(*PLAN_READERS), "a second person of the school or the district counts again"
    ),
    P.PLAN_WITHDRAW: row(
        of(A, DISTRICT), at_own_school(A, DISTRICT), "whoever answers for what is public takes it away at once"
    ),
    P.PLAN_WORK: row(TEAM, at_own_school(*CASE_TEAM), "who carries it out records progress and meetings"),
    P.PLAN_WRITE: row(of(A), at_own_school(A), "the administrator answers for the school's plan"),
    P.PLANS_LIST: row(of(D, C, A, DISTRICT), anywhere, "whoever reads a plan; which ones is asked with every list"),
    P.PLAN_TEMPLATE_EDIT: row(of(DISTRICT), whole_district, "one dated template for the district"),
    P.PLAN_TEMPLATE_READ: row(of(D, C, A, DISTRICT), anywhere, "whoever reads plans; it holds no school's answers"),
}


DISTRICT_WIDE: dict[P, Rule] = {
    P.ACCOUNT_ADDRESS: row(of(SYSADMIN), anywhere, "new passwords go to an address: no school changes its own"),
    P.ACCOUNT_FACTOR: row(of(SYSADMIN), anywhere, "without a second factor a password alone opens an account"),
    P.ACCOUNT_MANAGE: row(
        of(SYSADMIN, A), anywhere, "a school administrator only the own school's staff (see accounts.rules)"
    ),
    P.API_ACCESS_MAKE: row(of(DISTRICT), whole_district, "the whole district says what leaves for other systems"),
    P.API_ACCESS_MANAGE: row(of(DISTRICT, SYSADMIN), whole_district_or_system, "a second person agrees or ends"),
    P.AUDIT_READ: row(of(AUDITOR), anywhere, "verifies the log; it holds no case content"),
    P.CODES_EDIT: row(of(DISTRICT), whole_district, "one catalogue for the district"),
    P.CONTACT_READ: row(
        of(D, C, A, DISTRICT), at_own_school(D, C, A, DISTRICT), "whoever may have to call; no student"
    ),
    P.DUTY_TABLE_EDIT: row(of(DISTRICT), anywhere, "one dated table for the district"),
    P.DUTY_TABLE_READ: row(of(D, C, A, DISTRICT), anywhere, "whoever has duties may read them; no case content"),
    P.EQUITY_EDIT: row(of(DISTRICT), whole_district, "one set of minimums for the district"),
    P.EXPORTS_READ: row(of(A, DISTRICT, SYSADMIN), anywhere, "who is told of a file may look it up; no figures"),
    P.FAMILY_TEXT_EDIT: row(of(DISTRICT), anywhere, "one set of texts for the district"),
    P.FOLLOWUP_TEMPLATE_EDIT: row(of(DISTRICT), of_the_district, "the ones that every school begins with"),
    P.FOLLOWUP_TEMPLATE_OWN: row(of(A), at_own_school(A), "a school's own stand in place of the district's"),
    P.FOLLOWUP_TEMPLATE_READ: row(of(A, DISTRICT), anywhere, "whoever may write them; no case content"),
    P.NETWORK_EDIT: row(of(DISTRICT), whole_district, "who is in a network says who sees it: no network by itself"),
    P.OUTCOMES_BOARD: row(
        of(A, DISTRICT), anywhere, "who answers to a board; for which schools is asked with every report"
    ),
    P.OUTCOMES_EXPORT: row(of(A, DISTRICT), anywhere, "figures of the schools one reaches"),
    P.OUTCOMES_READ: row(of(D, C, A, DISTRICT), anywhere, "figures of the schools one reaches"),
    P.PARTNER_EDIT: row(of(DISTRICT), anywhere, "one directory for the district"),
    P.PARTNER_READ: row(of(D, C, A, DISTRICT), anywhere, "whoever may need a partner; it holds no case content"),
    P.POLICE_APPROVER_EDIT: row(
        of(DISTRICT), whole_district, "whoever approves for a network is not named by that network alone"
    ),
    P.RETENTION_EDIT: row(of(DISTRICT), whole_district, "one dated schedule for the district"),
    P.RETENTION_READ: row(of(A, DISTRICT, AUDITOR), anywhere, "whoever decides by it or verifies it; no case content"),
    P.ROSTER_ACCOUNTS: row(of(SYSADMIN), anywhere, "whoever gives every role gives those of the roster, too"),
    P.ROSTER_IMPORT: row(of(SYSADMIN), anywhere, "whoever runs the system brings the roster; reports hold no name"),
    P.RULES_EDIT: row(of(DISTRICT), anywhere, "rule sets are the district's"),
    P.RULES_READ: row(of(D, C, A, DISTRICT), anywhere, "whoever is routed by rules may read them"),
    P.SCHOOL_MANAGE: row(of(A, DISTRICT), school_itself(A, DISTRICT), "own school, or the district's calendar"),
    P.SETTINGS_EDIT: row(
        of(DISTRICT, SYSADMIN), whole_district_or_system, "one set for all; what protects children has a floor"
    ),
    P.SETUP_READ: row(of(DISTRICT, SYSADMIN), anywhere, "what is set and what is missing; no case content"),
    P.SIGHT_EDIT: row(of(DISTRICT), whole_district, "one set of years for the district"),
    P.SYSTEM_HEALTH: row(of(SYSADMIN), anywhere, "health, failed mail, imports; no case content"),
    P.TRAINING_EDIT: row(of(DISTRICT), whole_district, "one list of topics and requirements for the district"),
    P.TRAINING_MANAGE: row(of(A, DISTRICT), school_itself(A, DISTRICT), "who answers for the trainings of a school"),
    P.TRAINING_OWN: row(ANY_STAFF, own_training, "everyone their own, and nobody another person's"),
    P.WEBHOOK_EDIT: row(of(DISTRICT), whole_district, "what leaves the district is its own to say; no name does"),
}


PAGES: tuple[Mapping[P, Rule], ...] = (CASE_WORK, SAFEGUARDS, RECORDS, PLANS, DISTRICT_WIDE)
PERMISSION_MAP: dict[P, Rule] = {permission: rule for page in PAGES for permission, rule in page.items()}
