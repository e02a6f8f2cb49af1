"""Pages of the texts for families: which languages there are, reading one, and writing a new version."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.mail.common.forms import TextForm, WordingForm
from wss_cases.mail.common.models import FamilyText
from wss_cases.mail.common.states import EXAMPLES, PLACEHOLDER_LABELS
from wss_cases.mail.family_texts import queries
from wss_cases.mail.family_texts.actions import Wording, add_text, change_text
from wss_cases.mail.family_texts.presenters import code_words, groups, language_choices, language_rows
from wss_cases.mail.family_texts.rules import PLACEHOLDERS, Text, placeholders, unknown_placeholders
from wss_cases.roster.directory.pages import language_words

blueprint = Blueprint("texts", __name__, url_prefix="/texts")


@blueprint.get("")
@gate(Permission.FAMILY_TEXT_EDIT)
def texts() -> Page:
    """Every text by language, and what is missing."""
    rows = queries.all_texts()
    languages = language_rows(rows, queries.languages_of_families())
    chosen = request.args.get("language", "")
    if chosen not in {one["tag"] for one in languages}:
        chosen = languages[0]["tag"] if languages else queries.FALLBACK
    return render_template(
        "mail_pages/family_texts/list.html",
        languages=languages,
        chosen=chosen,
        chosen_words=language_words(chosen),
        groups=groups(rows, chosen, today_at(None, clock.now())),
    )


@blueprint.get("/<int:text_id>")
@gate(Permission.FAMILY_TEXT_EDIT)
def text(text_id: int) -> Page:
    """One version as a family sees it, with what the page fills in."""
    row = queries.get_text(current_actor(), text_id)
    versions = queries.versions_of(row.code, row.language)
    today = today_at(None, clock.now())
    in_force = next((each.id for each in versions if each.starts_on <= today), None)
    return render_template(
        "mail_pages/family_texts/text.html",
        row=row,
        what=code_words(row.code, versions),
        language=language_words(row.language),
        shown=_example(row.code, row.title, row.text, row.language),
        filled=_placeholder_rows(row),
        begins=day_words_with_year(row.starts_on),
        may_change=row.starts_on > today,
        versions=[
            {
                "id": each.id,
                "from": day_words_with_year(each.starts_on),
                "now": each.id == in_force,
                "ahead": each.starts_on > today,
                "here": each.id == row.id,
            }
            for each in versions
        ],
    )


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.FAMILY_TEXT_EDIT)
def new() -> Page:
    """Write a text in another language, or a newer version of one."""
    rows = queries.all_texts()
    code, language = request.args.get("code", ""), request.args.get("language", "")
    begun = _newest(rows, code, language) or _newest(rows, code, "en")
    same = begun is not None and begun.language == language
    form = TextForm(code=code, language=language, **_begin(begun if same else None))
    codes = sorted({row.code for row in rows})
    form.code.choices = choices([(each, code_words(each, rows)) for each in codes])
    form.language.choices = choices(language_choices(rows, queries.languages_of_families()))

    def act() -> int:
        return add_text(submitted(form), form.code.data, form.language.data, _wording(form))

    asked = _newest(rows, str(form.code.data or ""), "en")
    return _text_page(form, act, str(form.code.data or ""), str(form.language.data or ""), original=asked)


@blueprint.route("/<int:text_id>/change", methods=["GET", "POST"])
@gate(Permission.FAMILY_TEXT_EDIT)
def change(text_id: int) -> Page:
    """Change a version before its first day."""
    row = queries.get_text(current_actor(), text_id)
    form = WordingForm(title=row.title, text=row.text, starts_on=row.starts_on, version=str(row.version))

    def act() -> int:
        return change_text(submitted(form), row.id, _wording(form))

    return _text_page(form, act, row.code, row.language, row=row)


def _text_page(
    form: WordingForm,
    act: Any,
    code: str,
    language: str,
    row: FamilyText | None = None,
    original: FamilyText | None = None,
) -> Page:
    shown, status = None, 200
    if form.is_submitted():
        status = 400
        if form.validate():
            if "preview" in request.form:
                shown, status = _preview(form, code, language), 200
            else:
                try:
                    return redirect(url_for("texts.text", text_id=act()), 303)
                except Refused as refusal:
                    apply_refusal(form, refusal)
    names = sorted(PLACEHOLDERS.get(code, ()))
    page = render_template(
        "mail_pages/family_texts/write.html",
        form=form,
        row=row,
        language_tag=language or "en",
        shown=shown,
        original=original if original is not None and original.language != language else None,
        names=[{"name": f"%({name})s", "means": PLACEHOLDER_LABELS[name]} for name in names],
        what=code_words(code, [row] if row else []) if row else "",
        language=language_words(language),
    )
    return page, status


def _preview(form: WordingForm, code: str, language: str) -> Text | None:
    title, words = form.title.data or "", form.text.data or ""
    for field, typed in ((form.title, title), (form.text, words)):
        for name in unknown_placeholders(code, typed):
            message = _("No page fills in “%(name)s” here. Remove it.", name=f"%({name})s")
            field.errors = [*field.errors, message]
            return None
    return _example(code, title, words, language)


def _example(code: str, title: str, words: str, language: str) -> Text:
    names = placeholders(title) | placeholders(words)
    return Text(title, words, language).filled({name: str(EXAMPLES.get(name, name)) for name in names})


def _wording(form: WordingForm) -> Wording:
    assert form.starts_on.data is not None
    return Wording(form.title.data or "", form.text.data or "", form.starts_on.data)


def _begin(row: FamilyText | None) -> dict[str, str]:
    return {"title": row.title, "text": row.text} if row else {}


def _newest(rows: list[FamilyText], code: str, language: str) -> FamilyText | None:
    return next((row for row in reversed(rows) if (row.code, row.language) == (code, language)), None)


def _placeholder_rows(row: FamilyText) -> list[dict[str, Any]]:
    used = placeholders(row.title) | placeholders(row.text)
    return [
        {"name": f"%({name})s", "means": PLACEHOLDER_LABELS[name], "used": name in used}
        for name in sorted(PLACEHOLDERS.get(row.code, ()))
    ]
