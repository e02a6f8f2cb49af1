"""The life of a referral, and the words of services and answers."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class ReferralState(enum.StrEnum):
    """Drafted → written consent → sent → accepted | declined | waitlisted → first seen → active → done | revoked."""

    DRAFTED = "drafted"
    CONSENTED = "consented"
    SENT = "sent"
    ACCEPTED = "accepted"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    FIRST_SEEN = "first_seen"
    ACTIVE = "active"
    DONE = "done"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"


R = ReferralState
TRANSITIONS: dict[ReferralState, frozenset[ReferralState]] = {
    R.DRAFTED: frozenset({R.CONSENTED, R.WITHDRAWN}),
    R.CONSENTED: frozenset({R.SENT, R.REVOKED, R.WITHDRAWN}),
    R.SENT: frozenset({R.ACCEPTED, R.WAITLISTED, R.DECLINED, R.REVOKED, R.WITHDRAWN}),
    R.WAITLISTED: frozenset({R.ACCEPTED, R.DECLINED, R.REVOKED, R.WITHDRAWN}),
    R.ACCEPTED: frozenset({R.FIRST_SEEN, R.REVOKED, R.WITHDRAWN}),
    R.FIRST_SEEN: frozenset({R.ACTIVE, R.DONE, R.REVOKED, R.WITHDRAWN}),
    R.ACTIVE: frozenset({R.DONE, R.REVOKED, R.WITHDRAWN}),
    R.DECLINED: frozenset(),
    R.DONE: frozenset(),
    R.REVOKED: frozenset(),
    R.WITHDRAWN: frozenset(),
}
"""`revoked`: the family took its consent back. `withdrawn`: the school took the referral back."""

PARTNER_SEES = frozenset({R.SENT, R.WAITLISTED, R.ACCEPTED, R.FIRST_SEEN, R.ACTIVE, R.DONE})
"""States in which the partner has the referral at all, while consent is in force."""


class Service(enum.StrEnum):
    """What a partner does; the families of wrap-around support."""

    BEHAVIORAL_HEALTH = "behavioral_health"
    SUBSTANCE_USE = "substance_use"
    HOUSING_BASIC_NEEDS = "housing_basic_needs"
    VIOLENCE_INTERVENTION = "violence_intervention"
    FAMILY_SUPPORT = "family_support"
    ACADEMIC = "academic"


class ServiceKind(enum.StrEnum):
    """Which date of service is logged."""

    FIRST = "first"
    LATER = "later"
    LAST = "last"


STATE_LABELS = {
    R.DRAFTED: _l("Drafted"),
    R.CONSENTED: _l("Consent given"),
    R.SENT: _l("Sent"),
    R.ACCEPTED: _l("Accepted"),
    R.WAITLISTED: _l("On a waiting list"),
    R.DECLINED: _l("The partner cannot take it"),
    R.FIRST_SEEN: _l("First seen"),
    R.ACTIVE: _l("Service under way"),
    R.DONE: _l("Done"),
    R.REVOKED: _l("Consent taken back"),
    R.WITHDRAWN: _l("Taken back by the school"),
}

SERVICE_LABELS = {
    Service.BEHAVIORAL_HEALTH: _l("Behavioral health"),
    Service.SUBSTANCE_USE: _l("Substance use"),
    Service.HOUSING_BASIC_NEEDS: _l("Housing and basic needs"),
    Service.VIOLENCE_INTERVENTION: _l("Violence intervention"),
    Service.FAMILY_SUPPORT: _l("Family support"),
    Service.ACADEMIC: _l("Academic support"),
}

SERVICE_KIND_LABELS = {
    ServiceKind.FIRST: _l("First service"),
    ServiceKind.LATER: _l("Later service"),
    ServiceKind.LAST: _l("Last service"),
}

SENTENCES = {
    "referral.saved": _l("Referral details saved"),
}
