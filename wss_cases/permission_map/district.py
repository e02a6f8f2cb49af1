"""Who may set up, count and run the district: accounts, tables, rosters, figures, settings."""

from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Rule
from wss_cases.permission_map.predicates import (
    anywhere,
    at_own_school,
    of_the_district,
    own_training,
    school_itself,
    whole_district,
    whole_district_or_system,
)
from wss_cases.permission_map.row import ANY_STAFF, AUDITOR, DISTRICT, SYSADMIN, A, C, D, of, row

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
