"""The vocabulary of the routing engine: pathways, kinds, duties, holds and follow-ups."""

from enum import StrEnum
from typing import Final

from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.journal.rooms import Room


class Pathway(Labelled):
    """A family of restorative work."""

    RESTORATIVE_CONVERSATION = "restorative_conversation", _l("Restorative conversation")
    CIRCLE = "circle", _l("Circle or conference")
    MENTORING = "mentoring", _l("Mentoring")
    WRAPAROUND = "wraparound", _l("Wrap-around support")
    REENGAGEMENT = "reengagement", _l("Re-engagement")


class Kind(Labelled):
    """One kind of work inside a pathway. An exclusion is not one and cannot be recommended."""

    CONVERSATION = "conversation", _l("Restorative conversation")
    TALKING_CIRCLE = "talking_circle", _l("Talking circle")
    PEACE_CIRCLE = "peace_circle", _l("Peace circle")
    HEALING_CIRCLE = "healing_circle", _l("Healing circle")
    SUPPORT_CIRCLE = "support_circle", _l("Support circle")
    FAMILY_GROUP_CONFERENCE = "family_group_conference", _l("Family group conference")
    PEER_CONFERENCE = "peer_conference", _l("Peer conference")
    CHECK_IN_CHECK_OUT = "check_in_check_out", _l("Check-in, check-out")
    ONE_TO_ONE = "one_to_one", _l("One-to-one mentoring")
    GROUP = "group", _l("Group mentoring")
    BEHAVIORAL_HEALTH = "behavioral_health", _l("Behavioral health support")
    SUBSTANCE_USE = "substance_use", _l("Substance use support")
    HOUSING_BASIC_NEEDS = "housing_basic_needs", _l("Basic needs support")
    VIOLENCE_INTERVENTION = "violence_intervention", _l("Violence intervention")
    FAMILY_SUPPORT = "family_support", _l("Family support")
    ACADEMIC = "academic", _l("Academic support")
    REENTRY_CIRCLE = "reentry_circle", _l("Re-entry circle")


class Person(Labelled):
    """Whom an item is for."""

    CAUSED_HARM = "caused_harm", _l("person who caused harm")
    HARMED = "harmed", _l("person harmed")
    BOTH = "both", _l("both")


class AppliesTo(Labelled):
    """What a hold delays or prevents."""

    FACE_TO_FACE = "face_to_face", _l("No face-to-face meeting yet")
    SHARED_AND_CONVERSATION = "shared_and_conversation", _l("Each person is supported separately")
    CAUSED_HARM_AND_CIRCLES = "caused_harm_and_circles", _l("Not a restorative case")


class Duty(Labelled):
    """A legal duty that routing can raise."""

    FIREARM_OR_GUN_THREAT = (
        "firearm_or_gun_threat",
        _l("Firearm or threat of gun violence: tell the office, police and guardian"),
    )
    FIREARM_REPORT_CHICAGO = "firearm_report_chicago", _l("Verified firearm: report to police and State Police")
    DRUG_INCIDENT = "drug_incident", _l("Verified drug incident: tell police")
    DRUG_DELIVERY = "drug_delivery", _l("Drug delivery: tell police")
    ATTACK_ON_STAFF = "attack_on_staff", _l("Written complaint by a staff member: tell police")
    CLEAR_AND_PRESENT_DANGER = (
        "clear_and_present_danger",
        _l("Clear and present danger: State Police portal, no officer is called"),
    )
    CHILD_ABUSE_OR_NEGLECT = "child_abuse_or_neglect", _l("Possible abuse or neglect: call the DCFS hotline")
    BULLYING_NOTICE = "bullying_notice", _l("Alleged bullying: tell all families and begin the inquiry")
    TITLE_IX_CONTACT = "title_ix_contact", _l("Tell the Title IX coordinator")
    CIVIL_RIGHTS_CONTACT = "civil_rights_contact", _l("Bias: tell the Office of Student Protections")
    ADULT_CONDUCT = (
        "adult_conduct",
        _l("An adult may have hurt a student: tell the Office of Student Protections and DCFS"),
    )
    ARTICLE_26A_SUPPORT = "article_26a_support", _l("Article 26A: the resource person supports the student today")
    DISABILITY_RECORDS = "disability_records", _l("Special education records go with the report")


class HoldState(Labelled):
    """Whether a hold is certain, or lasts only until something is known."""

    HOLDS = "holds", _l("On hold")
    UNTIL_KNOWN = "until_known", _l("On hold until this is known")


class DutyState(Labelled):
    """Whether a duty runs now, waits for the facts to be verified, or is only possible.

    A possible one is not registered: it has no clock and is in no count.
    """

    DUE = "due", _l("Due now")
    VERIFY_FIRST = "verify_first", _l("Verify the facts first")
    POSSIBLE = "possible", _l("Possible: answer the question first")


class Weight(Labelled):
    """Whether an open question stops the decision."""

    MUST = "must", _l("Answer before deciding")
    MAY = "may", _l("May change the answer")
    ASKED = "asked", _l("Asked; no one could say")


class Police(Labelled):
    """Whether the law or danger requires a police notification. No rule row can set it.

    VERIFY neither requires nor forbids a call: a deciding fact is not known yet.
    """

    NOT_INDICATED = "not_indicated", _l("No law requires a call to the police for what is known")
    VERIFY = "verify", _l("Not decided yet: find out what is missing first")
    REQUIRED_BY_LAW = "required_by_law", _l("The law requires a notification")
    EMERGENCY = "emergency", _l("Danger now: call first, record within the hour")


class FollowUpKind(Labelled):
    """What someone must do after an incident was routed."""

    GUARDIAN_CONTACT = "guardian_contact", _l("Contact the guardian")
    GUARDIAN_CONTACT_HARMED = "guardian_contact_harmed", _l("Contact the family of the student who was harmed")
    CONTACT_PERSON_HARMED = "contact_person_harmed", _l("First contact with the person harmed")
    PRE_MEETINGS = "pre_meetings", _l("Hold the pre-meetings")
    SAFE_PASSAGE_CONTACT = "safe_passage_contact", _l("Tell Safe Passage")
    CHECK_IN_PERSON_HARMED = "check_in_person_harmed", _l("Check in with the person harmed")
    SAFETY_PLAN = "safety_plan", _l("Agree on a safety plan")
    PLAN_CASE_MANAGER = "plan_case_manager", _l("Tell the case manager of the student's plan")
    LIAISON = "liaison", _l("Tell the school's liaison")
    PLAN_CASE_MANAGER_HARMED = (
        "plan_case_manager_harmed",
        _l("Tell the case manager of the plan of the student who was harmed"),
    )
    THREAT_TEAM = "threat_team", _l("Convene the threat assessment team")


class Note(Labelled):
    """A remark on an answer."""

    NOT_CODED_YET = "not_coded_yet", _l("The behavior has no group yet, so this recommendation may change.")


class Section(StrEnum):
    """The steps of the algorithm, in the order in which they run."""

    PATHWAYS = "pathways"
    GRADE_LIMIT = "grade_limit"
    HOLDS = "holds"
    FALLBACK = "fallback"
    DUTIES = "duties"
    AFTER_POLICE = "after_police"
    FOLLOW_UPS = "follow_ups"


class RuleSetState(Labelled):
    """A draft may be edited; a published version never changes."""

    DRAFT = "draft", _l("Draft")
    PUBLISHED = "published", _l("Published")


class FindingKind(Labelled):
    """The findings of a draft's check. All but the last prevent publishing."""

    UNREACHABLE_ROW = "unreachable_row", _l("Row %(row)s can never match.")
    UNREACHABLE_ITEM = "unreachable_item", _l("Row %(row)s: the condition of %(detail)s can never be met.")
    ALWAYS_REMOVED = "always_removed", _l("Row %(row)s recommends %(detail)s, which is always removed again.")
    SAID_DIFFERENTLY = (
        "said_differently",
        _l("Row %(row)s contradicts row %(detail)s: same condition, different answer."),
    )
    SAID_TWICE = "said_twice", _l("Row %(row)s says the same as row %(detail)s.")
    NOBODY_FOR_CAUSED_HARM = "nobody_for_caused_harm", _l("A student who caused harm is left without any pathway.")
    NOBODY_FOR_HARMED = "nobody_for_harmed", _l("A person harmed is left without anyone.")
    BROUGHT_TOGETHER = (
        "brought_together",
        _l("%(detail)s is recommended although each person must be supported separately."),
    )
    TOO_MUCH_FOR_YOUNG = "too_much_for_young", _l("%(detail)s is recommended for a student in grade 2 or below.")
    CIRCLE_FOR_ADULT = "circle_for_adult", _l("%(detail)s is recommended for what an adult did.")
    DUTY_LOST = "duty_lost", _l("The duty %(detail)s disappears when one more fact is true.")
    POLICE_BY_STUDENT = (
        "police_by_student",
        _l("What is said about the police changes with grade, group, earlier incidents, or supports."),
    )
    UNEQUAL = "unequal", _l("Tiers or holds change with a student's disability or language.")
    UNSOUND = "unsound", _l("While a fact is unknown, this is missing, although an answer may bring it: %(detail)s.")
    UNASKED = (
        "unasked",
        _l("An answer may change duties, holds, or the police line, and no question asks for it: %(detail)s."),
    )
    UNREAD_FACT = "unread_fact", _l("No row reads the fact %(detail)s.")


PROMISES: Final = {
    FindingKind.POLICE_BY_STUDENT: 1,
    FindingKind.NOBODY_FOR_CAUSED_HARM: 2,
    FindingKind.NOBODY_FOR_HARMED: 2,
    FindingKind.BROUGHT_TOGETHER: 3,
    FindingKind.TOO_MUCH_FOR_YOUNG: 5,
    FindingKind.DUTY_LOST: 6,
    FindingKind.UNEQUAL: 10,
    FindingKind.CIRCLE_FOR_ADULT: 11,
    FindingKind.UNSOUND: 12,
    FindingKind.UNASKED: 13,
}
"""Which promise of the engine (docs/routing.md) a finding breaks; every other finding is about the table itself: 9."""

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


SENTENCES: Final = {
    "rules.drafted": _l("Draft %(number)s made from version %(source)s"),
    "rules.row_edited": _l("Row %(row)s changed"),
    "rules.row_added": _l("Row %(row)s added"),
    "rules.row_moved": _l("Row %(row)s moved"),
    "rules.row_removed": _l("Row %(row)s removed"),
    "rules.published": _l("Version %(number)s published, in force from %(starts_on)s"),
    "rules.noted": _l("Note changed"),
    "rules.proposed": _l("Draft %(number)s handed to a second person, to be in force from %(starts_on)s"),
    "rules.withdrawn": _l("Version %(number)s withdrawn before its first day. The reason: %(reason)s"),
    "rules.dropped": _l("Draft %(number)s deleted"),
}


ROOM = Room(sentences=SENTENCES)
