"""Life of an incident and the closed lists that its columns hold."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class IncidentState(enum.StrEnum):
    """Draft is a row of its own table; an incident begins when it is submitted."""

    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    ROUTED = "routed"
    NO_FURTHER_ACTION = "no_further_action"
    DUPLICATE = "duplicate"
    CLOSED = "closed"


TRANSITIONS: dict[IncidentState, frozenset[IncidentState]] = {
    IncidentState.SUBMITTED: frozenset(
        {
            IncidentState.UNDER_REVIEW,
            IncidentState.RETURNED,
            IncidentState.ROUTED,
            IncidentState.NO_FURTHER_ACTION,
            IncidentState.DUPLICATE,
        }
    ),
    IncidentState.UNDER_REVIEW: frozenset(
        {IncidentState.RETURNED, IncidentState.ROUTED, IncidentState.NO_FURTHER_ACTION, IncidentState.DUPLICATE}
    ),
    IncidentState.RETURNED: frozenset(
        {IncidentState.SUBMITTED, IncidentState.ROUTED, IncidentState.NO_FURTHER_ACTION, IncidentState.DUPLICATE}
    ),
    IncidentState.ROUTED: frozenset({IncidentState.CLOSED}),
    IncidentState.NO_FURTHER_ACTION: frozenset({IncidentState.UNDER_REVIEW}),
    IncidentState.DUPLICATE: frozenset({IncidentState.UNDER_REVIEW}),
    IncidentState.CLOSED: frozenset({IncidentState.ROUTED}),
}

WAITING = frozenset({IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW})
"""States that stand in the review queue."""

UNDECIDED = WAITING | {IncidentState.RETURNED}
"""States in which a report still asks somebody for something."""


class PersonRole(enum.StrEnum):
    """What a person's part is said to be; until facts are established it is reported."""

    INVOLVED = "involved"
    CAUSED_HARM = "caused_harm"
    HARMED = "harmed"
    BOTH = "both"
    WITNESS = "witness"
    SUPPORT = "support"


class PersonKind(enum.StrEnum):
    """Who a person is."""

    STUDENT = "student"
    STAFF = "staff"
    OTHER_ADULT = "other_adult"
    COMMUNITY = "community"
    NOT_IDENTIFIED = "not_identified"


class WhenPrecision(enum.StrEnum):
    """How exactly the time is known."""

    EXACT = "exact"
    PERIOD = "period"
    EARLIER_TODAY = "earlier_today"
    DAY = "day"


class Place(enum.StrEnum):
    """Place as routing sees it; the finer location code is a code list."""

    ON_GROUNDS = "on_grounds"
    VEHICLE = "vehicle"
    SCHOOL_EVENT = "school_event"
    TRAVEL = "travel"
    OFF_CAMPUS = "off_campus"
    ONLINE = "online"


class Tile(enum.StrEnum):
    """What happened, as the capture page asks it."""

    FIGHT = "fight"
    PUSHING = "pushing"
    THREAT = "threat"
    BULLYING = "bullying"
    HURTFUL_WORDS = "hurtful_words"
    DISRUPTION = "disruption"
    LEFT_CLASS = "left_class"
    PROPERTY = "property"
    WEAPON = "weapon"
    SUBSTANCE = "substance"
    WORRIED = "worried"
    OTHER = "other"


class WhereTile(enum.StrEnum):
    """Where it happened, as the capture page asks it."""

    CLASSROOM = "classroom"
    HALLWAY = "hallway"
    CAFETERIA = "cafeteria"
    YARD = "yard"
    RESTROOM = "restroom"
    BUS = "bus"
    WAY_TO_SCHOOL = "way_to_school"
    ONLINE_OTHER = "online_other"


class WhenChoice(enum.StrEnum):
    """When it happened, as the capture page asks it."""

    NOW = "now"
    PERIOD = "period"
    EARLIER = "earlier"
    OTHER = "other"


UNKNOWN_LOCATION = "unknown"
"""Code of the location list for what nobody has said yet; it has no routing place."""

STATE_LABELS = {
    IncidentState.SUBMITTED: _l("Submitted"),
    IncidentState.UNDER_REVIEW: _l("Under review"),
    IncidentState.RETURNED: _l("A question for you"),
    IncidentState.ROUTED: _l("Decided"),
    IncidentState.NO_FURTHER_ACTION: _l("No further action"),
    IncidentState.DUPLICATE: _l("Reported twice"),
    IncidentState.CLOSED: _l("Closed"),
}
TILE_LABELS = {
    Tile.FIGHT: _l("Fight"),
    Tile.PUSHING: _l("Pushing"),
    Tile.THREAT: _l("Threat"),
    Tile.BULLYING: _l("Bullying"),
    Tile.HURTFUL_WORDS: _l("Hurtful words"),
    Tile.DISRUPTION: _l("Disruption"),
    Tile.LEFT_CLASS: _l("Left class"),
    Tile.PROPERTY: _l("Property"),
    Tile.WEAPON: _l("Weapon"),
    Tile.SUBSTANCE: _l("Vape, alcohol, drugs"),
    Tile.WORRIED: _l("Worried about a student"),
    Tile.OTHER: _l("Something else"),
}
WHERE_LABELS = {
    WhereTile.CLASSROOM: _l("Classroom"),
    WhereTile.HALLWAY: _l("Hallway"),
    WhereTile.CAFETERIA: _l("Cafeteria"),
    WhereTile.YARD: _l("Yard"),
    WhereTile.RESTROOM: _l("Restroom"),
    WhereTile.BUS: _l("Bus"),
    WhereTile.WAY_TO_SCHOOL: _l("Way to school"),
    WhereTile.ONLINE_OTHER: _l("Online, other"),
}
WHEN_LABELS = {
    WhenChoice.NOW: _l("Just now"),
    WhenChoice.PERIOD: _l("This period"),
    WhenChoice.EARLIER: _l("Earlier today"),
    WhenChoice.OTHER: _l("Other"),
}
ROLE_LABELS = {
    PersonRole.INVOLVED: _l("Involved"),
    PersonRole.CAUSED_HARM: _l("Person who caused harm"),
    PersonRole.HARMED: _l("Person harmed"),
    PersonRole.BOTH: _l("Both caused harm and was harmed"),
    PersonRole.WITNESS: _l("Witness"),
    PersonRole.SUPPORT: _l("Support person"),
}
REPORTED_ROLE_LABELS = ROLE_LABELS | {
    PersonRole.CAUSED_HARM: _l("Reported as the person who caused harm"),
    PersonRole.HARMED: _l("Reported as the person harmed"),
    PersonRole.BOTH: _l("Reported as both"),
}
"""Until facts are established a person is reported, not responsible."""

KIND_LABELS = {
    PersonKind.STUDENT: _l("Student"),
    PersonKind.STAFF: _l("Staff member"),
    PersonKind.OTHER_ADULT: _l("Another adult"),
    PersonKind.COMMUNITY: _l("The community"),
    PersonKind.NOT_IDENTIFIED: _l("Not identified yet"),
}
PLACE_LABELS = {
    Place.ON_GROUNDS: _l("On school grounds"),
    Place.VEHICLE: _l("In a school bus or car"),
    Place.SCHOOL_EVENT: _l("At a school event"),
    Place.TRAVEL: _l("On the way to or from school"),
    Place.OFF_CAMPUS: _l("Away from school"),
    Place.ONLINE: _l("Online"),
}
YES, NO, NOT_KNOWN = _l("Yes"), _l("No"), _l("Not known")
INJURY_LABELS = {"none": _l("Nobody was hurt"), "minor": _l("Minor"), "needed_care": _l("Needed care")}
WEAPON_LABELS = {
    "none": _l("No weapon"),
    "lookalike": _l("Looks like a weapon, is not one"),
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
    "other": _l("Another ground"),
    "unknown": _l("Bias, ground not known"),
    "not_known": _l("Not known whether it was bias"),
}
MOTIVATION_LABELS = {
    "peer_attention": _l("Attention of other students"),
    "adult_attention": _l("Attention of an adult"),
    "item_or_activity": _l("To get a thing or an activity"),
    "avoid_peers": _l("To get away from other students"),
    "avoid_adults": _l("To get away from an adult"),
    "avoid_task": _l("To get away from a task"),
    "unknown": _l("Not known"),
}
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
    "incident.addendum": _l("Text was added"),
    "incident.guardian_contact": _l("An attempt to reach a guardian was recorded"),
    "incident.people_changed": _l("The people in the report changed"),
    "care.opened": _l("A worry about a student was recorded"),
    "care.screened": _l("The screening was recorded"),
}
