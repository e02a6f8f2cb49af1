"""The rules about templates hold, and each is seen to catch an offender."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.rules import guards, templates
from tests.architecture.rules.templates import FOLDER
from tests.support.databases import ROOT

Guard = Callable[[Path, str], list[str]]
PAGE = FOLDER / "cases" / "case.html"
TEXT = FOLDER / "mail" / "digest" / "body.txt"

GUARDS = [templates.bare_words, templates.inline_code, templates.long_lines, templates.unkind_words]
PLANTED: dict[str, tuple[Guard, Path, str]] = {
    "text": (templates.bare_words, PAGE, "<p>Save</p>"),
    "text beside an expression": (templates.bare_words, PAGE, "<p>{{ _('Name') }} of {{ name }}</p>"),
    "text in a branch": (templates.bare_words, PAGE, "{% if a %}<b>Open</b>{% else %}{{ _('Shut') }}{% endif %}"),
    "label": (templates.bare_words, PAGE, '<a aria-label="Close" href="{{ x }}"></a>'),
    "button": (templates.bare_words, PAGE, '<input type="submit" value="Send">'),
    "argument": (templates.bare_words, PAGE, "{{ header('My day') }}"),
    "macro body": (templates.bare_words, PAGE, "{% macro m() %}<i>Late</i>{% endmacro %}"),
    "text mail": (templates.bare_words, TEXT, "Good morning {{ name }}"),
    "script": (templates.inline_code, PAGE, "<script>go()</script>"),
    "style": (templates.inline_code, PAGE, "<style>p{}</style>"),
    "style attribute": (templates.inline_code, PAGE, '<p style="{{ x }}"></p>'),
    "handler": (templates.inline_code, PAGE, '<p onclick="go()"></p>'),
    "long line": (templates.long_lines, PAGE, f"<ul>\n  <li>{'x' * 150}</li>\n</ul>"),
    "long line of a text mail": (templates.long_lines, TEXT, f"{{{{ _('{'x' * 160}') }}}}"),
    "unkind": (templates.unkind_words, PAGE, "{{ _('The offender') }}"),
    "form label": (templates.bare_python_words, Path("forms.py"), "name = StringField('Name')"),
    "flash": (templates.bare_python_words, Path("views.py"), "flash('Saved it')"),
    "refusal": (templates.bare_python_words, Path("actions.py"), "raise Refused('name', f'Give a name for {x}')"),
    "message": (templates.bare_python_words, Path("forms.py"), "Length(max=3, message='Too long')"),
}
SOUND = (
    '{% from "x.html" import row %}{# a comment #}<h1>{{ _("My day") }}</h1>\n'
    "<p>{% trans count=n %}One{% pluralize %}{{ count }} things{% endtrans %} · {{ n }} → 3</p>\n"
    '<input type="hidden" value="Draft"><a class="btn btn-primary" href="{{ url_for("cases.list") }}">Español</a>\n'
    '<script type="application/json">{"a": 1}</script><script src="{{ x }}"></script>{{ row("narrow") }}'
)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_offender_is_caught(planted: str) -> None:
    guard, path, source = PLANTED[planted]
    assert guard(path, source)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_sound_template_passes(guard: Guard) -> None:
    assert guard(PAGE, SOUND) == []


@pytest.mark.parametrize("guard", GUARDS)
def test_the_templates_keep_the_rule(guard: Guard) -> None:
    offences = [offence for path in templates.files() for offence in guard(path, path.read_text(encoding="utf-8"))]
    assert not offences, "\n".join(offence.replace(f"{ROOT}/", "") for offence in offences)


def test_the_code_speaks_through_gettext() -> None:
    offences = [
        offence
        for path in guards.sources()
        if guards.room_of(path) != "cli"
        for offence in templates.bare_python_words(path, path.read_text(encoding="utf-8"))
    ]
    assert not offences, "\n".join(offence.replace(f"{ROOT}/", "") for offence in offences)
