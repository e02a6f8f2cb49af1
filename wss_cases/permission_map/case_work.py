"""Who may report, review, work cases, circles, mentoring, practice and follow-ups of a school."""

from wss_cases.access.actor import CASE_TEAM, STAFF
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Rule
from wss_cases.mail.push.rules import own_device
from wss_cases.pathways.circles.circle.queries import leads_circle
from wss_cases.pathways.circles.plans.models import reads_plan, writes_plan
from wss_cases.pathways.mentoring.periods import teaches
from wss_cases.permission_map.predicates import (
    at_own_school,
    keeps,
    keeps_or_administers,
    mentors_or_team,
    outside_school,
    own_or_administers,
    own_or_team,
    own_report_or_team,
    own_report_team_or_office,
    reviews_or_office,
    school_itself,
    sent_to_own_partner,
)
from wss_cases.permission_map.row import ANY_STAFF, DISTRICT, PARTNER, TEAM, A, C, D, of, row
from wss_cases.practice.log import own_entry_or_team
from wss_cases.practice.requests.pages import reads_request

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
