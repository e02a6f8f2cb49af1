"""The macros that every page is made of, rendered in the real application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from tests.support.applications import Applications
from tests.support.pages.reading import Element, parse
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import ngettext

IMPORTS = """
{%- from 'components/fields.html' import checkbox, text, textarea, tiles, radios -%}
{%- from 'components/typeahead.html' import typeahead -%}
{%- from 'components/errors.html' import error_summary -%}
{%- from 'components/buttons.html' import blocked -%}
{%- from 'components/charts.html' import bar_chart, line_chart -%}
{%- from 'components/gates.html' import gates -%}
{%- from 'components/summary.html' import summary_list -%}
"""


class Report(Form):
    """A form with one field of each important kind."""

    name = StringField(
        "Preferred name", [InputRequired("Enter the preferred name")], description="As the student writes it"
    )
    seen = TextAreaField("What did you see?", [Length(max=20)])
    kind = RadioField(
        "What happened?",
        [InputRequired("Choose what happened")],
        choices=choices([("fight", "Fight"), ("threat", "Threat")]),
    )
    who = SelectMultipleField("Who?", choices=[], validate_choice=False)
    agreed = BooleanField("It was agreed", description="By everyone who was there")


@pytest.fixture
def app(applications: Applications) -> Flask:
    """Macros read no database: one kind is enough."""
    return applications.get("sqlite")


@pytest.fixture
def show(app: Flask) -> Iterator[Any]:
    """`show(markup, **context)`: the rendered markup as elements."""

    def render(markup: str, **context: Any) -> Element:
        return parse(render_template_string(IMPORTS + markup, **context))

    with app.test_request_context("/"):
        yield render


def sent(**answers: str) -> Report:
    form = Report(MultiDict(answers))
    form.validate()
    return form


def by_id(root: Element, name: str) -> Element:
    (found,) = [element for element in root.find_all() if element.get("id") == name]
    return found


def test_an_error_stands_beside_the_field_in_the_words_of_the_summary(show: Any) -> None:
    page = show(
        "{{ error_summary(form) }}{{ text(form.name) }}{{ textarea(form.seen) }}{{ tiles(form.kind) }}",
        form=sent(seen="x" * 30),
    )
    control = by_id(page, "name")
    assert control.get("aria-invalid") == "true"
    described = [by_id(page, name).text for name in control.get("aria-describedby").split()]
    assert described == ["As the student writes it", "Enter the preferred name"]
    links = [link for link in page.find_all("a") if link.get("href").startswith("#")]
    assert next((link.get("href"), link.text) for link in links) == ("#name", "Enter the preferred name")
    assert {link.get("href") for link in links} == {"#name", "#seen", "#kind"}
    for link in links:
        target = by_id(page, link.get("href")[1:])
        assert link.text in [by_id(page, name).text for name in target.get("aria-describedby").split()]


def test_a_sound_form_shows_no_summary_and_keeps_every_answer(show: Any) -> None:
    page = show(
        "{{ error_summary(form) }}{{ text(form.name) }}{{ textarea(form.seen) }}{{ tiles(form.kind) }}",
        form=sent(name="Łukasz O'Brien-Nuñez", seen="</textarea> x", kind="threat"),
    )
    assert "There is a problem" not in page.text
    assert by_id(page, "name").get("value") == "Łukasz O'Brien-Nuñez"
    assert by_id(page, "seen").content.strip() == "</textarea> x"
    assert [box.get("value") for box in page.find_all("input") if "checked" in box.attributes] == ["threat"]


def test_only_fields_that_may_stay_empty_are_marked_and_nothing_is_cut_by_the_browser(show: Any) -> None:
    page = show("{{ text(form.name) }}{{ textarea(form.seen) }}{{ radios(form.kind) }}", form=Report())
    labels = {label.text for label in page.find_all("label", "legend")}
    assert {"Preferred name", "What did you see? (optional)", "What happened?"} <= labels
    limited = [e.tag for e in page.find_all() if {"maxlength", "required", "placeholder"} & set(e.attributes)]
    assert limited == []


def test_a_box_says_its_description_once_where_it_points_to(show: Any) -> None:
    page = show("{{ checkbox(form.agreed) }}", form=Report())
    assert page.text.count("By everyone who was there") == 1
    (box,) = page.find_all("input")
    assert by_id(page, box.get("aria-describedby")).text == "By everyone who was there"


def test_chips_are_boxes_that_work_without_a_script(show: Any) -> None:
    chosen = [{"value": "7", "label": "Maya R.", "meta": "9 · 4417"}]
    page = show(
        "{{ typeahead(form.who, '/students', chosen=chosen, matches=matches) }}",
        form=Report(),
        chosen=chosen,
        matches=[{"value": "9", "label": "<b>"}],
    )
    boxes = {
        box.get("value"): "checked" in box.attributes for box in page.find_all("input") if box.get("name") == "who"
    }
    assert boxes == {"7": True, "9": False}
    (find,) = page.find_all("button")
    assert (find.get("type"), find.get("name"), find.get("value")) == ("submit", "find", "who")
    assert page.find_all("b") == []


def test_a_blocked_act_says_why(show: Any) -> None:
    page = show("{{ blocked('Schedule', 'available when everything is done', 'why') }}")
    (button,) = page.find_all("button")
    assert button.get("aria-disabled") == "true"
    assert by_id(page, button.get("aria-describedby")).text == "available when everything is done"


def test_gates_say_their_state_in_words(show: Any) -> None:
    items = [{"done": True, "text": "Consent is in"}, {"done": False, "text": "No call yet", "meta": "tried twice"}]
    page = show("{{ gates(items) }}", items=items)
    assert [[part.text for part in row.find_all("span", "p")] for row in page.find_all("li")] == [
        ["Done:", "Consent is in"],
        ["Missing:", "No call yet", "tried twice"],
    ]


def test_a_missing_answer_reads_not_provided(show: Any) -> None:
    page = show(
        "{{ summary_list(rows) }}",
        rows=[{"label": "Where", "value": "", "change_href": "/x"}, {"label": "Score", "value": 0}],
    )
    assert [cell.text for cell in page.find_all("dd")] == ["Not provided", "Change Where", "0"]


def test_a_year_without_a_figure_is_a_gap(show: Any) -> None:
    points = [{"label": str(2019 + at), "value": value} for at, value in enumerate([4.0, 3.0, None, 2.0, 1.0])]
    page = show("{{ line_chart('It fell', points) }}", points=points)
    lines = [line for line in page.find_all("line") if line.get("class") == "chart-line"]
    assert len(lines) == 2
    cells = [" ".join(cell.text for cell in row.children[:2]) for row in page.find_all("tr")[1:]]
    assert cells == ["2019 4", "2020 3", "2021 –", "2022 2", "2023 1"]


def test_whole_numbers_have_no_halves_on_their_axis(show: Any) -> None:
    def axis(values: list[float]) -> list[str]:
        points = [{"label": str(at), "value": value} for at, value in enumerate(values)]
        page = show("{{ line_chart('Few', points) }}", points=points)
        return [text.text for text in page.find_all("text") if text.get("x") == "0"]

    assert axis([0, 1, None]) == ["0", "1", "2", "3"]
    assert axis([0.5, 1.0]) == ["0", "0.4", "0.8", "1.2"]


def test_the_label_of_a_last_point_is_clear_of_a_line_that_falls_to_it(show: Any) -> None:
    def below(values: list[int]) -> float:
        points = [{"label": str(at), "value": value} for at, value in enumerate(values)]
        page = show("{{ line_chart('It falls', points) }}", points=points)
        *_before, line = [line for line in page.find_all("line") if line.get("class") == "chart-line"]
        *_others, label = [text for text in page.find_all("text") if text.get("class") == "chart-value"]
        return float(label.get("y")) - float(line.get("y2"))

    assert below([30, 12]) > 12 and below([30, 29]) > 12
    assert below([12, 30]) < 0 and below([30, 0]) < 0, "over a rise, and over the words of the axis"


def test_one_outlier_is_labelled_and_does_not_flatten_the_rest(show: Any) -> None:
    points = [{"label": str(at), "value": value} for at, value in enumerate([10, 12, 900, 11])]
    page = show("{{ line_chart('One stands out', points) }}", points=points)
    heights = [float(line.get("y2")) for line in page.find_all("line") if line.get("class") == "chart-line"]
    assert max(heights) < 100, "ordinary points stay in the upper part of an axis that ends near 12"
    assert any("900" in text.text for text in page.find_all("text"))


def test_a_number_in_a_message_has_its_thousands_apart(app: Flask) -> None:
    with app.test_request_context("/"):
        assert ngettext("%(num)s student", "%(num)s students", 1646) == "1,646 students"
        assert ngettext("%(num)d student", "%(num)d students", 1) == "1 student"
        assert render_template_string("{{ ngettext('%(num)s row', '%(num)s rows', 20000) }}") == "20,000 rows"


def test_a_template_fills_in_what_a_counted_message_names_beside_the_number(app: Flask) -> None:
    counted = (
        "ngettext('%(num)s of %(all)s row, %(part)d%%', '%(num)s of %(all)s rows, %(part)d%%', rows, all=2000, part=60)"
    )
    with app.test_request_context("/"):
        said = [render_template_string("{{ " + counted + " }}", rows=rows) for rows in (1200, 1)]
    assert said == ["1,200 of 2000 rows, 60%", "1 of 2000 row, 60%"]


def test_bars_begin_at_nothing_and_share_one_scale(show: Any) -> None:
    page = show(
        "{{ bar_chart('Steps', rows) }}",
        rows=[{"label": "a", "value": 200}, {"label": "b", "value": 50}, {"label": "c", "value": 0}],
    )
    widths = [float(bar.get("width").rstrip("%")) for bar in page.find_all("rect")]
    assert widths == [100.0, 25.0, 0.0]


def test_a_bar_beyond_the_longest_drawn_is_cut_and_keeps_its_figure(show: Any) -> None:
    rows = [
        {"label": "a", "value": 250},
        {"label": "b", "value": 12.345, "note": "of 10"},
        {"label": "c", "value": None},
    ]
    page = show("{{ bar_chart('Steps', rows, cap=100) }}", rows=[*rows, {"label": "d", "value": 4, "figure": "4%"}])
    bars = [bar for bar in page.find_all("li") if bar.get("class") == "bar"]
    assert [float(bar.find_all("rect")[0].get("width").rstrip("%")) for bar in bars] == [100.0, 12.3, 0.0, 4.0]
    assert [len(bar.find_all("line")) for bar in bars] == [1, 0, 0, 0]
    lines = [[cell.text for cell in row.find_all("td")] for row in page.find_all("tr")[1:]]
    assert lines == [["250", ""], ["12.35", "of 10"], ["–", ""], ["4%", ""]]


@pytest.mark.parametrize("name", ["500", "503", "maintenance"])
def test_pages_for_bad_moments_need_no_context_and_speak_both_languages(app: Flask, name: str) -> None:
    with app.test_request_context("/"):
        html = app.jinja_env.get_template(f"errors/{name}.html").render()
    page = parse(html)
    assert len(page.find_all("h1")) == 1
    assert [e.tag for e in page.find_all() if e.get("lang") == "es"] == ["div"]
    assert re.search(r"911.*911", page.text)
