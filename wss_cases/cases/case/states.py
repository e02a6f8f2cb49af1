"""Life of a case, and the answers its closing asks for."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.rules import NO_LABEL


class CaseState(Labelled):
    """Intake to closed; a closed case says how in `CaseResult`."""

    INTAKE = "intake", _l("Intake")
    PREPARING = "preparing", _l("In preparation")
    IN_PROCESS = "in_process", _l("In process")
    MONITORING = "monitoring", _l("Monitoring the agreement")
    CLOSED = "closed", _l("Closed")


class CaseResult(Labelled):
    """How a case ended."""

    REPAIRED = "repaired", _l("Repaired")
    PARTLY_REPAIRED = "partly_repaired", _l("Partly repaired")
    DECLINED = "declined", _l("Declined")
    NOT_SUITABLE = "not_suitable", _l("Not suitable")
    TRANSFERRED = "transferred", _l("Transferred")
    NO_CONTACT = "no_contact", _l("No contact")
    UNFOUNDED = "unfounded", _l("Unfounded")


OPEN = frozenset({CaseState.INTAKE, CaseState.PREPARING, CaseState.IN_PROCESS, CaseState.MONITORING})

TRANSITIONS: dict[CaseState, frozenset[CaseState]] = {
    CaseState.INTAKE: frozenset({CaseState.PREPARING, CaseState.IN_PROCESS, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.PREPARING: frozenset({CaseState.IN_PROCESS, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.IN_PROCESS: frozenset({CaseState.PREPARING, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.MONITORING: frozenset({CaseState.IN_PROCESS, CaseState.CLOSED}),
    CaseState.CLOSED: frozenset({CaseState.INTAKE}),
}


class PlanState(Labelled):
    """A safety plan: written, agreed with the person it is for, ended."""

    DRAFT = "draft", _l("Draft")
    AGREED = "agreed", _l("Agreed")
    ENDED = "ended", _l("Ended")


PLAN_TRANSITIONS: dict[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.AGREED, PlanState.ENDED}),
    PlanState.AGREED: frozenset({PlanState.DRAFT, PlanState.ENDED}),
    PlanState.ENDED: frozenset(),
}
"""A plan that is changed goes back to draft until it is agreed again."""


class PlanAnswer(Labelled):
    """What a review of a safety plan found."""

    WORKS = "works", _l("It is working as is")
    CHANGED = "changed", _l("It needs a change")
    HAPPENED_AGAIN = "happened_again", _l("Something happened again")


class GuardianTold(Labelled):
    """What a guardian knows of a safety plan when it is agreed."""

    TOLD = "told", _l("Told, and gave input")
    NOT_REACHED = "not_reached", _l("Not reached yet, after more than one try")
    NOT_TO_BE_TOLD = "not_to_be_told", _l("Should not be told, as advised for the student's safety")


PLAN_TONES = {PlanState.DRAFT: "sun", PlanState.AGREED: "moss", PlanState.ENDED: "slate"}


class CaseOrigin(Labelled):
    """What a case comes from that no incident opened; it stands where others name the kind of harm."""

    LONG_ABSENCE = "long_absence", _l("Return after a long absence")
    PLACEMENT = "placement", _l("Return from a placement")
    SUPPORT = "support", _l("Support without an incident")


class AgreementKept(Labelled):
    """Closing question 1: was the agreement kept?"""

    KEPT = "kept", _l("Yes, kept")
    PARTLY = "partly", _l("Partly")
    NOT_KEPT = "not_kept", _l("No")
    NO_AGREEMENT = "no_agreement", _l("There was no agreement")


class HarmedSays(Labelled):
    """Closing question 2: what does the person harmed say?"""

    REPAIRED = "repaired", _l("The harm is repaired")
    PARTLY = "partly", _l("The harm is partly repaired")
    NOT_REPAIRED = "not_repaired", _l("The harm is not repaired")
    DID_NOT_WISH_TO_SAY = "did_not_wish_to_say", _l("Did not wish to say")
    NOT_REACHED = "not_reached", _l("Could not be reached")
    NOBODY_HARMED = "nobody_harmed", _l("No one was harmed")


class ReopenReason(Labelled):
    """Why a closed case is opened again."""

    HARM_AGAIN = "harm_again", _l("Harm happened again")
    AGREEMENT_BROKEN = "agreement_broken", _l("The agreement was not kept")
    ASKED = "asked", _l("A person in the case asked for it")
    NEW_FACTS = "new_facts", _l("New information came to light")
    CLOSED_BY_MISTAKE = "closed_by_mistake", _l("It was closed by mistake")


SENTENCES: dict[str, object] = {
    "case.opened": _l("Case %(reference)s opened from incident %(incidents)s"),
    "case.opened_for_student": (_l("Case %(reference)s opened: %(origin)s"), {"origin": CaseOrigin.labels()}),
    "case.opened_continued": _l("Case %(reference)s opened: it continues from another school"),
    "case.student_moved": _l("A student of this case is at another school now"),
    "case.continued": _l("The case continues at the student’s new school"),
    "case.incident_merged": _l("Incident %(incident)s added to this case"),
    "case.note_added": _l("Note added"),
    "case.person_taken_out": _l("A person who was named in error was removed"),
    "case.person_added": _l("Person added"),
    "case.person_role": (_l("Role in the case changed to: %(role)s"), {"role": PersonRole.labels()}),
    "case.state_changed": (_l("Case moved to: %(state)s"), {"state": CaseState.labels()}),
    "case.review_set": _l("Next review set for %(on)s"),
    "case.review_no_school": (_l("Next review moved to %(on)s. There is no school on %(day)s (%(label)s)"), NO_LABEL),
    "case.review_back": _l("Next review back on %(on)s. There is school on that day after all"),
    "case.handed_over": _l("Handed over to %(to)s"),
    "case.closed": (_l("Case closed: %(result)s"), {"result": CaseResult.labels()}),
    "case.reopened": (_l("Case reopened: %(reason)s"), {"reason": ReopenReason.labels()}),
    "case.ended_by_district": _l("The district has finished with the case"),
    "case.opened_by_district": _l("Opened by the district. Reason: %(reason)s"),
    "safety_plan.drafted": _l("Safety plan written"),
    "safety_plan.changed": _l("Safety plan changed; it must be agreed again"),
    "safety_plan.agreed": (_l("Safety plan agreed. Guardian: %(guardian)s"), {"guardian": GuardianTold.labels()}),
    "safety_plan.reviewed": (_l("Safety plan reviewed: %(answer)s"), {"answer": PlanAnswer.labels()}),
    "safety_plan.ended": _l("Safety plan ended"),
}
