"""Who may work with legal duties, discipline, police reviews, questioning, restraint and orders."""

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Rule
from wss_cases.incidents.deputies import named_deputy
from wss_cases.permission_map.predicates import at_own_school, duty_of_team_or_office, own_report_or_team
from wss_cases.permission_map.row import ANY_STAFF, DISTRICT, TEAM, A, D, of, row
from wss_cases.safeguards.duties.duty.rules import (
    administers_mandated_duty,
    mandated_duty,
    mandated_duty_or_administers,
)
from wss_cases.safeguards.police.review.actions import named_to_approve, reads_review, seconds_review

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
