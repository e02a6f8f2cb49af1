"""The form of one sign of a draft."""

from collections.abc import Mapping
from typing import Any

from wtforms import SelectMultipleField
from wtforms.validators import Regexp

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.routing.engine.table import LANGUAGES
from wss_cases.routing.signs.presenters import LISTS
from wss_cases.routing.signs.rules import SignKind, is_entry, says_who

Row = Mapping[str, Any]
MOST_LETTERS = 20_000
_ONE_A_LINE = _l("One word or phrase per line. A * at the end stands for any ending.")


class SignForm(BaseForm):
    """A sign of words; of another sign only the facts are asked."""

    of_words = True

    sign_id = ShortText(
        _l("Name"),
        [
            NotBlank(_l("Enter a name.")),
            Regexp(r"[a-z][a-z0-9_]{0,39}$", message=_l("Use lower-case letters, digits and _ only.")),
        ],
        description=_l("Its own name in the table, for example word_gun."),
    )
    facts = SelectMultipleField(_l("Becomes unknown, unless it is answered"), choices=[])
    words_en = LongText(_l("Words in English"), limit=MOST_LETTERS, description=_ONE_A_LINE)
    words_es = LongText(_l("Words in Spanish"), limit=MOST_LETTERS, description=_ONE_A_LINE)
    except_en = LongText(_l("Phrases in English that mean something else"), limit=MOST_LETTERS)
    except_es = LongText(_l("Phrases in Spanish that mean something else"), limit=MOST_LETTERS)
    near_en = LongText(_l("Only after one of these people, in English"), limit=MOST_LETTERS)
    near_es = LongText(_l("Only after one of these people, in Spanish"), limit=MOST_LETTERS)
    question_en = ShortText(_l("Question to the reporter, in English"))
    question_es = ShortText(_l("Question to the reporter, in Spanish"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, each line of words, and that a question stands in both languages."""
        super().validate(extra_validators)
        if not self.facts.data:
            self.facts.errors = [_("Choose what becomes unknown.")]
        if self.of_words:
            if not (self.lines("words", "en") or self.lines("words", "es")):
                self.words_en.errors = [_("Enter at least one word.")]
            for key in LISTS:
                for lang in LANGUAGES:
                    self._check_lines(key, lang)
            if bool(self.question_en.data) != bool(self.question_es.data):
                self.question_es.errors = [_("Write the question in both languages, or in neither.")]
        return not self.errors

    def _check_lines(self, key: str, lang: str) -> None:
        for line in self.lines(key, lang):
            if not is_entry(line):
                words = _("“%(line)s”: use letters, digits and single spaces only.", line=line)
            elif key != "except" and says_who(line):
                words = _("“%(line)s” says who someone is. Such words are never a sign.", line=line)
            else:
                continue
            self[f"{key}_{lang}"].errors = [words]

    def lines(self, key: str, lang: str) -> list[str]:
        """Return the entries of a list in a language."""
        return [line.strip() for line in (self[f"{key}_{lang}"].data or "").splitlines() if line.strip()]

    def row(self, before: Row) -> dict[str, Any]:
        """Return the stored row that a sound form says."""
        row = {**before, "id": before["id"] or self.sign_id.data, "facts": list(self.facts.data or [])}
        if before["kind"] != SignKind.WORD:
            return row
        for key in LISTS:
            row[key] = {lang: self.lines(key, lang) for lang in LANGUAGES}
            if key != "words" and not any(row[key].values()):
                del row[key]
        question = {lang: (self[f"question_{lang}"].data or "").strip() for lang in LANGUAGES}
        row.pop("question", None)
        return row | ({"question": question} if any(question.values()) else {})
