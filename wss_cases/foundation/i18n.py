"""Words in the reader's language: gettext, its lazy form, and the choice of a locale."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_babel
from flask import Flask
from flask_babel import Babel, force_locale, get_locale, lazy_gettext

__all__ = ["force_locale", "gettext", "init_i18n", "lazy_gettext", "locale_code", "marked", "ngettext"]

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def init_i18n(app: Flask, select_locale: Callable[[], str]) -> None:
    """Give the application its catalogues and its way of choosing a language."""
    Babel(app, default_translation_directories=str(TRANSLATIONS), locale_selector=select_locale)
    app.jinja_env.add_extension("jinja2.ext.i18n")


def gettext(message: str, **values: object) -> str:
    """Return a message in the reader's language, its `%(name)s` filled from `values`."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a message that fits `num`, which fills `%(num)s`."""
    return str(flask_babel.ngettext(one, many, num, **values))


def locale_code() -> str:
    """Return 'en' or 'es', the language of this answer."""
    locale: Any = get_locale()
    return locale.language if locale else "en"


def marked(message: str) -> str:
    """Mark a string for the catalogue and return it unchanged; translate it where it is shown."""
    return message
