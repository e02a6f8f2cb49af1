"""Messages in the reader's language, the choice of a language, and enums whose members carry their label."""

import enum
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Self

from babel.dates import format_date
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context
from flask_babel import Babel, LazyString, force_locale, get_locale

__all__ = [
    "Labelled", "_", "_l", "dotted", "either", "force_locale", "in_language", "init_i18n", "load_languages",
    "locale_code", "marked", "ngettext",
]  # fmt: skip

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def init_i18n(app: Flask, select_locale: Callable[[], str]) -> None:
    """Give the application its catalogs and its choice of language."""
    Babel(app, default_translation_directories=str(TRANSLATIONS), locale_selector=select_locale)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, _form_for, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]  # Jinja's own looks that name up for each word


# Flask-Babel's own functions resolve five proxies for each message; a page has hundreds of messages
def gettext(message: str, **values: object) -> str:
    """A message in the reader's language, its `%(name)s` filled from `values`."""
    found = str(_catalogue(locale_code()).gettext(message))
    return found % values if values else found


_ = gettext


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The plural form of a message for `num`, which fills `%(num)s` with thousands separators: "1,646"."""
    return str(_catalogue(locale_code()).ngettext(one, many, num)) % {"num": _Grouped(num), **values}


def _form_for(one: str, many: str, num: int) -> str:
    """The plural form for `num`, with `num` filled in; the template fills in other names."""
    found = str(_catalogue(locale_code()).ngettext(one, many, num))
    return found.replace("%(num)s", f"{num:,}").replace("%(num)d", str(num))


def either(english: Any, spanish: Any) -> Any:
    """The text of the reader's language."""
    return spanish if locale_code() == "es" else english


def dotted(*parts: Any) -> str:
    """The non-empty parts joined by a dot: "Room 12 · 30 minutes"."""
    return " · ".join(str(part) for part in parts if part)


class _Grouped(int):
    """A number that prints with commas; `%(num)d` prints it without."""

    def __str__(self) -> str:
        return f"{int(self):,}"


def lazy_gettext(message: str, **values: object) -> LazyString:
    """A message that is translated when it is shown."""
    return LazyString(gettext, message, **values)


_l = lazy_gettext


@cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [language])


def load_languages() -> None:
    """Load all catalogs and number formats once, before processes are forked."""
    for language in ("en", "es"):
        _catalogue(language)
        format_date(date(2026, 1, 2), locale=language)


def in_language(row: Any, name: str) -> Any:
    """The text of a row or table in the reader's language: its `label_es` or `label_en` for the name "label"."""
    return getattr(row, f"{name}_{'es' if locale_code() == 'es' else 'en'}")


def locale_code() -> str:
    """'en' or 'es', the language of this answer."""
    if not has_app_context():
        return "en"
    # Flask-Babel's own place: asking it goes through four proxies for each message
    kept = getattr(g._get_current_object(), "_flask_babel", None)
    locale: Any = getattr(kept, "babel_locale", None) or get_locale()
    return locale.language if locale else "en"


def marked(message: str) -> str:
    """Mark a string for the catalog and return it unchanged; it is translated where it is shown."""
    return message


class Labelled(enum.StrEnum):
    """A member is written `NAME = "stored", _l("Label")`: its value is stored, its label is read by people."""

    _value_: str
    label: Any
    """A lazy translation: words in the language of whoever reads the page."""

    def __new__(cls, stored: str, label: Any = None) -> Self:
        """Make a member from its stored text and label. Raises TypeError without a label.

        Looking up a member by its stored text, `Kind("stored")`, does not call this.
        """
        if label is None:
            raise TypeError(f"{cls.__name__}: {stored!r} has no label")
        member = str.__new__(cls, stored)
        member._value_ = stored
        member.label = label
        return member

    @classmethod
    def labels(cls) -> dict[Self, Any]:
        """Every member with its label, in the order of definition."""
        return {member: member.label for member in cls}
