"""Life of a case, and the answers its closing asks for."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import ROLE_LABELS
from wss_cases.roster.directory.states import NO_LABEL


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


class PlanState(enum.StrEnum):
    """A safety plan: written, agreed with the person it is for, ended."""

    DRAFT = "draft"
    AGREED = "agreed"
    ENDED = "ended"


PLAN_TRANSITIONS: dict[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.AGREED, PlanState.ENDED}),
    PlanState.AGREED: frozenset({PlanState.DRAFT, PlanState.ENDED}),
    PlanState.ENDED: frozenset(),
}
"""A plan that is changed goes back to draft until it is agreed again."""


class PlanAnswer(enum.StrEnum):
    """What a review of a safety plan found."""

    WORKS = "works"
    CHANGED = "changed"
    HAPPENED_AGAIN = "happened_again"


class GuardianTold(enum.StrEnum):
    """What a guardian knows of a safety plan when it is agreed."""

    TOLD = "told"
    NOT_REACHED = "not_reached"
    NOT_TO_BE_TOLD = "not_to_be_told"


GUARDIAN_LABELS = {
    GuardianTold.TOLD: _l("Told, and had a say"),
    GuardianTold.NOT_REACHED: _l("Not reached yet, after more than one try"),
    GuardianTold.NOT_TO_BE_TOLD: _l("Not to be told, as advised for the student's safety"),
}

PLAN_LABELS = {PlanState.DRAFT: _l("Draft"), PlanState.AGREED: _l("Agreed"), PlanState.ENDED: _l("Ended")}

PLAN_ANSWER_LABELS = {
    PlanAnswer.WORKS: _l("It works as it is"),
    PlanAnswer.CHANGED: _l("It needs a change"),
    PlanAnswer.HAPPENED_AGAIN: _l("Something happened again"),
}

PLAN_TONES = {PlanState.DRAFT: "sun", PlanState.AGREED: "moss", PlanState.ENDED: "slate"}


class CaseOrigin(enum.StrEnum):
    """What a case comes from that no incident opened; it stands where others name the kind of harm."""

    LONG_ABSENCE = "long_absence"
    PLACEMENT = "placement"


ORIGIN_LABELS = {
    CaseOrigin.LONG_ABSENCE: _l("Return after a long absence"),
    CaseOrigin.PLACEMENT: _l("Return from a placement"),
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


class ReopenReason(enum.StrEnum):
    """Why a closed case is opened again."""

    HARM_AGAIN = "harm_again"
    AGREEMENT_BROKEN = "agreement_broken"
    ASKED = "asked"
    NEW_FACTS = "new_facts"
    CLOSED_BY_MISTAKE = "closed_by_mistake"


LABELS = {
    CaseState.INTAKE: _l("Intake"),
    CaseState.PREPARING: _l("Preparing"),
    CaseState.IN_PROCESS: _l("In process"),
    CaseState.MONITORING: _l("Monitoring the agreement"),
    CaseState.CLOSED: _l("Closed"),
}

RESULT_LABELS = {
    CaseResult.REPAIRED: _l("Repaired"),
    CaseResult.PARTLY_REPAIRED: _l("Partly repaired"),
    CaseResult.DECLINED: _l("Declined"),
    CaseResult.NOT_SUITABLE: _l("Not suitable"),
    CaseResult.TRANSFERRED: _l("Transferred"),
    CaseResult.NO_CONTACT: _l("No contact"),
    CaseResult.UNFOUNDED: _l("Unfounded"),
}

KEPT_LABELS = {
    AgreementKept.KEPT: _l("Yes, kept"),
    AgreementKept.PARTLY: _l("Partly"),
    AgreementKept.NOT_KEPT: _l("No"),
    AgreementKept.NO_AGREEMENT: _l("There was no agreement"),
}

HARMED_SAYS_LABELS = {
    HarmedSays.REPAIRED: _l("The harm is repaired"),
    HarmedSays.PARTLY: _l("The harm is partly repaired"),
    HarmedSays.NOT_REPAIRED: _l("The harm is not repaired"),
    HarmedSays.DID_NOT_WISH_TO_SAY: _l("Did not wish to say"),
    HarmedSays.NOT_REACHED: _l("Could not be reached"),
    HarmedSays.NOBODY_HARMED: _l("Nobody was harmed"),
}

REOPEN_LABELS = {
    ReopenReason.HARM_AGAIN: _l("Harm happened again"),
    ReopenReason.AGREEMENT_BROKEN: _l("The agreement was not kept"),
    ReopenReason.ASKED: _l("A person in the case asked for it"),
    ReopenReason.NEW_FACTS: _l("Something new became known"),
    ReopenReason.CLOSED_BY_MISTAKE: _l("It was closed by mistake"),
}

SENTENCES: dict[str, object] = {
    "case.opened": _l("Case %(reference)s opened from incident %(incidents)s"),
    "case.opened_for_student": (_l("Case %(reference)s opened: %(origin)s"), {"origin": ORIGIN_LABELS}),
    "case.opened_continued": _l("Case %(reference)s opened: it goes on from another school"),
    "case.student_moved": _l("A student of this case is at another school now"),
    "case.continued": _l("The case goes on at the student’s new school"),
    "case.incident_merged": _l("Incident %(incident)s joined to this case"),
    "case.note_added": _l("Note added"),
    "case.person_added": _l("Person added"),
    "case.person_role": (_l("Part in the case changed to: %(role)s"), {"role": ROLE_LABELS}),
    "case.state_changed": (_l("Case moved to: %(state)s"), {"state": LABELS}),
    "case.review_set": _l("Next review set for %(on)s"),
    "case.review_no_school": (_l("Next review moved to %(on)s. There is no school on %(day)s (%(label)s)"), NO_LABEL),
    "case.review_back": _l("Next review back on %(on)s. There is school on that day after all"),
    "case.handed_over": _l("Handed over to %(to)s"),
    "case.closed": (_l("Case closed: %(result)s"), {"result": RESULT_LABELS}),
    "case.reopened": (_l("Case reopened: %(reason)s"), {"reason": REOPEN_LABELS}),
    "case.ended_by_district": _l("The district is done with the case"),
    "case.opened_by_district": _l("Opened by the district. Reason: %(reason)s"),
    "safety_plan.drafted": _l("Safety plan written"),
    "safety_plan.changed": _l("Safety plan changed; it is to be agreed again"),
    "safety_plan.agreed": (_l("Safety plan agreed. Guardian: %(guardian)s"), {"guardian": GUARDIAN_LABELS}),
    "safety_plan.reviewed": (_l("Safety plan reviewed: %(answer)s"), {"answer": PLAN_ANSWER_LABELS}),
    "safety_plan.ended": _l("Safety plan ended"),
}
