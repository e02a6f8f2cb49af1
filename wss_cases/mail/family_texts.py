"""Texts for families: list them by language, read one, and write a new version."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from babel.localedata import locale_identifiers
from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import apply_refusal, choices
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.mail.common.pages import (
    EXAMPLES,
    GROUP_LABELS,
    PLACEHOLDER_LABELS,
    TEXT_LABELS,
    FamilyText,
    TextForm,
    WordingForm,
)
from wss_cases.roster.directory.models import Guardian
from wss_cases.roster.directory.pages import language_words

_PLACEHOLDER = re.compile(r"%\(([^()]*)\)s")

PLACEHOLDERS: dict[str, frozenset[str]] = {
    "circle_consent": frozenset({"school", "contact"}),
    "referral_consent": frozenset({"school", "contact", "partner", "service", "records", "purpose", "until"}),
    "agreement_head": frozenset({"school"}),
    "privacy_short": frozenset({"contact"}),
    "discipline_notice": frozenset({"school", "contact", "student", "date", "what", "reason", "supports", "planning"}),
    "survey_notice": frozenset({"school", "contact"}),
    "police_rights": frozenset({"school", "contact"}),
}
"""Placeholders that each text may use; other codes have none.

`school`: the school's name. `contact`: whom to call, as a line. `partner`: the organization's name. `service`: what it
helps with. `records`: what is shared, one line each beginning with "- ". `purpose`: why. `until`: the last day, in
words. `student`: the child's name. `date`: the day of the letter. `what`: what was decided, with its days. `reason`:
why, as written. `supports`: what the school offers meanwhile. `planning`: how the return is planned, on the day of the
letter.
"""


@dataclass(frozen=True)
class Block:
    """A part of a text: its heading ("" for the first), and its lines; list items begin with "- "."""

    heading: str
    lines: tuple[str, ...]

    @property
    def groups(self) -> list[tuple[bool, list[str]]]:
        """Its lines in groups: (whether it is a list, the lines without dashes)."""
        parts: list[tuple[bool, list[str]]] = []
        for line in self.lines:
            item = line.startswith("- ")
            words = line[2:] if item else line
            if item and parts and parts[-1][0]:
                parts[-1][1].append(words)
            else:
                parts.append((item, [words]))
        return parts


@dataclass(frozen=True)
class Text:
    """One text; `language` is the one in which it exists."""

    title: str
    text: str
    language: str

    def filled(self, values: Mapping[str, str]) -> "Text":
        return replace(self, title=fill(self.title, values), text=fill(self.text, values))

    @property
    def blocks(self) -> list[Block]:
        return blocks(self.text)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def unknown_placeholders(code: str, text: str) -> list[str]:
    """Placeholders of a text that nobody fills for its code."""
    return sorted(placeholders(text) - PLACEHOLDERS.get(code, frozenset()))


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with `%(name)s` replaced; other percent signs stay. Raises ValueError for a placeholder without a
    value."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise ValueError(f"this text has a placeholder without a value: {name!r}")
        return values[name]

    return _PLACEHOLDER.sub(value, text)


def blocks(text: str) -> list[Block]:
    """The parts of a text; a line beginning with "# " starts a new one."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("# "):
            parts.append((line[2:].strip(), []))
        elif line:
            parts[-1][1].append(line)
    return [Block(heading, tuple(lines)) for heading, lines in parts if heading or lines]


FALLBACK = "en"


def family_text(code: str, language: str | None, day: date) -> Text:
    """A text on a day in this language, otherwise in English. If `.language` differs from the one asked for, the
    caller makes an `interpreter` follow-up. "es-MX" finds "es". Raises LookupError for an unknown text."""
    texts = family_texts([code], language, day)
    if code not in texts:
        raise LookupError(f"there is no text for families named {code!r} on {day.isoformat()}")
    return texts[code]


def family_texts(codes: Collection[str], language: str | None, day: date) -> dict[str, Text]:
    """The named texts that exist, each as in `family_text`; one query."""
    wanted = _languages(language)
    statement = (
        select(FamilyText)
        .where(FamilyText.code.in_(sorted(codes)), FamilyText.language.in_(wanted), FamilyText.starts_on <= day)
        .order_by(FamilyText.starts_on)
    )
    newest = {(row.code, row.language): row for row in db.session.scalars(statement)}
    texts: dict[str, Text] = {}
    for code in codes:
        row = next((newest[code, each] for each in wanted if (code, each) in newest), None)
        if row is not None:
            texts[code] = Text(row.title, row.text, row.language)
    return texts


def _languages(language: str | None) -> list[str]:
    """Languages to try, best first: as given, without region, English."""
    wanted = language or FALLBACK
    return list(dict.fromkeys([wanted, wanted.split("-")[0].split("_")[0], FALLBACK]))


def get_text(actor: Actor, text_id: int) -> FamilyText:
    row = db.session.get(FamilyText, text_id)
    require(actor, Permission.FAMILY_TEXT_EDIT, row)
    assert row is not None
    return row


def all_texts() -> list[FamilyText]:
    by = (FamilyText.code, FamilyText.language, FamilyText.starts_on)
    return list(db.session.scalars(select(FamilyText).order_by(*by)))


def versions_of(code: str, language: str) -> list[FamilyText]:
    statement = select(FamilyText).where(FamilyText.code == code, FamilyText.language == language)
    return list(db.session.scalars(statement.order_by(FamilyText.starts_on.desc())))


def languages_of_families() -> dict[str, int]:
    """Number of guardians by recorded language, most first."""
    statement = select(Guardian.language, func.count()).where(Guardian.language.is_not(None))
    counted = db.session.execute(statement.group_by(Guardian.language)).all()
    numbers = {str(row[0]): int(row[1]) for row in counted if row[0]}
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Wording:
    title: str
    text: str
    starts_on: date


@use_case
def add_text(uow: UnitOfWork, code: str, language: str, wording: Wording) -> int:
    """Add a text in a language, or a newer version. Raises NotFound for a code that no page shows, and Refused."""
    first = uow.session.scalars(select(FamilyText.id).where(FamilyText.code == code).order_by(FamilyText.id)).first()
    # Locking the oldest version prevents two people from adding the same day.
    uow.load(FamilyText, existing(first), Permission.FAMILY_TEXT_EDIT)
    taken = _first_days(uow, code, language)
    _check(code, wording, taken, today_at(None, uow.now))
    row = FamilyText(code=code, language=language, **vars(wording))
    uow.add(row)
    uow.record(row, "family_text.added", language=language, starts_on=wording.starts_on.isoformat())
    return row.id


@use_case
def change_text(uow: UnitOfWork, text_id: int, wording: Wording) -> int:
    """Change a version that has not been shown yet. Raises NotFound, Stale, and Refused once its day has come."""
    row = uow.load(FamilyText, text_id, Permission.FAMILY_TEXT_EDIT, uow.version)
    today = today_at(None, uow.now)
    if row.starts_on <= today:
        raise Refused("", _("Families have been shown this version. Write a new one."))
    _check(row.code, wording, _first_days(uow, row.code, row.language) - {row.starts_on}, today)
    row.title, row.text, row.starts_on = wording.title, wording.text, wording.starts_on
    uow.record(row, "family_text.changed")
    return row.id


def _first_days(uow: UnitOfWork, code: str, language: str) -> set[date]:
    days = select(FamilyText.starts_on).where(FamilyText.code == code, FamilyText.language == language)
    return set(uow.session.scalars(days))


def _check(code: str, wording: Wording, taken: set[date], today: date) -> None:
    """Refuse placeholders that nobody fills, and a first day in the past or in `taken`, the days of other versions."""
    for field, text in (("title", wording.title), ("text", wording.text)):
        for name in unknown_placeholders(code, text):
            raise Refused(field, _("No page fills in “%(name)s” here. Remove it.", name=f"%({name})s"))
    if taken and wording.starts_on <= today:
        raise Refused("starts_on", _("Choose a day after today: families see the version before until then."))
    if wording.starts_on < today:
        raise Refused("starts_on", _("Choose today or a later day."))
    if wording.starts_on in taken:
        raise Refused("starts_on", _("Another version begins on that day. Choose another one."))


LISTED = 8
"""Most families' languages offered besides those with texts."""


def code_words(code: str, rows: Iterable[FamilyText]) -> str:
    """What a text is for: its label, otherwise its title or first line."""
    if code in TEXT_LABELS:
        return str(TEXT_LABELS[code])
    own = next((row for row in rows if row.code == code and row.language == "en"), None)
    own = own or next((row for row in rows if row.code == code), None)
    if own is None:
        return code
    return own.title or next(iter(Text("", own.text, own.language).text.splitlines()), code)


def language_rows(rows: Sequence[FamilyText], spoken: Mapping[str, int]) -> list[dict[str, Any]]:
    """The languages besides English, with their number of texts: those with texts, then the most spoken ones."""
    codes = len({row.code for row in rows})
    written = sorted({row.language for row in rows} - {FALLBACK})
    more = [tag for tag in spoken if tag not in (*written, FALLBACK)][:LISTED]
    return [
        {
            "tag": tag,
            "words": language_words(tag),
            "guardians": spoken.get(tag, 0),
            "done": len({row.code for row in rows if row.language == tag}),
            "all": codes,
        }
        for tag in [*written, *more]
    ]


def groups(rows: Sequence[FamilyText], language: str, today: date) -> list[dict[str, Any]]:
    """Texts by group, in English and one language: in force, upcoming, or missing."""
    by_group: dict[str, list[dict[str, Any]]] = {}
    for code in sorted({row.code for row in rows}, key=_place):
        cells = [
            _cell([row for row in rows if (row.code, row.language) == (code, tag)], today)
            for tag in (FALLBACK, language)
        ]
        by_group.setdefault(_group(code), []).append(
            {"code": code, "what": code_words(code, rows), "english": cells[0], "other": cells[1]}
        )
    return [{"title": str(GROUP_LABELS[name]), "rows": by_group[name]} for name in GROUP_LABELS if name in by_group]


def _group(code: str) -> str:
    parts = code.split(".")
    name = ".".join(parts[:2]) if len(parts) == 3 else parts[0]
    return name if name in GROUP_LABELS else "letter" if code in TEXT_LABELS else "other"


def _place(code: str) -> tuple[int, str]:
    return (list(GROUP_LABELS).index(_group(code)), code)


def _cell(versions: Sequence[FamilyText], today: date) -> dict[str, Any]:
    now = [row for row in versions if row.starts_on <= today]
    ahead = [row for row in versions if row.starts_on > today]
    return {
        "now": {"id": now[-1].id, "from": day_words_with_year(now[-1].starts_on)} if now else None,
        "ahead": {"id": ahead[0].id, "from": day_words_with_year(ahead[0].starts_on)} if ahead else None,
    }


def language_choices(rows: Sequence[FamilyText], spoken: Mapping[str, int]) -> list[tuple[str, str]]:
    """(tag, name) of all languages a text can be written in, those of texts and families first."""
    first = dict.fromkeys([*sorted({row.language for row in rows}), *spoken])
    known = {each.replace("_", "-") for each in locale_identifiers() if _is_language(each)}
    rest = sorted((tag for tag in known if tag not in first), key=lambda tag: language_words(tag).casefold())
    return [(tag, language_words(tag)) for tag in [*first, *rest]]


def _is_language(identifier: str) -> bool:
    # A language, possibly with a script (zh-Hans); country variants are not offered.
    parts = identifier.split("_")
    return len(parts) == 1 or (len(parts) == 2 and len(parts[1]) == 4)


blueprint = Blueprint("texts", __name__, url_prefix="/texts")


@blueprint.get("")
@gate(Permission.FAMILY_TEXT_EDIT)
def texts() -> Page:
    """All texts by language, and what is missing."""
    rows = all_texts()
    languages = language_rows(rows, languages_of_families())
    chosen = request.args.get("language", "")
    if chosen not in {one["tag"] for one in languages}:
        chosen = languages[0]["tag"] if languages else FALLBACK
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
    """One version as a family sees it, with example values."""
    row = get_text(current_actor(), text_id)
    versions = versions_of(row.code, row.language)
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
    """Write a text in another language, or a newer version."""
    rows = all_texts()
    code, language = request.args.get("code", ""), request.args.get("language", "")
    begun = _newest(rows, code, language) or _newest(rows, code, "en")
    same = begun is not None and begun.language == language
    form = TextForm(code=code, language=language, **_begin(begun if same else None))
    codes = sorted({row.code for row in rows})
    form.code.choices = choices([(each, code_words(each, rows)) for each in codes])
    form.language.choices = choices(language_choices(rows, languages_of_families()))

    def act() -> int:
        return add_text(submitted(form), form.code.data, form.language.data, _wording(form))

    english = _newest(rows, str(form.code.data or ""), "en")
    return _text_page(form, act, str(form.code.data or ""), str(form.language.data or ""), original=english)


@blueprint.route("/<int:text_id>/change", methods=["GET", "POST"])
@gate(Permission.FAMILY_TEXT_EDIT)
def change(text_id: int) -> Page:
    row = get_text(current_actor(), text_id)
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


ROOM = Room(pages=(blueprint,))
