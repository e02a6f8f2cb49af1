"""Form classes, their fields and checks, and the widest range of a day or number that anyone may send."""

import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, cast

from babel.support import NullTranslations, Translations
from flask import g, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict
from wtforms import (
    BooleanField,
    DateField,
    DateTimeField,
    DateTimeLocalField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import messages_path
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError

from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import at_wall

EARLIEST: Final = date(clock.EARLIEST_YEAR, 1, 1)
"""Before it no record of a student who can still be at a school begins."""
YEARS_AHEAD: Final = 10
LARGEST: Final = 10**9


class Kind(Enum):
    """What a day stands for, and how many years before and after the year of the act it may lie."""

    HAPPENED = 6, 1
    """What was done, said, signed or seen."""
    LEARNED = 60, 1
    """When somebody was trained, or took up a position."""
    PLANNED = 1, 3
    """A review, a next step, until when something is due: nothing is put off for longer."""
    AWAY = 3, 3
    """Days away and back, meetings, surveys, and whatever a form calls only "On which day"."""
    IN_FORCE = 100, YEARS_AHEAD
    """Rules, roles, consents and agreements, and the days that a report is asked for."""


_NAMES = {
    Kind.HAPPENED: "agreed_on asked_on decided_on filed_on given_on heard_on held_on named_yes_on on_day restricted_on"
    " reviewed_on signed_on told_on vacant_since",
    Kind.LEARNED: "completed_on filled_on trained_on",
    Kind.PLANNED: "answer_due_on due_on expected_end next_on next_step_on planned_on repair_on review_on start_by",
    Kind.AWAY: "away_from closes_on day notice_on on opens_on return_on",
    Kind.IN_FORCE: "agreement_from agreement_until ends_on first_day keep_until last_day starts_on target_by until"
    " valid_until",
}
KINDS: Final = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""What each field for a day says, by its name; a field for a moment says when something happened."""


def latest() -> date:
    """The last day that a plan, consent or rule may name: the end of a year, ten years from now."""
    return date(_years(Kind.IN_FORCE, clock.now().year)[1], 12, 31)


def _years(kind: Kind, year: int) -> tuple[int, int]:
    before, after = kind.value
    return max(year - before, clock.EARLIEST_YEAR), year + after


def day_in(text: str) -> date:
    """A posted day, written 2026-11-24. Raises ValueError for another spelling or an implausible day."""
    day = date.fromisoformat(text)
    if not EARLIEST <= day <= latest():
        raise ValueError(text)
    return day


def refuse_implausible(fields: Any, year: int) -> bool:
    """Put an error beside each implausible date and number; return whether there was none.

    `year` is the year of the act, which the plausible days lie around. A field with a narrower range
    reports itself; this check covers every field, lists included.
    """
    wrong = [(field, words) for field in _each(fields) if (words := _problem(field, year)) and not field.errors]
    for field, words in wrong:
        field.errors = [words]
    for field in fields if wrong else ():
        if isinstance(field, FieldList):
            field.errors = [row.errors for row in field]
    return not wrong


def _each(fields: Any) -> Iterator[Any]:
    for field in fields:
        if hasattr(field, "append_entry") or hasattr(field, "form"):
            yield from _each(field)
        elif isinstance(field, DateField | DateTimeField | IntegerField):
            yield field


def _problem(field: Any, year: int) -> str:
    value = field.data
    otherwise = Kind.HAPPENED if isinstance(field, DateTimeField) else Kind.IN_FORCE
    first, last = _years(KINDS.get(field.short_name, otherwise), year)
    if isinstance(value, date) and not first <= value.year <= last:
        return _("Choose a day in the years %(first)s to %(last)s.", first=first, last=last)
    if isinstance(value, int) and abs(value) > LARGEST:
        return _("This number is too large.")
    return ""


Input = TypeVar("Input")
_FORBIDDEN_CATEGORIES = {"Cc", "Cs"}
_EVERY_FORM_HAS = {"csrf_token", "request_key", "version"}
_ALLOWED_CONTROLS = {"\n", "\r", "\t"}
PICK = ("", _l("Choose one"))


class _LibraryWords:
    """WTForms' own messages. Flask-WTF would read their catalog anew for each request."""

    @staticmethod
    def gettext(message: str) -> str:
        """A message in the reader's language."""
        return str(_library_catalogue(locale_code()).gettext(message))

    @staticmethod
    def ngettext(one: str, many: str, num: int) -> str:
        """The plural form of a message for a number."""
        return str(_library_catalogue(locale_code()).ngettext(one, many, num))


@cache
def _library_catalogue(language: str) -> NullTranslations:
    return Translations.load(messages_path(), [language], domain="wtforms")


class BaseForm(FlaskForm):
    """A form that carries its request key (one per page shown) and the version of the record it shows."""

    class Meta(FlaskForm.Meta):
        """No form here takes a file: a file sent in place of a text is ignored."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """The posted fields without files, or those saved when the session ended before the form was sent."""
            posted = super().wrap_formdata(form, formdata)
            if posted is None:
                return _kept_for(form)
            return request.form if isinstance(posted, CombinedMultiDict) else posted

        def get_translations(self, form: Any) -> Any:
            """The translations of WTForms' own messages."""
            return _LibraryWords

    request_key = HiddenField(default=lambda: uuid.uuid4().hex, validators=[Length(max=64)])
    version = HiddenField(default="")

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, and refuse implausible dates and numbers."""
        sound = super().validate(extra_validators)
        return refuse_implausible(self, clock.now().year) and sound

    @property
    def seen_version(self) -> int | None:
        """The record's version when the page was shown; None when the form carries none."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class PlainForm(Form):
    """The input of one act and its checks, without a request.

    Pages fill it from what was sent, other code from values (`filled_from`). Token, request key and version stand in a
    BaseForm beside it. A text or choice without an answer is ''.
    """

    class Meta(DefaultMeta):
        """Settings of WTForms."""

        def get_translations(self, form: Any) -> Any:
            """The translations of WTForms' own messages."""
            return _LibraryWords

    instant: datetime | None = None
    """When the act happens, UTC; None: now. The demo and tests act in earlier years."""

    def fit(self, record: Any) -> None:
        """Set choices and zones that depend on the act's record; called before answers are checked."""

    def process(self, *given: Any, **named: Any) -> None:
        """Fill the fields; a text or choice without an answer becomes '', several choices an empty list."""
        super().process(*given, **named)
        for field in self:
            if field.data is None and isinstance(field, StringField | SelectField):
                field.data = [] if isinstance(field, SelectMultipleField) else ""

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, and refuse implausible dates and numbers."""
        sound = super().validate(extra_validators)
        return refuse_implausible(self, (self.instant or clock.now()).year) and sound


Answers = TypeVar("Answers", bound=PlainForm)


def sent_answers(kind: type[PlainForm]) -> Any:
    """What this request sent, or what was saved of this form when the session ended; None without either."""
    return request.form if request.method == "POST" else _kept_for(kind())


def filled_from(
    kind: type[Answers], record: Any, values: Mapping[str, Any], instant: datetime | None = None
) -> Answers:
    """A valid form with these values, sent at this instant (UTC; None: now).

    Raises Refused with the first field's message, TypeError for unknown names.
    """
    form = kind(data=values)
    form.instant = instant
    if unknown := set(values) - set(form._fields):
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    form.fit(record)
    for field in form:
        field.raw_data = _typed(field.data)
    if not form.validate():
        name, messages = next(iter(form.errors.items()))
        raise Refused(name or "", messages[0])
    return form


def _typed(given: Any) -> list[Any]:
    """What a browser would have sent: nothing for an empty answer, "0" for zero."""
    if isinstance(given, list | tuple):
        return list(given)
    if given in (None, ""):
        return []
    return ["0"] if given == 0 and given is not False else [given]


class AskingForm(BaseForm):
    """A form that changes nothing, sent with GET, so that its address can be bookmarked."""

    class Meta(BaseForm.Meta):
        """A GET form needs no token."""

        csrf = False


class DatedRowForm(BaseForm):
    """A form for the next row of a dated setting. It carries the first day, and the newest row when the page was
    shown."""

    seen_id = HiddenField()
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])

    @property
    def seen(self) -> int | None:
        """The id of the newest row when the page was shown; None when the form carries none."""
        return id_in(str(self.seen_id.data or ""))


def _kept_for(form: Any) -> Any:
    """What was saved of this form when the session ended, or None. `g.kept_fields` is set when the page is shown
    again."""
    kept = g.get("kept_fields")
    if kept is None or not any(name in kept for name in form._fields if name not in _EVERY_FORM_HAS):
        return None
    return kept


def check_characters(form: BaseForm, field: Field) -> None:
    """Refuse characters that no database or page stores safely: NUL, other control characters, lone surrogates."""
    if not is_storable(field.data or ""):
        raise ValidationError(_l("This text contains a character that cannot be stored. Type it again."))


def is_storable(text: str) -> bool:
    """Whether database and page can store a text; for text that no form field checks."""
    return not any(
        unicodedata.category(character) in _FORBIDDEN_CATEGORIES and character not in _ALLOWED_CONTROLS
        for character in text
    )


class NotBlank:
    """Require more than spaces, with a message of its own."""

    def __init__(self, message: Any) -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, form: BaseForm, field: Field) -> None:
        if field.data is None or not str(field.data).strip():
            raise StopValidation(self.message)


class ShortText(StringField):
    """One line of text, stored exactly as typed, at most `limit` characters (default 200).

    On a page it may be `short` or `medium` in `width`, of an input `kind` (tel, email), or a person's name (`names`).
    """

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), limit: int = 200,
        width: str = "", kind: str = "", names: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.width, self.kind, self.names = width, kind, names
        checks = [*validators, Length(max=limit, message=_l("Use at most %(max)d characters.")), check_characters]
        super().__init__(label, checks, **kwargs)


class WholeNumber(IntegerField):
    """A required whole number in digits; further validators limit it."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [InputRequired(_l("Write a whole number.")), *validators], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed. Raises ValueError with a message for the reader when it is not a number."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        if not typed:
            return
        digits = typed.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(typed) > 9:
            raise ValueError(_l("Write a whole number."))
        self.data = int(typed)


class LongText(TextAreaField):
    """Several lines, stored exactly as typed, at most `limit` characters (default 20,000); `rows` high on a page."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), limit: int = 20_000, rows: int = 4, **kwargs: Any
    ) -> None:
        self.rows = rows
        checks = [*validators, Length(max=limit, message=_l("Use at most %(max)d characters.")), check_characters]
        super().__init__(label, checks, **kwargs)


class MomentField(DateTimeLocalField):
    """A day and time on a school's clock; `missing` is the message where it is empty.

    The form's `fit` sets `zone`. Code that fills the form gives an instant.
    """

    zone = ""

    def __init__(self, label: Any = None, missing: Any = None, **kwargs: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        super().__init__(label, [InputRequired(missing) if missing else Optional()], format=formats, **kwargs)

    @property
    def at(self) -> Any:
        """The instant; None when the field is empty."""
        return self.data if self.data is None or self.data.tzinfo else at_wall(self.data, self.zone)


class _AfterRefusal:
    """A field that a page shows only after a refusal asked for it."""

    errors: Any
    data: Any

    @property
    def is_asked(self) -> bool:
        """Whether the form has asked for it, or it is answered."""
        return bool(self.errors or self.data)


class ConfirmField(_AfterRefusal, BooleanField):
    """A box to confirm what was refused at first."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], **kwargs)


class ReasonField(_AfterRefusal, ShortText):
    """Why an answer that was refused at first is right."""


class QuestionField(_AfterRefusal, RadioField):
    """A question that a refusal raised."""

    def __init__(self, label: Any, labels: Mapping[Any, Any], **kwargs: Any) -> None:
        super().__init__(label, [Optional()], choices=choices(list(labels.items())), **kwargs)


def choices(pairs: Sequence[tuple[Any, Any]]) -> list[SelectChoice]:
    """The choices of a select, radio or tile field from (value, label) pairs."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def choice_field(label: Any, pairs: Sequence[tuple[Any, Any]] = (), **kwargs: Any) -> SelectField:
    """A select field over (value, label) pairs."""
    return SelectField(label, choices=choices(pairs), **kwargs)


def pick(label: Any, labels: Mapping[Any, Any], missing: Any = None, **kwargs: Any) -> SelectField:
    """A select field that begins with "Choose one"; `missing` is the message where nothing was chosen."""
    return choice_field(
        label, [PICK, *labels.items()], validators=[InputRequired(missing)] if missing else [], **kwargs
    )


Options = type[Labelled] | Mapping[Any, Any] | Sequence[tuple[Any, Any]]
"""What is chosen from: the members of an enum, labels by value, or (value, label) pairs."""


def radio(label: Any, options: Options, missing: Any = None, **kwargs: Any) -> RadioField:
    """Radio buttons over these options; `missing` is the message where none was chosen."""
    labels = options.labels() if isinstance(options, type) else options
    pairs = list(labels.items()) if isinstance(labels, Mapping) else labels
    rule = Optional() if missing is None else InputRequired(missing)
    return RadioField(label, choices=choices(pairs), validators=[rule], **kwargs)


def require(field: Field, words: Any) -> None:
    """Make a text of one form required; `words` is the message where it is blank."""
    field.validators = [NotBlank(words), *field.validators]
    field.flags.required = True


def needs(sound: Any, field: Field, missing: bool, words: Any) -> bool:
    """Whether a form is valid that also needs this answer; when it is missing, the field gets the message."""
    if sound and missing:
        field.errors = [*field.errors, words]
    return bool(sound) and not missing


def filled(form: BaseForm, kind: Callable[..., Input], /, **read: Any) -> Input:
    """A use case's input (a dataclass) from the fields of the same names; a text that was not sent is ''.

    `read` are the values that differ from what was typed: codes, instants, ids.
    """
    names = [one.name for one in fields(cast(Any, kind)) if one.name in form and one.name not in read]
    texts = (name for name in names if isinstance(form[name], StringField | SelectField))
    unsent = {name: "" for name in texts if form[name].data is None}
    return kind(**{name: form[name].data for name in names} | unsent | read)


def apply_refusal(form: Form, refusal: Refused) -> None:
    """Show a use case's refusal beside its field, or at the top when the form has no such field."""
    if not refusal.field or not _said_beside(form, refusal):
        form.form_errors = [*form.form_errors, refusal.message]


def _said_beside(fields: Iterable[Any], refusal: Refused) -> bool:
    """Show a refusal beside the field of this name, also in a row of a list: "terms-1-due_on"."""
    for field in fields:
        if field.name == refusal.field:
            field.errors = [*field.errors, refusal.message]
            return True
        rows = field.entries if isinstance(field, FieldList) else field if isinstance(field, FormField) else ()
        if _said_beside(rows, refusal):
            if isinstance(field, FieldList):
                field.errors = [row.errors for row in field.entries]
            return True
    return False
