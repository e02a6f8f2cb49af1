"""A stored row made from its form; unchanged parts stay as they were written."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from wtforms import Field, Form, HiddenField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import NumberRange, StopValidation, ValidationError

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choice_field, choices, pick
from wss_cases.foundation.i18n import _, _l
from wss_cases.routing.engine.conditions import ALWAYS
from wss_cases.routing.engine.explain import FACT_LABELS, VALUE_LABELS
from wss_cases.routing.engine.facts import FACTS, FactSpec, FactType
from wss_cases.routing.engine.table import LANGUAGES, MOST_SCHOOL_DAYS, NEED_REASON, TIERS
from wss_cases.routing.engine.vocabulary import (
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    Kind,
    Pathway,
    Person,
    Police,
    Section,
)
from wss_cases.routing.row_editor.rules import (
    DUTY_SECTIONS,
    OPEN,
    ROW,
    VERIFIED,
    Case,
    Line,
    Op,
    Outline,
    Question,
    condition_of,
    days_in,
    opened,
    ops_of,
    questions_of,
    same_cases,
    texts,
    what_is_missing,
)

LANGUAGE_NAMES = {"en": _l("English"), "es": _l("Spanish")}
WITH_ITEMS = (Section.PATHWAYS, Section.GRADE_LIMIT, Section.HOLDS, Section.FALLBACK)
MOST_CHARACTERS = 600
NOT_RAISED = ""
_STATES_OF_ROWS = (DutyState.DUE, DutyState.VERIFY_FIRST)


class RowForm(BaseForm):
    """The values of one row; `row_form` makes its fields."""

    laid_out: Outline
    section: Section
    outline = HiddenField()
    before = HiddenField()
    gone = HiddenField()
    """Set once somebody was told that the row was removed meanwhile: to save it then adds it again."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields one by one, then together."""
        sound = super().validate(extra_validators)
        wrong = what_is_missing(self)
        for name, words in wrong:
            if name in self:
                self[name].errors = [*self[name].errors, words]
            else:
                self.form_errors: list[str] = [*self.form_errors, words]
        return sound and not wrong

    def text(self, name: str) -> dict[str, str]:
        """Return a text in each language; empty when it was left out."""
        found = {language: (self[f"{name}_{language}"].data or "").strip() for language in LANGUAGES}
        return found if all(found.values()) else {}


def row_form(
    section: Section, outline: Outline, rules: Sequence[str], values: Mapping[str, Any], *, new: bool
) -> RowForm:
    """The form of one row; `rules` are those it may refer to, `new`: it also asks for the rule's name."""
    fields: dict[str, Any] = {**(_names() if new else {}), **_own_fields(section)}
    subjects = subjects_of(section, rules)
    for owner, cases in outline.cases.items():
        if owner != ROW:
            fields |= _item_fields(owner)
        for case in cases:
            fields |= _case_fields(case, subjects, rules)
    for name in outline.removals:
        fields |= _removal_fields(name)
    made = type("RowFormOfOutline", (RowForm,), {**fields, "laid_out": outline, "section": section})
    form: RowForm = made(data={name: _shown(name, outline, value) for name, value in values.items()})
    form.outline.data = outline.text()
    return form


def subjects_of(section: Section, rules: Collection[str]) -> dict[str, Any]:
    """What a line of a section may be about, each in words."""
    return {**FACT_LABELS, **{one: one.label for one in questions_of(section, bool(rules))}}


def capital(words: object) -> str:
    """Words with a capital first letter, for a label."""
    text = str(words)
    return text[:1].upper() + text[1:]


def _shown(name: str, outline: Outline, value: Any) -> Any:
    """Show codes that are typed as one text."""
    typed = any(FACTS[about].type is FactType.TEXT for case in outline.every_case()
                for line, about in case.lines.items() if name == f"{line}_value" and about in FACTS)  # fmt: skip
    return ", ".join(value) if typed and isinstance(value, list) else value


def _names() -> dict[str, Any]:
    return {
        "row_id": ShortText(_l("Name of the row"), [NotBlank(_l("Enter a name.")), word], limit=20),
        "rule": ShortText(_l("Rule cited in answers"), [word], limit=20),
    }


def _own_fields(section: Section) -> dict[str, Any]:
    fields: dict[str, Any] = _text_fields("because", _l("Reason"), needed=section in NEED_REASON)
    if section is Section.GRADE_LIMIT:
        fields["keeps"] = _many(_l("What stays"), Kind.labels(), [chosen])
    elif section is Section.HOLDS:
        fields["applies_to"] = pick(_l("What is on hold"), AppliesTo.labels(), _l("Choose what is on hold."))
        fields |= _text_fields("until", _l("Until"), needed=True, sentence=False)
    elif section in DUTY_SECTIONS:
        fields["duty"] = pick(_l("Legal duty"), Duty.labels(), _l("Choose the duty."))
        fields |= _text_fields("clock", _l("By when"), needed=True, sentence=False)
        states = [(NOT_RAISED, _l("Not raised")), *((state, state.label) for state in _STATES_OF_ROWS)]
        fields |= {f"verified_{answer}": choice_field(words, states) for answer, words in VERIFIED.items()}
    elif section is Section.FOLLOW_UPS:
        fields["follow_up"] = pick(_l("Follow-up"), FollowUpKind.labels(), _l("Choose the follow-up."))
        fields["school_days"] = StringField(_l("Due in school days"), [school_days])
    return fields


def _item_fields(name: str) -> dict[str, Any]:
    tiers = {str(tier): str(tier) for tier in TIERS}
    return {
        f"{name}_kind": pick(_l("Support or circle"), Kind.labels(), _l("Choose what is recommended.")),
        f"{name}_for": pick(_l("Who it is for"), Person.labels(), _l("Choose who it is for.")),
        f"{name}_tier": pick(_l("Tier"), tiers, _l("Choose a tier.")),
        f"{name}_start": _whole(_l("Starts within school days"), 0, MOST_SCHOOL_DAYS),
        **_text_fields(f"{name}_because", _l("Reason of its own"), needed=False),
    }


def _removal_fields(name: str) -> dict[str, Any]:
    return {
        f"{name}_kinds": _many(_l("These kinds"), Kind.labels()),
        f"{name}_pathways": _many(_l("These pathways"), Pathway.labels()),
        f"{name}_for": _many(_l("Only what is for"), Person.labels()),
    }


def _case_fields(case: Case, subjects: Mapping[str, Any], rules: Sequence[str]) -> dict[str, Any]:
    about = {name: capital(words) for name, words in subjects.items()}
    fields: dict[str, Any] = {f"{case.name}_about": pick(_l("Add a line about"), about)}
    for line, subject in case.lines.items():
        ops = [(op, op.label) for op in ops_of(subject)]
        fields[f"{line}_op"] = choice_field(about[subject], ops)
        value = _value_field(subject, f"{line}_op", rules)
        if value is not None:
            fields[f"{line}_value"] = value
    return fields


def _value_field(about: str, op: str, rules: Sequence[str]) -> Any:
    label = _l("Compared with")
    asked = [needed(op)]
    if about == Question.RULE:
        return pick(label, {rule: rule for rule in rules}, _l("Choose a rule."))
    if about == Question.NO_ITEM_FOR:
        people = {person: person.label for person in (Person.CAUSED_HARM, Person.HARMED)}
        return pick(label, people, _l("Choose who it is for."))
    if about == Question.ITEM_WITH_PATHWAY:
        return pick(label, Pathway.labels(), _l("Choose a pathway."))
    if about == Question.POLICE:
        return _many(label, Police.labels(), asked)
    spec = FACTS[about]
    words = {choice: VALUE_LABELS[choice] for choice in spec.choices}
    match spec.type:
        case FactType.CHOICE:
            return _many(label, words, asked)
        case FactType.LIST:
            return choice_field(label, [("", _l("Choose one")), *words.items()], validators=asked)
        case FactType.NUMBER:
            return _whole(label, _least(spec), spec.most or 99, asked)
        case FactType.TEXT:
            return ShortText(label, asked)
        case _:
            return None


def _least(spec: FactSpec) -> int:
    return 0 if spec.least is None else min(spec.least, 0)


def _many(label: Any, labels: Mapping[Any, Any], checks: Sequence[Any] = ()) -> SelectMultipleField:
    return SelectMultipleField(label, checks, choices=choices(list(labels.items())))


def _text_fields(name: str, label: Any, *, needed: bool, sentence: bool = True) -> dict[str, Any]:
    fields = {}
    for language in LANGUAGES:
        others = [f"{name}_{other}" for other in LANGUAGES if other != language]
        checks: list[Any] = [NotBlank(_l("Enter the text."))] if needed else [also_here(others)]
        words = _l("%(what)s (%(language)s)", what=label, language=LANGUAGE_NAMES[language])
        fields[f"{name}_{language}"] = LongText(
            words, [*checks, *([sentence_like] if sentence else [])], limit=MOST_CHARACTERS
        )
    return fields


def _whole(label: Any, least: int, most: int, checks: Sequence[Any] = ()) -> IntegerField:
    message = _l("Enter a whole number from %(min)s to %(max)s.")
    return IntegerField(label, [*checks, whole, NumberRange(least, most, message)])


def word(form: Form, field: Field) -> None:
    """Names are letters, digits and hyphens."""
    text = (field.data or "").strip()
    if text and not (text.isascii() and text.replace("-", "").isalnum()):
        raise ValidationError(_("Use letters, digits, and hyphens."))


def also_here(others: Sequence[str]) -> Any:
    """An optional text is given in every language or in none."""

    def check(form: Form, field: Field) -> None:
        if not (field.data or "").strip() and any((form[other].data or "").strip() for other in others):
            raise StopValidation(_("Enter the text in this language, too."))

    return check


def sentence_like(form: Form, field: Field) -> None:
    """A reason is a sentence: it begins with a capital letter and ends with a period."""
    text = (field.data or "").strip()
    if text and not (text[0].isupper() and text.endswith(".")):
        raise ValidationError(_("Begin with a capital letter and end with a full stop."))


def chosen(form: Form, field: Field) -> None:
    """At least one is ticked."""
    if not field.data:
        raise ValidationError(_("Choose at least one."))


def needed(op: str) -> Any:
    """Require a value, unless the line only asks whether there is one."""

    def check(form: Form, field: Field) -> None:
        if form[op].data in OPEN:
            field.errors = []
            raise StopValidation
        if not any(str(raw).strip() for raw in field.raw_data or []):
            field.errors = []
            raise StopValidation(_("Choose or enter what it is compared with."))

    return check


def whole(form: Form, field: Field) -> None:
    """Require a whole number, with our own message."""
    if field.data is None:
        field.errors = []
        raise StopValidation(_("Enter a whole number."))


def school_days(form: Form, field: Field) -> None:
    """One number of school days, or several."""
    try:
        days_in(field.data or "")
    except ValueError:
        words = _("Enter whole numbers from 0 to %(most)d, separated by commas.", most=MOST_SCHOOL_DAYS)
        raise ValidationError(words) from None


Json = dict[str, Any]


def blank_row(section: Section) -> Json:
    items: list[Json] = [{}] if section in (Section.PATHWAYS, Section.FALLBACK) else []
    return {"section": str(section), "when": ALWAYS, "items": items}


def shown_values(row: Mapping[str, Any]) -> Json:
    """The values of a row's own fields, without conditions, items and removals."""
    values = {key: row.get(key) for key in ("keeps", "applies_to", "duty", "follow_up")}
    for key in ("because", "until", "clock"):
        values |= texts(key, row.get(key))
    values |= {f"verified_{answer}": state or "" for answer, state in row.get("verified", {}).items()}
    return values | {"school_days": ", ".join(map(str, row.get("school_days", [])))}


def stored_row(form: RowForm, names: Mapping[str, str], before: Mapping[str, Any] | None) -> Json:
    """The row of a valid form; `names` its `id` and `rule`, `before` the row as it was opened."""
    old = before or {}
    row: Json = {**names, "section": str(form.section)}
    row |= _condition(form, ROW, old)
    row |= _text(form, "because", "because")
    row |= _of_section(form, old)
    if form.section in WITH_ITEMS:
        # an outline is named by its order, so the items of the row as it was opened have the same names
        were = dict(zip(opened(old)[0].items, old.get("items", []), strict=True))
        row["items"] = [_item(form, name, were.get(name, {})) for name in form.laid_out.items]
    return row


def _condition(form: RowForm, owner: str, old: Mapping[str, Any]) -> Json:
    new = condition_of([[_line(form, *line) for line in case.lines.items()] for case in form.laid_out.cases[owner]])
    if same_cases(old.get("when", ALWAYS), new):
        new = old.get("when", ALWAYS)
    return {"when": new} if owner == ROW or new != ALWAYS or "when" in old else {}


def _line(form: RowForm, name: str, about: str) -> Line:
    op = Op(form[f"{name}_op"].data)
    value = form[f"{name}_value"].data if f"{name}_value" in form else None
    if op in OPEN:
        value = None
    elif about in FACTS and FACTS[about].type is FactType.TEXT:
        value = tuple(code for code in map(str.strip, str(value).split(",")) if code)
    elif isinstance(value, list):
        value = tuple(value)
    return Line(Question(about) if about not in FACTS else about, op, value)


def _item(form: RowForm, name: str, old: Mapping[str, Any]) -> Json:
    values = {key: form[f"{name}_{key}"].data for key in ("kind", "for", "start")}
    item = values | {"tier": int(form[f"{name}_tier"].data)}
    return item | _condition(form, name, old) | _text(form, f"{name}_because", "because")


def _text(form: RowForm, name: str, key: str) -> Json:
    text = form.text(name)
    return {key: text} if text else {}


def _of_section(form: RowForm, old: Mapping[str, Any]) -> Json:
    match form.section:
        case Section.GRADE_LIMIT:
            return {"keeps": _kept(form.keeps.data, old.get("keeps"))}
        case Section.HOLDS:
            removes = [_removal(form, name) for name in form.laid_out.removals]
            were = dict(zip(opened(old)[0].removals, old.get("removes", []), strict=True))
            pairs = zip(form.laid_out.removals, removes, strict=True)
            kept = [
                {key: _kept(values, were.get(name, {}).get(key)) for key, values in new.items()} for name, new in pairs
            ]
            return {"applies_to": form.applies_to.data, **_text(form, "until", "until"), "removes": kept}
        case section if section in DUTY_SECTIONS:
            states = {answer: form[f"verified_{answer}"].data or None for answer in VERIFIED}
            return {"duty": form.duty.data, **_text(form, "clock", "clock"), "verified": states}
        case Section.FOLLOW_UPS:
            return {"follow_up": form.follow_up.data, "school_days": days_in(str(form.school_days.data))}
        case _:
            return {}


def _removal(form: RowForm, name: str) -> Json:
    found = {key: form[f"{name}_{key}"].data for key in ("kinds", "pathways", "for")}
    return {key: values for key, values in found.items() if values}


def _kept(new: list[str], old: list[str] | None) -> list[str]:
    """The list as it was written when it contains the same names."""
    return old if old is not None and sorted(old) == sorted(new) else new
