"""Life of an incident and the closed lists that its columns hold."""

import enum


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
