"""The signs of a draft: a district administrator changes their facts and words, adds and removes signs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from wtforms import SelectMultipleField
from wtforms.validators import Regexp

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.routing.drafts.pages import draft_to_edit, refused_page, take_back
from wss_cases.routing.engine.explain import FACT_LABELS
from wss_cases.routing.engine.facts import FACTS
from wss_cases.routing.engine.table import LANGUAGES
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.rule_sets import RuleSet, get_rule_set
from wss_cases.routing.signs import LISTS, SignKind, is_entry, list_titles, read_signs, says_who

Row = Mapping[str, Any]
MOST_LETTERS = 20_000
_ONE_A_LINE = _l("One word or phrase per line. A * at the end stands for any ending.")


class SignForm(BaseForm):
    """A sign of words; of another sign only the facts can be changed."""

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
        """Check every field, each line of words, and that a question is in both languages."""
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
        return [line.strip() for line in (self[f"{key}_{lang}"].data or "").splitlines() if line.strip()]

    def row(self, before: Row) -> dict[str, Any]:
        """The stored row of a valid form."""
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


blueprint = Blueprint("signs", __name__, url_prefix="/rules")
SignEditorRow = Mapping[str, Any]
NEW: SignEditorRow = {"id": "", "kind": SignKind.WORD.value, "facts": []}
MAY_BE_UNKNOWN = [name for name, spec in FACTS.items() if spec.may_be_unknown or name == "imminent_danger"]
SENTENCES = {"rules.sign_saved": _l("Sign %(row)s was changed"), "rules.sign_removed": _l("Sign %(row)s was removed")}


@blueprint.route("/<int:rule_set_id>/signs/<sign_id>", methods=["GET", "POST"])
@gate(Permission.RULES_EDIT)
def edit(rule_set_id: int, sign_id: str) -> Page:
    """Change one sign of a draft."""
    rule_set = _draft(rule_set_id)
    return _page(rule_set, _stored(rule_set, sign_id))


@blueprint.route("/<int:rule_set_id>/signs", methods=["GET", "POST"])
@gate(Permission.RULES_EDIT)
def add(rule_set_id: int) -> Page:
    """Add a sign of words to a draft."""
    return _page(_draft(rule_set_id), NEW)


@blueprint.post("/<int:rule_set_id>/signs/<sign_id>/remove")
@gate(Permission.RULES_EDIT)
def remove(rule_set_id: int, sign_id: str) -> Page:
    """Take a sign out of a draft."""
    _stored(get_rule_set(current_actor(), rule_set_id), sign_id)
    try:
        store_sign(current_actor(), rule_set_id, BaseForm().seen_version, sign_id, None, clock.now())
    except Refused as refusal:
        return refused_page(rule_set_id, refusal)
    return redirect(f"{_table(rule_set_id)}#signs", 303)


def store_sign(
    actor: Actor, rule_set_id: int, version: int | None, sign_id: str, row: SignEditorRow | None, now: datetime
) -> None:
    """Replace the sign with this id, add it when there is none; None removes it.

    Raises Refused for an invalid sign, Stale when the draft changed since, NotFound.
    """
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        rows: Sequence[SignEditorRow] = draft.table_rows.get("signs", [])
        before = next((other for other in rows if other["id"] == sign_id), None)
        if before == row:
            return
        changed = [row if other is before else other for other in rows if row is not None or other is not before]
        if before is None and row is not None:
            changed = [*rows, row]
        read_signs(changed)
        draft.table_rows = {**draft.table_rows, "signs": changed}
        take_back(draft)
        uow.session.flush()
        uow.audit("rules.edited", "routing_rule_set", draft.id, {sign_id: [before, row]})
        uow.record(draft, "rules.sign_removed" if row is None else "rules.sign_saved", row=sign_id)


def _draft(rule_set_id: int) -> RuleSet:
    rule_set = get_rule_set(current_actor(), rule_set_id)
    if rule_set.state is not RuleSetState.DRAFT and request.method == "GET":
        raise NotFound
    return rule_set


def _stored(rule_set: RuleSet, sign_id: str) -> SignEditorRow:
    rows: list[SignEditorRow] = rule_set.table_rows.get("signs", [])
    found = next((row for row in rows if row["id"] == sign_id), None)
    if found is None:
        raise NotFound
    return found


def _table(rule_set_id: int) -> str:
    return url_for("routing.rule_set", rule_set_id=rule_set_id)


def _page(rule_set: RuleSet, before: SignEditorRow) -> Page:
    shown = {f"{key}_{lang}": "\n".join(before.get(key, {}).get(lang, [])) for key in LISTS for lang in LANGUAGES}
    shown |= {f"question_{lang}": before.get("question", {}).get(lang, "") for lang in LANGUAGES}
    form = SignForm(data={"version": rule_set.version, "facts": before["facts"], **shown})
    form.of_words = before["kind"] == SignKind.WORD
    form.facts.choices = choices([(name, FACT_LABELS[name]) for name in MAY_BE_UNKNOWN])
    if before["id"]:
        del form.sign_id
    title = _("Edit sign %(row)s", row=before["id"]) if before["id"] else _("Add a sign")

    def save() -> None:
        row = form.row(before)
        if not before["id"] and any(row["id"] == other["id"] for other in rule_set.table_rows.get("signs", [])):
            raise Refused("sign_id", _("Another sign of this draft has this name."))
        store_sign(current_actor(), rule_set.id, form.seen_version, row["id"], row, clock.now())

    name = _("Rule set %(name)s, version %(number)d", name=rule_set.name, number=rule_set.number)
    return form_page(
        form,
        save,
        with_flash(_("The sign is saved."), f"{_table(rule_set.id)}#signs"),
        "routing/sign_editor/sign.html",
        title=title,
        crumbs=[(_("Rules"), url_for("routing.rule_sets")), (name, _table(rule_set.id)), (title, None)],
        back_href=f"{_table(rule_set.id)}#signs",
        go_words=_("Save this sign"),
        lists=list_titles(),
    )


ROOM = Room(pages=(blueprint,), sentences=SENTENCES)
