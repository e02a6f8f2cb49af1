"""Words in the reader's language: gettext, its lazy form, and the choice of a locale."""

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context
from flask_babel import Babel, LazyString, force_locale, get_locale

__all__ = [
    "dotted",
    "either",
    "force_locale",
    "gettext",
    "in_language",
    "init_i18n",
    "lazy_gettext",
    "load_languages",
    "locale_code",
    "marked",
    "ngettext",
]

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def init_i18n(app: Flask, select_locale: Callable[[], str]) -> None:
    """Give the application its catalogues and its way of choosing a language."""
    Babel(app, default_translation_directories=str(TRANSLATIONS), locale_selector=select_locale)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, _form_for, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]  # Jinja's own looks that name up for each word


# Flask-Babel's own functions ask five proxies and write the locale's name for each word; a page has hundreds of words
def gettext(message: str, **values: object) -> str:
    """Return a message in the reader's language, its `%(name)s` filled from `values`."""
    found = str(_catalogue(locale_code()).gettext(message))
    return found % values if values else found


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a message that fits `num`, which fills `%(num)s` with its thousands apart: "1,646"."""
    return str(_catalogue(locale_code()).ngettext(one, many, num)) % {"num": _Grouped(num), **values}


def _form_for(one: str, many: str, num: int) -> str:
    """Return the form of a message that fits `num`, with `num` in it; the template fills in whatever else it names."""
    found = str(_catalogue(locale_code()).ngettext(one, many, num))
    return found.replace("%(num)s", f"{num:,}").replace("%(num)d", str(num))


def either(english: Any, spanish: Any) -> Any:
    """Return what is written in the reader's language."""
    return spanish if locale_code() == "es" else english


def dotted(*parts: Any) -> str:
    """Return the parts that have words, with a dot between each two: "Room 12 · 30 minutes"."""
    return " · ".join(str(part) for part in parts if part)


class _Grouped(int):
    """A number whose words have commas; `%(num)d` takes it too, as a number without them."""

    def __str__(self) -> str:
        return f"{int(self):,}"


def lazy_gettext(message: str, **values: object) -> LazyString:
    """Return a message that is put into the reader's language when it is shown."""
    return LazyString(gettext, message, **values)


@cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [language])


def load_languages() -> None:
    """Read all catalogues, and how dates and numbers are written: once, for processes that are forked after it."""
    for language in ("en", "es"):
        _catalogue(language)
        format_date(date(2026, 1, 2), locale=language)


def in_language(row: Any, name: str) -> Any:
    """Return what a row, or a table, holds in the reader's language under a name: `label_es` or `label_en`."""
    return getattr(row, f"{name}_{'es' if locale_code() == 'es' else 'en'}")


def locale_code() -> str:
    """Return 'en' or 'es', the language of this answer."""
    if not has_app_context():
        return "en"
    # where Flask-Babel keeps it: asking goes through four proxies, for each word of a page
    kept = getattr(g._get_current_object(), "_flask_babel", None)
    locale: Any = getattr(kept, "babel_locale", None) or get_locale()
    return locale.language if locale else "en"


def marked(message: str) -> str:
    """Mark a string for the catalogue and return it unchanged; translate it where it is shown."""
    return message
