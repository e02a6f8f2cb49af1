"""States of an incident, and the closed lists of its columns."""

import enum

from wss_cases.foundation.i18n import Labelled, _l


class IncidentState(Labelled):
    """An incident begins when it is submitted; drafts have their own table."""

    SUBMITTED = "submitted", _l("Submitted")
    UNDER_REVIEW = "under_review", _l("Under review")
    RETURNED = "returned", _l("Waiting for an answer")
    ROUTED = "routed", _l("Decided")
    NO_FURTHER_ACTION = "no_further_action", _l("No further action")
    DUPLICATE = "duplicate", _l("Duplicate report")
    CLOSED = "closed", _l("Closed")


_DECIDED = frozenset({IncidentState.ROUTED, IncidentState.NO_FURTHER_ACTION, IncidentState.DUPLICATE})

TRANSITIONS: dict[IncidentState, frozenset[IncidentState]] = {
    IncidentState.SUBMITTED: _DECIDED | {IncidentState.UNDER_REVIEW, IncidentState.RETURNED},
    IncidentState.UNDER_REVIEW: _DECIDED | {IncidentState.RETURNED},
    IncidentState.RETURNED: _DECIDED | {IncidentState.SUBMITTED},
    IncidentState.ROUTED: frozenset({IncidentState.CLOSED, IncidentState.UNDER_REVIEW}),
    IncidentState.NO_FURTHER_ACTION: frozenset({IncidentState.UNDER_REVIEW}),
    IncidentState.DUPLICATE: frozenset({IncidentState.UNDER_REVIEW}),
    IncidentState.CLOSED: frozenset({IncidentState.ROUTED, IncidentState.UNDER_REVIEW}),
}

FACTS_SET = "incident.facts_set"
"""Event: facts of a report, or of a person in it, were set or corrected."""

TEXT_ADDED = "incident.text_added"
"""Event: text was added to a report."""

ROUTED_FIRST, ROUTED_AGAIN = "incident.routed_first", "incident.routed_again"
"""Events: routing answered for a new report, or for an existing one."""

MOVED = "incident.moved"
"""Event: a report changed its state."""

WITHDRAWN = "withdrawn"
"""Reason of no action: the reporter withdrew the report before its review began."""

UNFOUNDED = "unfounded"
"""Reason of no action: it did not happen as reported."""

WAITING = frozenset({IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW})
"""States shown in the review queue."""

SENSITIVE = ("sexual", "intimate_partner", "self_harm", "abuse_suspected", "adult_conduct", "bias")
"""Outsiders learn of a report with one of these facts only that it waits, and lists do not show its text. An unknown
fact, as a tile sets it, hides nothing."""

SEXUAL = ("harassment", "contact", "image")
"""Values of the fact `sexual` other than none and unknown."""

UNDECIDED = WAITING | {IncidentState.RETURNED}
"""States in which facts may still be set; afterwards only text is added."""


OWN_STATE_LABELS = {IncidentState.RETURNED: _l("The dean has a question for you")}
"""State labels for the reporter, where they differ."""


class PersonRole(Labelled):
    """A person's reported part, until facts are established."""

    INVOLVED = "involved", _l("Involved")
    CAUSED_HARM = "caused_harm", _l("Person who caused harm")
    HARMED = "harmed", _l("Person harmed")
    BOTH = "both", _l("Both caused and experienced harm")
    WITNESS = "witness", _l("Witness")
    SUPPORT = "support", _l("Support person")


MAY_HAVE_CAUSED = frozenset({PersonRole.INVOLVED, PersonRole.CAUSED_HARM, PersonRole.BOTH})
"""Parts other than witness, support person or only harmed."""


class KeptFrom(enum.StrEnum):
    """From whom a report of an adult's conduct toward a student is hidden; its reporter always reads it. NAMED: the
    adults it names. TEAM: nobody is named yet, so only the school's administrators and the district's office see it.
    SCHOOL: an administrator is named, or nobody else is left, so people with roles only at the school do not see it."""

    NAMED = "named"
    TEAM = "team"
    SCHOOL = "school"


class PersonKind(Labelled):
    STUDENT = "student", _l("Student")
    STAFF = "staff", _l("Staff member")
    OTHER_ADULT = "other_adult", _l("Another adult")
    COMMUNITY = "community", _l("The community")
    NOT_IDENTIFIED = "not_identified", _l("Not identified yet")


class WhenPrecision(enum.StrEnum):
    """How exactly the time is known."""

    EXACT = "exact"
    PERIOD = "period"
    EARLIER_TODAY = "earlier_today"
    DAY = "day"


class Place(Labelled):
    """Place for routing; the detailed location code comes from the code list."""

    ON_GROUNDS = "on_grounds", _l("On school grounds")
    VEHICLE = "vehicle", _l("In a school bus or car")
    SCHOOL_EVENT = "school_event", _l("At a school event")
    TRAVEL = "travel", _l("On the way to or from school")
    OFF_CAMPUS = "off_campus", _l("Away from school")
    ONLINE = "online", _l("Online")


class HurtBySomebody(Labelled):
    """The care team's answer whether someone is hurting the student."""

    YES = "yes", _l("Yes")
    NO = "no", _l("No")
    NOT_KNOWN = "not_known", _l("Not known yet")


class Tile(Labelled):
    """What happened, on the capture page."""

    FIGHT = "fight", _l("Fight")
    PUSHING = "pushing", _l("Pushing")
    THREAT = "threat", _l("Threat")
    BULLYING = "bullying", _l("Bullying")
    HURTFUL_WORDS = "hurtful_words", _l("Hurtful words")
    DISRUPTION = "disruption", _l("Disruption")
    LEFT_CLASS = "left_class", _l("Left without permission")
    PROPERTY = "property", _l("Theft or damage")
    WEAPON = "weapon", _l("Weapon")
    SUBSTANCE = "substance", _l("Vape, alcohol, drugs")
    WORRIED = "worried", _l("Concern about suicide or self-harm")
    PRIVATE = "private_matter", _l("Private matter")
    OTHER = "other", _l("Something else")


class WhereTile(Labelled):
    """Where it happened, on the capture page."""

    CLASSROOM = "classroom", _l("Classroom")
    HALLWAY = "hallway", _l("Hallway")
    CAFETERIA = "cafeteria", _l("Cafeteria")
    YARD = "yard", _l("Playground")
    RESTROOM = "restroom", _l("Restroom")
    BUS = "bus", _l("Bus")
    WAY_TO_SCHOOL = "way_to_school", _l("To or from school")
    ONLINE_OTHER = "online_other", _l("Online, other")


class WhenChoice(Labelled):
    """When it happened, on the capture page."""

    NOW = "now", _l("Just now")
    PERIOD = "period", _l("This period")
    EARLIER = "earlier", _l("Earlier today")
    OTHER = "other", _l("Other")


UNKNOWN_LOCATION = "unknown"
"""Location code for an unknown place; it has no routing place."""

REPORTED_ROLE_LABELS = PersonRole.labels() | {
    PersonRole.CAUSED_HARM: _l("Reported as the person who caused harm"),
    PersonRole.HARMED: _l("Reported as the person harmed"),
    PersonRole.BOTH: _l("Both caused and experienced harm"),
}
"""Until the facts are established a person is reported, not responsible."""

YES, NO, NOT_KNOWN = _l("Yes"), _l("No"), _l("Not known")
INJURY_LABELS = {"none": _l("No one was hurt"), "minor": _l("Minor"), "needed_care": _l("Needed care")}
WEAPON_LABELS = {
    "none": _l("No weapon"),
    "lookalike": _l("Looks like a weapon but is not one"),
    "maybe_firearm": _l("May be a firearm, not checked yet"),
    "other": _l("Another weapon, not a firearm"),
    "firearm": _l("A firearm"),
}
SUBSTANCE_LABELS = {
    "none": _l("No substance"),
    "tobacco_vape": _l("Tobacco or vape"),
    "alcohol": _l("Alcohol"),
    "cannabis": _l("Cannabis"),
    "narcotic_or_meth": _l("Narcotic or methamphetamine"),
    "other_drug": _l("Another drug"),
}
SEXUAL_LABELS = {
    "none": _l("Nothing sexual"),
    "harassment": _l("Words or gestures"),
    "contact": _l("Touching"),
    "image": _l("An image (do not open or copy it)"),
}
BIAS_LABELS = {
    "none": _l("No sign of bias"),
    "race": _l("Race, color or origin"),
    "disability": _l("Disability"),
    "sex": _l("Sex"),
    "gender_identity": _l("Gender identity"),
    "sexual_orientation": _l("Sexual orientation"),
    "religion": _l("Religion"),
    "immigration": _l("Immigration or language"),
    "other": _l("Another basis"),
    "unknown": _l("Bias, basis not known"),
    "not_known": _l("Not known whether it was bias"),
}
MOTIVATION_LABELS = {
    "peer_attention": _l("Attention from other students"),
    "adult_attention": _l("Attention from an adult"),
    "item_or_activity": _l("To get an item or activity"),
    "avoid_peers": _l("To avoid other students"),
    "avoid_adults": _l("To avoid an adult"),
    "avoid_task": _l("To avoid a task"),
    "unknown": _l("Not known"),
}
HEARD_FROM_LABELS = {
    "saw": _l("I saw or heard it myself"),
    "student": _l("A student told me"),
    "parent": _l("A parent told me"),
    "camera": _l("A camera showed it"),
    "adult": _l("Another adult told me"),
}
"""How the reporter knows of it, in the reporter's words."""

TOLD_BY_LABELS = {
    "saw": _l("who saw or heard it"),
    "student": _l("told by a student"),
    "parent": _l("told by a parent"),
    "camera": _l("seen on a camera"),
    "adult": _l("told by another adult"),
}
"""The same in words about the reporter."""

MANNER_LABELS = {
    "phone": _l("Phone call"),
    "text": _l("Text message"),
    "email": _l("Email"),
    "in_person": _l("In person"),
    "letter": _l("Letter"),
}
RESULT_LABELS = {
    "reached": _l("Reached"),
    "voicemail": _l("Left a voicemail"),
    "no_answer": _l("No answer"),
    "wrong_number": _l("The number is wrong"),
    "interpreter_needed": _l("An interpreter is needed"),
}
SENTENCES = {
    "incident.submitted": _l("Report %(reference)s was submitted"),
    "incident.details_completed": _l("The details were completed"),
    "incident.under_review": _l("Review began"),
    "incident.returned": _l("Returned to the reporter with a question"),
    "incident.answered": _l("The reporter answered the question"),
    "incident.routed": _l("The report was decided"),
    "incident.no_further_action": _l("Closed without further action"),
    "incident.duplicate": _l("Merged into %(reference)s"),
    "incident.merged": _l("Report %(reference)s was merged into this one"),
    "incident.closed": _l("The report was closed"),
    "incident.submitted_again": _l("The report is back in review"),
    "incident.routed_by_new_rules": _l("The recommendation was made again by the rules in force"),
    "incident.audience_settled": _l("Who may read this report was set"),
    "incident.addendum": _l("Text was added"),
    "incident.heard_from": (_l("How the reporter knows: %(how)s"), {"how": TOLD_BY_LABELS}),
    "incident.may_tell": _l("The student agrees that the family may be told what only the student can share at home"),
    "incident.guardian_contact": _l("An attempt to reach a guardian was recorded"),
    "incident.people_changed": _l("The people in the report changed"),
    "care.hurt": (_l("Is someone hurting the student? %(answer)s"), {"answer": HurtBySomebody.labels()}),
    "care.opened": _l("A concern about a student was recorded"),
    "care.screened": _l("The screening was recorded"),
}
