"""The mails that a person may do without, mail that does not arrive, and the words of both and of families' texts."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class MailStyle(Labelled):
    """How a person hears of what is no duty, same-day or a contact with a person harmed: those always come singly."""

    DIGEST = "digest", _l("One email in the morning")
    SINGLE = "single", _l("A separate email for each thing that is due")
    NONE = "none", _l("Neither")


class TroubleKind(enum.StrEnum):
    """How mail to an address failed: its server refused it, 48 hours passed in vain, or it came back later."""

    REFUSED = "refused"
    GIVEN_UP = "given_up"
    BOUNCED = "bounced"


STYLE_HINTS: dict[str, Any] = {
    "digest": _l(
        "On the morning of each school day: what is overdue, due today or in the next two school days, and what is "
        "waiting."
    ),
    "single": _l("On the morning it is due, one email each. There is no morning summary then."),
    "none": _l("You check My day yourself. Required emails are still sent."),
}

REASONS: tuple[tuple[str, Any, Any], ...] = (
    (r"[45]\.2\.2|[45]\.3\.4|[45]52", _l("The mailbox is full."), _l("Ask them to make space, then try again.")),
    (
        r"[45]\.7\..*|554",
        _l("The mail server for that address refuses our email."),
        _l("The people who run the system need to ask there why."),
    ),
    (
        r"[45]\.4\..*|4\d\d",
        _l("The mail server for that address cannot be reached, or accepts nothing now."),
        _l("Try again later."),
    ),
    (
        r"[45]\.1\..*|5\.2\..*|55[013]",
        _l("The mailbox does not exist, or it is closed."),
        _l("Ask them for the right address; the people who run the system change it."),
    ),
)
"""Codes of mail servers (RFC 3463, RFC 5321) as a pattern, what they mean, and what helps; the first that fits."""

OTHER_REASON: tuple[Any, Any] = (
    _l("The mail server for that address did not accept it."),
    _l("Try again. If it fails again, ask them for another address."),
)

ERROR_LABELS: dict[str, Any] = {
    "recipient refused": _l("The address was refused"),
    "bounced": _l("It bounced"),
    "SMTPDataError": _l("The email was refused"),
    "SMTPSenderRefused": _l("Our own address was refused"),
    "SMTPAuthenticationError": _l("Our sign-in to the mail server was refused"),
    "SMTPServerDisconnected": _l("The mail server closed the connection"),
    "ConnectionRefusedError": _l("The mail server was not found"),
    "TimeoutError": _l("The mail server does not respond"),
}
"""The beginnings of what delivery keeps as an error, in words."""

TEXT_LABELS: dict[str, Any] = {
    "circle_consent": _l("Consent to a circle"),
    "referral_consent": _l("Consent to a referral"),
    "agreement_head": _l("Head of an agreement"),
    "privacy_short": _l("What is private, in short"),
    "police_rights": _l("Rights sheet, when police were told"),
    "questionnaire_intro": _l("Beginning of a questionnaire"),
    "discipline_notice": _l("Notice about a discipline action"),
    "survey_notice": _l("Notice about a school survey"),
}
"""What each text is for; a questionnaire's question shows its own words."""

GROUP_LABELS: dict[str, Any] = {
    "letter": _l("Letters and consents"),
    "question.harmed": _l("Questions to the person harmed"),
    "question.caused_harm": _l("Questions to the person who caused harm"),
    "question.supporter": _l("Questions to support persons"),
    "question.keeper": _l("Questions to circle keepers"),
    "survey.student": _l("School survey: students"),
    "survey.family": _l("School survey: families"),
    "survey.staff": _l("School survey: staff"),
    "survey.scale": _l("School survey: answers"),
    "other": _l("More of the questionnaires"),
}
"""Groups of texts, by the beginning of their code."""

PLACEHOLDER_LABELS: dict[str, Any] = {
    "school": _l("the school's name"),
    "contact": _l("who to call"),
    "partner": _l("the organization's name"),
    "service": _l("what it helps with"),
    "records": _l("what is shared, as a list"),
    "purpose": _l("why it is shared"),
    "until": _l("the last day of the permission"),
    "student": _l("the child’s name"),
    "date": _l("the day of the letter"),
    "what": _l("what was decided, with its days"),
    "reason": _l("the reason, as the school wrote it"),
    "supports": _l("what the school offers meanwhile"),
    "planning": _l("how the return is planned"),
}

EXAMPLES: dict[str, Any] = {
    "school": _l("Example School"),
    "contact": _l("The school's front office, 312-555-0100"),
    "partner": _l("Example Family Center"),
    "service": _l("family support"),
    "records": _l("- name and grade\n- how to reach a guardian"),
    "purpose": _l("so that the first visit can be planned"),
    "until": _l("June 15"),
    "student": _l("Example Student"),
    "date": _l("June 1"),
    "what": _l("Out-of-school suspension, 2 school days, from June 1"),
    "reason": _l("A threat to another student."),
    "supports": _l("School work and a call from the counselor every day."),
    "planning": _l("Planning for the return starts today, and you are invited to take part."),
}
"""What a preview fills in."""

SENTENCES: dict[str, Any] = {
    "mail_choice.changed": _l("Emails chosen on the account’s page"),
    "mail_choice.stopped": _l("Emails stopped by the link in an email"),
    "family_text.added": _l("Text for families written in %(language)s, from %(starts_on)s"),
    "family_text.changed": _l("Text for families changed before its first day"),
}
