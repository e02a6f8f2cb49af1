"""The words the routing engine uses: pathways, kinds, duties, holds and follow-ups."""

from enum import StrEnum
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l


class Pathway(StrEnum):
    """A family of restorative work."""

    RESTORATIVE_CONVERSATION = "restorative_conversation"
    CIRCLE = "circle"
    MENTORING = "mentoring"
    WRAPAROUND = "wraparound"
    REENGAGEMENT = "reengagement"


class Kind(StrEnum):
    """One kind of work inside a pathway. An exclusion is not among them and cannot be recommended."""

    CONVERSATION = "conversation"
    TALKING_CIRCLE = "talking_circle"
    PEACE_CIRCLE = "peace_circle"
    HEALING_CIRCLE = "healing_circle"
    SUPPORT_CIRCLE = "support_circle"
    FAMILY_GROUP_CONFERENCE = "family_group_conference"
    PEER_CONFERENCE = "peer_conference"
    CHECK_IN_CHECK_OUT = "check_in_check_out"
    ONE_TO_ONE = "one_to_one"
    GROUP = "group"
    BEHAVIORAL_HEALTH = "behavioral_health"
    SUBSTANCE_USE = "substance_use"
    HOUSING_BASIC_NEEDS = "housing_basic_needs"
    VIOLENCE_INTERVENTION = "violence_intervention"
    FAMILY_SUPPORT = "family_support"
    ACADEMIC = "academic"
    REENTRY_CIRCLE = "reentry_circle"


class Person(StrEnum):
    """Whom an item is for."""

    CAUSED_HARM = "caused_harm"
    HARMED = "harmed"
    BOTH = "both"


class AppliesTo(StrEnum):
    """What a hold keeps back."""

    FACE_TO_FACE = "face_to_face"
    SHARED_AND_CONVERSATION = "shared_and_conversation"
    CAUSED_HARM_AND_CIRCLES = "caused_harm_and_circles"


class Duty(StrEnum):
    """A legal duty that routing can raise."""

    FIREARM_OR_GUN_THREAT = "firearm_or_gun_threat"
    FIREARM_REPORT_CHICAGO = "firearm_report_chicago"
    DRUG_INCIDENT = "drug_incident"
    DRUG_DELIVERY = "drug_delivery"
    ATTACK_ON_STAFF = "attack_on_staff"
    CLEAR_AND_PRESENT_DANGER = "clear_and_present_danger"
    CHILD_ABUSE_OR_NEGLECT = "child_abuse_or_neglect"
    BULLYING_NOTICE = "bullying_notice"
    TITLE_IX_CONTACT = "title_ix_contact"
    CIVIL_RIGHTS_CONTACT = "civil_rights_contact"
    ADULT_CONDUCT = "adult_conduct"
    DISABILITY_RECORDS = "disability_records"


class DutyState(StrEnum):
    """Whether a duty runs now or waits for the facts to be verified."""

    DUE = "due"
    VERIFY_FIRST = "verify_first"


class Police(StrEnum):
    """Whether the law or danger asks for a police notification. No rule row can set it."""

    NOT_INDICATED = "not_indicated"
    REQUIRED_BY_LAW = "required_by_law"
    EMERGENCY = "emergency"


class FollowUpKind(StrEnum):
    """What somebody has to do after an incident was routed."""

    GUARDIAN_CONTACT = "guardian_contact"
    CONTACT_PERSON_HARMED = "contact_person_harmed"
    PRE_MEETINGS = "pre_meetings"
    SAFE_PASSAGE_CONTACT = "safe_passage_contact"
    CHECK_IN_PERSON_HARMED = "check_in_person_harmed"
    SAFETY_PLAN = "safety_plan"
    PLAN_CASE_MANAGER = "plan_case_manager"
    LIAISON = "liaison"


class Note(StrEnum):
    """What to bear in mind when reading an answer."""

    NOT_CODED_YET = "not_coded_yet"


class Section(StrEnum):
    """The steps of the algorithm, in the order in which they run."""

    PATHWAYS = "pathways"
    GRADE_LIMIT = "grade_limit"
    HOLDS = "holds"
    FALLBACK = "fallback"
    DUTIES = "duties"
    AFTER_POLICE = "after_police"
    FOLLOW_UPS = "follow_ups"


class RuleSetState(StrEnum):
    """A draft may be edited; a published version never changes."""

    DRAFT = "draft"
    PUBLISHED = "published"


class FindingKind(StrEnum):
    """What the check of a draft can find. All but the last stand in the way of publishing."""

    UNREACHABLE_ROW = "unreachable_row"
    UNREACHABLE_ITEM = "unreachable_item"
    ALWAYS_REMOVED = "always_removed"
    SAID_DIFFERENTLY = "said_differently"
    SAID_TWICE = "said_twice"
    NOBODY_FOR_CAUSED_HARM = "nobody_for_caused_harm"
    NOBODY_FOR_HARMED = "nobody_for_harmed"
    BROUGHT_TOGETHER = "brought_together"
    TOO_MUCH_FOR_YOUNG = "too_much_for_young"
    CIRCLE_FOR_ADULT = "circle_for_adult"
    DUTY_LOST = "duty_lost"
    POLICE_BY_STUDENT = "police_by_student"
    UNEQUAL = "unequal"
    UNREAD_FACT = "unread_fact"


PATHWAY_OF: Final = {
    Kind.CONVERSATION: Pathway.RESTORATIVE_CONVERSATION,
    Kind.TALKING_CIRCLE: Pathway.CIRCLE,
    Kind.PEACE_CIRCLE: Pathway.CIRCLE,
    Kind.HEALING_CIRCLE: Pathway.CIRCLE,
    Kind.SUPPORT_CIRCLE: Pathway.CIRCLE,
    Kind.FAMILY_GROUP_CONFERENCE: Pathway.CIRCLE,
    Kind.PEER_CONFERENCE: Pathway.CIRCLE,
    Kind.CHECK_IN_CHECK_OUT: Pathway.MENTORING,
    Kind.ONE_TO_ONE: Pathway.MENTORING,
    Kind.GROUP: Pathway.MENTORING,
    Kind.BEHAVIORAL_HEALTH: Pathway.WRAPAROUND,
    Kind.SUBSTANCE_USE: Pathway.WRAPAROUND,
    Kind.HOUSING_BASIC_NEEDS: Pathway.WRAPAROUND,
    Kind.VIOLENCE_INTERVENTION: Pathway.WRAPAROUND,
    Kind.FAMILY_SUPPORT: Pathway.WRAPAROUND,
    Kind.ACADEMIC: Pathway.WRAPAROUND,
    Kind.REENTRY_CIRCLE: Pathway.REENGAGEMENT,
}

FACE_TO_FACE: Final = frozenset({Kind.PEACE_CIRCLE, Kind.PEER_CONFERENCE, Kind.FAMILY_GROUP_CONFERENCE})

POLICE_DUTIES: Final = frozenset(
    {
        Duty.FIREARM_OR_GUN_THREAT,
        Duty.FIREARM_REPORT_CHICAGO,
        Duty.DRUG_INCIDENT,
        Duty.DRUG_DELIVERY,
        Duty.ATTACK_ON_STAFF,
    }
)

PATHWAY_LABELS: Final = {
    Pathway.RESTORATIVE_CONVERSATION: _l("Restorative conversation"),
    Pathway.CIRCLE: _l("Circle or conference"),
    Pathway.MENTORING: _l("Mentoring"),
    Pathway.WRAPAROUND: _l("Wrap-around support"),
    Pathway.REENGAGEMENT: _l("Re-engagement"),
}

KIND_LABELS: Final = {
    Kind.CONVERSATION: _l("Restorative conversation"),
    Kind.TALKING_CIRCLE: _l("Talking circle"),
    Kind.PEACE_CIRCLE: _l("Peace circle"),
    Kind.HEALING_CIRCLE: _l("Healing circle"),
    Kind.SUPPORT_CIRCLE: _l("Support circle"),
    Kind.FAMILY_GROUP_CONFERENCE: _l("Family group conference"),
    Kind.PEER_CONFERENCE: _l("Peer conference"),
    Kind.CHECK_IN_CHECK_OUT: _l("Check-in, check-out"),
    Kind.ONE_TO_ONE: _l("One-to-one mentoring"),
    Kind.GROUP: _l("Group mentoring"),
    Kind.BEHAVIORAL_HEALTH: _l("Behavioral health support"),
    Kind.SUBSTANCE_USE: _l("Substance use support"),
    Kind.HOUSING_BASIC_NEEDS: _l("Basic needs support"),
    Kind.VIOLENCE_INTERVENTION: _l("Violence intervention"),
    Kind.FAMILY_SUPPORT: _l("Family support"),
    Kind.ACADEMIC: _l("Academic support"),
    Kind.REENTRY_CIRCLE: _l("Re-entry circle"),
}

PERSON_LABELS: Final = {
    Person.CAUSED_HARM: _l("person who caused harm"),
    Person.HARMED: _l("person harmed"),
    Person.BOTH: _l("both"),
}

APPLIES_TO_LABELS: Final = {
    AppliesTo.FACE_TO_FACE: _l("No face-to-face meeting yet"),
    AppliesTo.SHARED_AND_CONVERSATION: _l("Each person is supported apart"),
    AppliesTo.CAUSED_HARM_AND_CIRCLES: _l("Not a restorative case"),
}

DUTY_LABELS: Final = {
    Duty.FIREARM_OR_GUN_THREAT: _l("Firearm or threat of gun violence: tell the office, police and guardian"),
    Duty.FIREARM_REPORT_CHICAGO: _l("Verified firearm: report to police and State Police"),
    Duty.DRUG_INCIDENT: _l("Verified drug incident: tell police"),
    Duty.DRUG_DELIVERY: _l("Drug delivery: tell police"),
    Duty.ATTACK_ON_STAFF: _l("Written complaint by a staff member: tell police"),
    Duty.CLEAR_AND_PRESENT_DANGER: _l("Clear and present danger: State Police portal, no officer is called"),
    Duty.CHILD_ABUSE_OR_NEGLECT: _l("Possible abuse or neglect: call the DCFS hotline"),
    Duty.BULLYING_NOTICE: _l("Alleged bullying: tell all families and begin the inquiry"),
    Duty.TITLE_IX_CONTACT: _l("Tell the Title IX coordinator"),
    Duty.CIVIL_RIGHTS_CONTACT: _l("Bias: tell the Office of Student Protections"),
    Duty.ADULT_CONDUCT: _l("An adult harmed a student: tell the Office of Student Protections and DCFS"),
    Duty.DISABILITY_RECORDS: _l("Special education records go with the report"),
}

DUTY_STATE_LABELS: Final = {DutyState.DUE: _l("Due"), DutyState.VERIFY_FIRST: _l("Verify the facts first")}

POLICE_LABELS: Final = {
    Police.NOT_INDICATED: _l("Nothing here calls for the police"),
    Police.REQUIRED_BY_LAW: _l("The law requires a notification"),
    Police.EMERGENCY: _l("Danger now: call first, record within the hour"),
}

FOLLOW_UP_LABELS: Final = {
    FollowUpKind.GUARDIAN_CONTACT: _l("Contact the guardian"),
    FollowUpKind.CONTACT_PERSON_HARMED: _l("First contact with the person harmed"),
    FollowUpKind.PRE_MEETINGS: _l("Hold the pre-meetings"),
    FollowUpKind.SAFE_PASSAGE_CONTACT: _l("Tell Safe Passage"),
    FollowUpKind.CHECK_IN_PERSON_HARMED: _l("Check in with the person harmed"),
    FollowUpKind.SAFETY_PLAN: _l("Agree a safety plan"),
    FollowUpKind.PLAN_CASE_MANAGER: _l("Tell the case manager of the student's plan"),
    FollowUpKind.LIAISON: _l("Tell the school's liaison"),
}

NOTE_LABELS: Final = {Note.NOT_CODED_YET: _l("The behavior has no group yet, so this answer may change.")}

RULE_SET_STATE_LABELS: Final = {RuleSetState.DRAFT: _l("Draft"), RuleSetState.PUBLISHED: _l("Published")}

FINDING_LABELS: Final = {
    FindingKind.UNREACHABLE_ROW: _l("Row %(row)s can never match."),
    FindingKind.UNREACHABLE_ITEM: _l("Row %(row)s: the condition of %(detail)s can never be met."),
    FindingKind.ALWAYS_REMOVED: _l("Row %(row)s recommends %(detail)s, which is always taken away again."),
    FindingKind.SAID_DIFFERENTLY: _l("Row %(row)s contradicts row %(detail)s: same condition, different answer."),
    FindingKind.SAID_TWICE: _l("Row %(row)s says the same as row %(detail)s."),
    FindingKind.NOBODY_FOR_CAUSED_HARM: _l("A student who caused harm is left without any pathway."),
    FindingKind.NOBODY_FOR_HARMED: _l("A person harmed is left without anybody."),
    FindingKind.BROUGHT_TOGETHER: _l("%(detail)s is recommended although each person must be supported apart."),
    FindingKind.TOO_MUCH_FOR_YOUNG: _l("%(detail)s is recommended for a student in grade 2 or below."),
    FindingKind.CIRCLE_FOR_ADULT: _l("%(detail)s is recommended for what an adult did."),
    FindingKind.DUTY_LOST: _l("The duty %(detail)s disappears when one more thing is true."),
    FindingKind.POLICE_BY_STUDENT: _l(
        "What is said about the police changes with grade, group, earlier incidents or supports."
    ),
    FindingKind.UNEQUAL: _l("Tiers or holds change with a student's disability or language."),
    FindingKind.UNREAD_FACT: _l("No row reads the fact %(detail)s."),
}

SENTENCES: Final = {
    "rules.drafted": _l("Draft %(number)s made from version %(source)s"),
    "rules.row_edited": _l("Row %(row)s changed"),
    "rules.published": _l("Version %(number)s published, in force from %(starts_on)s"),
    "rules.dropped": _l("Draft %(number)s deleted"),
}
