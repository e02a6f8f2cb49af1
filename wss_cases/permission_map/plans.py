"""Who may read, write and carry out Whole School Safety plans."""

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Rule
from wss_cases.permission_map.predicates import anywhere, at_own_school, school_itself, whole_district
from wss_cases.permission_map.row import DISTRICT, TEAM, A, C, D, of, row
from wss_cases.plans.money.files.rules import brings
from wss_cases.plans.plan.core.queries import PLAN_READERS

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
