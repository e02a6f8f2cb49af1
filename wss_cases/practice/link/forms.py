"""What is asked of whoever asks for a circle: choices, and a few words if they like."""

from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.practice.log.rules import group_in
from wss_cases.practice.requests.actions import Asked
from wss_cases.practice.requests.models import LONGEST_CONTACT, MOST_LETTERS
from wss_cases.practice.requests.rules import in_danger
from wss_cases.practice.requests.states import Asker, Wish


class AskForm(BaseForm):
    """A request for a circle."""

    not_safe = BooleanField(_l("I am not safe"))
    wish = radio(_l("What would you like?"), Wish, _l("Choose what you would like."))
    asker = radio(_l("Who asks?"), Asker)
    group = SelectField(_l("Class or place"), [Optional()])
    words = LongText(
        _l("A few words"), [Optional()], MOST_LETTERS, description=_l("At most 200 letters. No names, please.")
    )
    contact = ShortText(
        _l("How can we reach you?"), [Optional()], LONGEST_CONTACT,
        description=_l("Leave it empty if you do not want to be asked. It is erased once you have an answer."),
    )  # fmt: skip

    @property
    def in_danger(self) -> bool:
        """Whether somebody says that they are not safe, or their words do."""
        return bool(self.not_safe.data) or in_danger(f"{self.words.data or ''} {self.contact.data or ''}")

    def hurry(self) -> None:
        """Let nothing that is missing or too long keep somebody in danger waiting."""
        self.wish.data = self.wish.data or Wish.UNSURE.value
        self.wish.raw_data = [self.wish.data]
        self.words.data = (self.words.data or "")[:MOST_LETTERS]
        self.contact.data = (self.contact.data or "")[:LONGEST_CONTACT]

    def asked(self, language: str) -> Asked:
        """Return what the sound form says."""
        grade, code = group_in(self.group.data or "|")
        return Asked(
            form_key=self.request_key.data,
            wish=Wish(self.wish.data),
            asker=Asker(self.asker.data) if self.asker.data else None,
            grade=grade,
            location_code=code,
            language=language,
            in_danger=self.in_danger,
            words=self.words.data or "",
            contact=self.contact.data or "",
        )
