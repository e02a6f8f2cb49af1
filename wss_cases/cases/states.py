"""Life of a case, and the answers its closing asks for."""

import enum


class CaseState(enum.StrEnum):
    """Intake to closed; a closed case says how in `CaseResult`."""

    INTAKE = "intake"
    PREPARING = "preparing"
    IN_PROCESS = "in_process"
    MONITORING = "monitoring"
    CLOSED = "closed"


class CaseResult(enum.StrEnum):
    """How a case ended."""

    REPAIRED = "repaired"
    PARTLY_REPAIRED = "partly_repaired"
    DECLINED = "declined"
    NOT_SUITABLE = "not_suitable"
    TRANSFERRED = "transferred"
    NO_CONTACT = "no_contact"
    UNFOUNDED = "unfounded"


OPEN = frozenset({CaseState.INTAKE, CaseState.PREPARING, CaseState.IN_PROCESS, CaseState.MONITORING})

TRANSITIONS: dict[CaseState, frozenset[CaseState]] = {
    CaseState.INTAKE: frozenset({CaseState.PREPARING, CaseState.IN_PROCESS, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.PREPARING: frozenset({CaseState.IN_PROCESS, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.IN_PROCESS: frozenset({CaseState.PREPARING, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.MONITORING: frozenset({CaseState.IN_PROCESS, CaseState.CLOSED}),
    CaseState.CLOSED: frozenset({CaseState.INTAKE}),
}


class AgreementKept(enum.StrEnum):
    """Closing question 1: was the agreement kept?"""

    KEPT = "kept"
    PARTLY = "partly"
    NOT_KEPT = "not_kept"
    NO_AGREEMENT = "no_agreement"


class HarmedSays(enum.StrEnum):
    """Closing question 2: what does the person harmed say?"""

    REPAIRED = "repaired"
    PARTLY = "partly"
    NOT_REPAIRED = "not_repaired"
    DID_NOT_WISH_TO_SAY = "did_not_wish_to_say"
    NOT_REACHED = "not_reached"
    NOBODY_HARMED = "nobody_harmed"
