"""Forms of rule sets."""

from collections.abc import Sequence
from typing import Any

from wtforms import DateField, Field, Form, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, choices, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.routing.drafts.editing import Leaf, LeafType
from wss_cases.routing.engine.facts import FACTS
from wss_cases.routing.engine.labels import FACT_LABELS, VALUE_LABELS
from wss_cases.routing.engine.states import Kind
from wss_cases.routing.engine.table import MOST_SCHOOL_DAYS, TIERS

LANGUAGE_NAMES = {"en": _l("English"), "es": _l("Spanish")}
MOST_CHARACTERS = 600


class PublishForm(BaseForm):
    """The first day on which a draft is in force; the reason is asked for where no replay stands for the draft."""

    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])
    why_not_replayed = LongText(_l("Why it is published without a replay"), limit=MOST_CHARACTERS)


class ReplayForm(BaseForm):
    """Over which incidents a rule set is replayed."""

    first_day = DateField(_l("Incidents from"), [InputRequired(_l("Enter the first day."))])
    last_day = DateField(_l("Incidents to"), [InputRequired(_l("Enter the last day."))])


class RowForm(BaseForm):
    """The values of one row; its fields are made by `row_form`."""

    leaves: Sequence[Leaf] = ()

    def changes(self) -> dict[str, Any]:
        """Return the new values by leaf key."""
        return {leaf.key: self[_name(number)].data for number, leaf in enumerate(self.leaves)}

    def fields(self) -> list[tuple[Leaf, Field]]:
        """Return each value with its field, in reading order."""
        return [(leaf, self[_name(number)]) for number, leaf in enumerate(self.leaves)]


def row_form(leaves: Sequence[Leaf]) -> RowForm:
    """Return the form of one row, showing what the row says now."""
    fields: dict[str, Any] = {_name(number): _field(leaf) for number, leaf in enumerate(leaves)}
    form: RowForm = type("RowFormOfLeaves", (RowForm,), {**fields, "leaves": tuple(leaves)})(
        data={_name(number): leaf.value for number, leaf in enumerate(leaves)}
    )
    return form


def sentence_like(form: Form, field: Field) -> None:
    """A reason is read as a sentence: it begins with a capital letter and ends with a full stop."""
    text = field.data or ""
    if not (text[:1].isupper() and text.endswith(".")):
        raise ValidationError(_("Begin with a capital letter and end with a full stop."))


def _name(number: int) -> str:
    return f"value{number}"


def _field(leaf: Leaf) -> Any:
    label = leaf_label(leaf)
    match leaf.type:
        case LeafType.SENTENCE:
            checks: list[Any] = [NotBlank(_l("Enter the text."))]
            if "because" in leaf.key:
                checks.append(sentence_like)
            return LongText(label, checks, limit=MOST_CHARACTERS)
        case LeafType.NUMBER:
            spec = FACTS[leaf.about]
            return _whole(label, 0 if spec.least is None else min(spec.least, 0), spec.most or 99)
        case LeafType.DAYS:
            return _whole(label, 0, MOST_SCHOOL_DAYS)
        case LeafType.TIER:
            return SelectField(label, choices=choices([(tier, str(tier)) for tier in TIERS]), coerce=int)
        case LeafType.CHOICES:
            chosen = [InputRequired(_l("Choose at least one."))]
            return SelectMultipleField(label, chosen, choices=choices(_words(leaf)))
        case LeafType.CHOICE:
            return select(label, _words(leaf))


def _whole(label: str, least: int, most: int) -> IntegerField:
    message = _l("Enter a whole number from %(min)s to %(max)s.")
    checks = [InputRequired(_l("Enter a whole number.")), NumberRange(least, most, message)]
    return IntegerField(label, checks)


def _words(leaf: Leaf) -> list[tuple[str, Any]]:
    return [(choice, VALUE_LABELS[choice]) for choice in leaf.choices]


def leaf_label(leaf: Leaf) -> str:
    """Return what a value of a row is, in words."""
    match leaf.type:
        case LeafType.SENTENCE:
            language = LANGUAGE_NAMES.get(leaf.about, leaf.about)
            if leaf.key.startswith("until"):
                return _("Until (%(language)s)", language=language)
            return _("Reason (%(language)s)", language=language)
        case LeafType.TIER:
            return _("Tier of %(kind)s", kind=Kind(leaf.about).label)
        case LeafType.DAYS if leaf.about:
            return _("School days until %(kind)s starts", kind=Kind(leaf.about).label)
        case LeafType.DAYS:
            return _("Due in school days")
        case LeafType.NUMBER if leaf.op == "at_least":
            return _("%(fact)s, at least", fact=_capital(FACT_LABELS[leaf.about]))
        case LeafType.NUMBER:
            return _("%(fact)s, at most", fact=_capital(FACT_LABELS[leaf.about]))
        case _:
            return _capital(FACT_LABELS[leaf.about])


def _capital(words: object) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]
