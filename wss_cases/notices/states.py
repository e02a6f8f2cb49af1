"""Words of the texts for families."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l

TEXT_LABELS: dict[str, Any] = {
    "circle_consent": _l("Consent to a circle"),
    "referral_consent": _l("Consent to a referral"),
    "agreement_head": _l("Head of an agreement"),
    "privacy_short": _l("What is private, in short"),
    "questionnaire_intro": _l("Beginning of a questionnaire"),
}
"""What each text is for; a questionnaire's question shows its own words."""

GROUP_LABELS: dict[str, Any] = {
    "letter": _l("Letters and consents"),
    "question.harmed": _l("Questions to the person harmed"),
    "question.caused_harm": _l("Questions to the person who caused harm"),
    "question.supporter": _l("Questions to support persons"),
    "question.keeper": _l("Questions to circle keepers"),
    "other": _l("More of the questionnaires"),
}
"""Groups of texts, by the beginning of their code."""

PLACEHOLDER_LABELS: dict[str, Any] = {
    "school": _l("the school's name"),
    "contact": _l("whom to call"),
    "partner": _l("the organization's name"),
    "service": _l("what it helps with"),
    "records": _l("what is shared, as a list"),
    "purpose": _l("why it is shared"),
    "until": _l("the last day of the permission"),
}

EXAMPLES: dict[str, Any] = {
    "school": _l("Example School"),
    "contact": _l("The school's front office, 312-555-0100"),
    "partner": _l("Example Family Center"),
    "service": _l("family support"),
    "records": _l("- name and grade\n- how to reach a guardian"),
    "purpose": _l("so that the first visit can be planned"),
    "until": _l("June 15"),
}
"""What a preview fills in."""

SENTENCES: dict[str, Any] = {
    "family_text.added": _l("Text for families written in %(language)s, from %(starts_on)s"),
    "family_text.changed": _l("Text for families changed before its first day"),
}
