"""Asking for a page as a PDF."""

from wss_cases.foundation.forms import BaseForm, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.records.stored_pdfs.states import LANGUAGE_LABELS

LANGUAGES = tuple(LANGUAGE_LABELS.items())


class PdfForm(BaseForm):
    """In which language."""

    language = select(_l("Language of the PDF"), LANGUAGES)
