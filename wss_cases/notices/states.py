"""The mails that a person may do without, their words, and those of the texts for families."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l


class MailList(enum.StrEnum):
    """Mails that a person may do without; all others always come."""

    DIGEST = "digest"
    SINGLE = "single"
    WEEKLY = "weekly"


LIST_LABELS: dict[MailList, Any] = {
    MailList.DIGEST: _l("the morning digest"),
    MailList.SINGLE: _l("a mail for each thing that is due"),
    MailList.WEEKLY: _l("the weekly count"),
}

STYLE_LABELS: dict[str, Any] = {
    "digest": _l("One mail in the morning"),
    "single": _l("A mail for each thing that is due"),
    "none": _l("Neither of the two"),
}

STYLE_HINTS: dict[str, Any] = {
    "digest": _l(
        "On school days at 6:30: what is overdue, due today or in the next two school days, and what waits for you."
    ),
    "single": _l("On the morning of its day, one mail each. There is no morning mail then."),
    "none": _l("You look at My day yourself. What always comes still comes."),
}

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
    "mail_choice.changed": _l("Mails chosen on the account’s page"),
    "mail_choice.stopped": _l("Mails stopped by the link in a mail"),
    "family_text.added": _l("Text for families written in %(language)s, from %(starts_on)s"),
    "family_text.changed": _l("Text for families changed before its first day"),
}
