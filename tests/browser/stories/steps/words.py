"""The words that pages have, in the language in which a story is told.

A story names each button, question and answer by its message in the catalogue. A message that the catalogue no longer
has fails at once, in English too: words that no page says are not looked for for two minutes.
"""

from __future__ import annotations

import re
from functools import cache

from babel.support import NullTranslations, Translations
from playwright.sync_api import Page

from wss_cases.foundation.i18n import TRANSLATIONS

VALUE = re.compile(r"%\((\w+)\)[sd]")


class _Unknown(NullTranslations):
    """What is asked when the catalogue has no such message."""

    def gettext(self, message: str) -> str:
        raise KeyError(f"the catalogue has no message {message!r}")


class Words:
    """The messages of the pages in one language."""

    def __init__(self, language: str) -> None:
        self.is_spanish = language == "es"
        self._catalogue = Translations.load(str(TRANSLATIONS), ["es"])
        self._catalogue.add_fallback(_Unknown())

    def __call__(self, message: str, **values: object) -> str:
        """Return a message with its values. KeyError for one that is not in the catalogue."""
        words = str(self._catalogue.gettext(message))
        return (words if self.is_spanish else message) % values if values else words if self.is_spanish else message

    def start(self, message: str, **values: object) -> re.Pattern[str]:
        """Return what finds texts that begin with a message; a value that is not given may be anything."""
        parts = VALUE.split(self(message))
        names = [re.escape(str(values[part])) if part in values else ".+" for part in parts[1::2]]
        texts = [re.escape(part) for part in parts[::2]]
        return re.compile("^" + "".join(text + name for text, name in zip(texts, [*names, ""], strict=True)))


@cache
def words_in(language: str) -> Words:
    return Words(language)


def words_of(page: Page) -> Words:
    return words_in(page.locator("html").get_attribute("lang") or "en")
