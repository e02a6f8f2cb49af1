"""The letter that asks a family for its consent, and what of the record would go along."""

from datetime import date
from typing import Any

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.reading import setting
from wss_cases.mail.family_texts.queries import Text, family_text
from wss_cases.pathways.common.queries import family_language as language_of
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.states import FIELD_LABELS, Service
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import contacts_of

CONSENT = "referral_consent"


def family_language(student_id: int | None) -> str:
    """Return the language to write to a student's family in: the guardian's, else the student's, else English."""
    return language_of(db.session.get(Student, student_id) if student_id is not None else None)


def lacks_text(language: str, day: date) -> bool:
    """Whether the letter cannot be read in this language, so that an interpreter is needed."""
    text = family_text(CONSENT, language, day)
    return text.language.split("-")[0] != language.split("-")[0]


def purpose_words(row: Referral) -> str:
    """Return why the record is shared, as the letter says it unless somebody writes it otherwise."""
    return usual_purpose(row.partner_name, row.service)


def usual_purpose(partner: str, service: str) -> str:
    """Return why a record is shared with a partner for a kind of help, in the reader's language."""
    return _("So that %(partner)s can offer this help: %(service)s.", partner=partner, service=service_words(service))


def purpose_read(purpose: str, partner: str, service: str) -> str:
    """Return a recorded purpose: in the reader's language where it is the usual one, else as it was written."""
    for language in setting("LANGUAGES"):
        with force_locale(language):
            usual = usual_purpose(partner, service)
        if purpose == usual:
            return usual_purpose(partner, service)
    return purpose


def service_words(service: str) -> str:
    """Return a kind of help in the reader's language; nothing for none."""
    return str(Service(service).label) if service in set(Service) else ""


def letter(row: Referral, language: str, fields: list[str], purpose: str, until: date, day: date) -> Text:
    """Return the letter about a referral in a family's language, with the chosen fields of the record."""
    text = family_text(CONSENT, language, day)
    school = db.session.get_one(School, row.school_id)
    with force_locale(text.language if text.language in setting("LANGUAGES") else "en"):
        return text.filled(
            {
                "school": school.name,
                "contact": contact_of(row),
                "partner": row.partner_name,
                "service": service_words(row.service),
                "records": "\n".join(f"- {FIELD_LABELS[code]}" for code in FIELD_LABELS if code in fields),
                "purpose": purpose or purpose_words(row),
                "until": day_words_with_year(until),
            }
        )


def contact_of(row: Referral) -> str:
    """Return whom to ask at the school: the pathway's owner, else the case's lead, and the school."""
    owner_id = row.pathway.owner_id or row.pathway.case.lead_id
    owner = db.session.get(UserAccount, owner_id) if owner_id is not None else None
    school = db.session.get_one(School, row.school_id)
    return ", ".join(part for part in (owner.name if owner else "", school.name) if part)


def record_of(row: Referral) -> dict[str, Any]:
    """Return what the record has of each field that may go to a partner; a field that is not known is left out."""
    student = db.session.get(Student, row.student_id) if row.student_id is not None else None
    guardian = next(iter(contacts_of(student.id)), None) if student else None
    values = {
        "name": student.shown_name if student else "",
        "service": row.service,
        "grade": student.grade if student else None,
        "birth_date": student.birth_date.isoformat() if student and student.birth_date else None,
        "language": family_language(row.student_id),
        "guardian_name": guardian.name if guardian else "",
        "guardian_phone": guardian.phone if guardian else "",
        "need": row.need,
        "school_contact": contact_of(row),
    }
    return {code: value for code, value in values.items() if value is not None and value != ""}


def field_words(code: str, value: Any) -> str:
    """Return one sent value as it reads on screen."""
    if code == "service":
        return service_words(str(value))
    if code == "grade":
        return grade_words(int(value))
    if code == "birth_date":
        return day_words_with_year(date.fromisoformat(str(value)))
    if code == "language":
        return language_words(str(value))
    return str(value)
