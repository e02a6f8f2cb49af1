"""Forms of retention: a row of the schedule, a decision about a record, a deletion, a hold."""

from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, DatedRowForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.legal_holds.states import HoldKind
from wss_cases.records.retention.core.states import Decision

_WHOLE = _l("Write a whole number.")


class RuleForm(DatedRowForm):
    """How long one kind is kept, from when on, and where that comes from."""

    keep = IntegerField(_l("How long"), [InputRequired(_WHOLE), NumberRange(0, 10_000, _WHOLE)])
    source = ShortText(_l("Source"), [NotBlank(_l("Enter where this comes from."))], limit=300)
    confirmed = radio(
        _l("Is it confirmed?"),
        {"yes": _l("Confirmed"), "no": _l("Needs legal review")},
        _l("Answer whether it is confirmed."),
    )


class DecisionForm(BaseForm):
    """Keep a record until a day, with a reason, or propose that it is deleted."""

    decision = radio(_l("What is decided?"), Decision.labels(), _l("Choose what is decided."))
    keep_until = DateField(
        _l("Keep it until"),
        validators=[Optional()],
        description=_l("At most four years ahead; then it is reviewed again."),
    )
    reason = LongText(_l("Reason it is kept"), limit=2000, description=_l("Required if it is kept."))


class TypedForm(BaseForm):
    """The second person's yes: the count, typed."""

    typed = IntegerField(_l("How many records are deleted"), [InputRequired(_WHOLE), NumberRange(0, 1_000_000, _WHOLE)])


class HoldForm(BaseForm):
    """Whose record is held, who asked, and why."""

    number = ShortText(
        _l("Number of the case or of the student"),
        [NotBlank(_l("Write the number of the case or of the student."))],
        limit=80,
        description=_l("As written in the order or the request."),
    )
    kind = radio(_l("What is open"), HoldKind.labels(), _l("Choose what is open."))
    asked_by = ShortText(_l("Who asked for it"), [NotBlank(_l("Write who asked for it."))])
    reason = LongText(
        _l("What it is about"),
        [NotBlank(_l("Write what it is about, without what was said in the circle."))],
        limit=2000,
        description=_l("The number and the date of the order or request; no names of children."),
    )


class HoldReleaseForm(BaseForm):
    """That a hold is over, and why."""

    reason = LongText(
        _l("Why it ended"),
        [NotBlank(_l("Write why it ended."))],
        limit=2000,
        description=_l("Who said so, and the date."),
    )
