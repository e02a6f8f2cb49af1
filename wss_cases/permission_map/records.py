"""Who may read attachments, past records and disclosures, release copies, hold and delete."""

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import Rule
from wss_cases.attachments.attachment import may_read
from wss_cases.attachments.hosts import answers_for
from wss_cases.permission_map.predicates import at_own_school, verifies_or_keeps
from wss_cases.permission_map.row import ANY_STAFF, AUDITOR, DISTRICT, TEAM, A, C, of, row
from wss_cases.records.retention.core.queries import held_by_district, reads_deletion

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
