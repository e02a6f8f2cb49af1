"""The letter about taking part in a circle, in the language of a party's family."""

from datetime import date
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.mail.family_texts.queries import Text, family_text
from wss_cases.pathways.common.queries import family_language
from wss_cases.roster.directory.models import School

CODE = "circle_consent"
DEFAULT = "en"


def letter_language(person: Any, day: date) -> str | None:
    """Return the family's language where the letter does not exist in it; None where it does."""
    language = family_language(person.student)
    try:
        text = family_text(CODE, language, day)
    except LookupError:
        return None if language == DEFAULT else language
    return None if language.split("-")[0].split("_")[0] == text.language.split("-")[0] else language


def letter_for(person: Any, school: School, contact: str, day: date) -> Text:
    """Return the letter in the family's language, or in English where there is none; empty where there is no text."""
    try:
        text = family_text(CODE, family_language(person.student), day)
    except LookupError:
        return Text(_("There is no letter about circles yet"), "", DEFAULT)
    return text.filled({"school": school.name, "contact": contact})
