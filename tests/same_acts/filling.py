"""Fills a form as a person would who answers every question, and answers otherwise what is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.same_acts.requests import Fields
from tests.same_acts.sending import FROM_PAGE, REQUEST_KEY
from tests.same_pages.masking import ONE_TIME_FIELDS

SENTENCE = "The record says why, in words enough for whoever reads it."
DAYS = ("2026-12-02", "2026-12-03", "2026-12-01", "2026-12-09", "2026-11-24", "2027-01-15", "2027-06-30", "2026-09-08",
        "2027-08-01", "2026-08-01", "2025-10-01", "2028-06-30")  # fmt: skip
MOMENTS = ("2026-12-02T09:00", "2026-12-01T09:00", "2026-12-03T10:00", "2026-12-09T10:00", "2026-11-24T09:00")
TEXTS = (SENTENCE, "A. Example", "act-of-proof", "12", "act.of.proof@schools.example", "312-555-0142",
         "https://example.org/", "act_of_proof", "09:00", "2026-27", "A")  # fmt: skip
BY_KIND = {
    "date": DAYS,
    "datetime-local": MOMENTS,
    "time": ("10:00", "14:00", "08:00", "11:00"),
    "month": ("2026-12", "2026-11"),
    "number": ("1", "2", "0", "5", "10", "30", "60", "2026"),
    "email": ("act.of.proof@schools.example", "act.of.proof@demo.example"),
    "tel": ("312-555-0142",),
    "url": ("https://example.org/",),
    "password": ("doreme jarulu rahevo", "rahevo jarulu doreme"),
    "color": ("#1a4d8f",),
}
BY_NAME = {
    "email": TEXTS[4],
    "phone": TEXTS[5],
    "name": "A. Example",
    "number": "12",
    "url": TEXTS[6],
    "code": TEXTS[7],
}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
LETTERS = ("an", "ar", "el", "ma", "en", "in", "ra")


@dataclass
class Control:
    """The controls of one name: their kind, what can be chosen or typed, and what the page holds."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    optional: bool = False
    ids: set[str] = field(default_factory=set)

    def answer(self, attempt: int) -> list[str]:
        """Return the values of the attempt: first what the page holds, if it does, then one by one what could be."""
        offered = [[value] for value in self.values]
        if self.kind == "checkbox":
            offered = [*offered[:1], self.values[:2], self.values[:3], *offered[1:5], self.values, []]
        kept = [self.current] if any(self.current) and self.kind != "checkbox" else []
        ordered = [*kept, *(value for value in offered if value != self.current)] or [self.current]
        return ordered[attempt % len(ordered)]


@dataclass
class Page:
    """One posting form: where it sends what, and by which of its buttons."""

    action: str
    controls: dict[str, Control]
    hidden: Fields
    buttons: list[list[str]]
    files: dict[str, list[str]] = field(default_factory=dict)

    def fields(self, attempts: dict[str, int], full: bool, button: list[str] | None) -> Fields:
        """Return the fields of an attempt; where `full` is False, questions that are optional stay as they are."""
        sent = [*self.hidden]
        for control in self.controls.values():
            left = control.optional and not full and control.name not in attempts
            for value in control.current if left else control.answer(attempts.get(control.name, 0)):
                sent.append([control.name, value])
        return [*sent, button] if button else sent

    def control_of(self, element_id: str) -> Control | None:
        return next((control for control in self.controls.values() if element_id in control.ids), None)


def read_form(form: Any, action: str, search: Callable[[str, str], list[str]]) -> Page:
    """Read a form of a page; `search` returns what an address of suggestions offers for some letters."""
    page = Page(action, {}, [], [])
    for element in _elements(form):
        name, kind = element.get("name"), (element.get("type") or "text").lower()
        if element.tag == "button" or kind in ("submit", "image", "button", "reset"):
            if name and name != "find" and not name.endswith("_quick") and element.tag == "button":
                page.buttons.append([name, element.get("value") or ""])
        elif not name or element.get("disabled") is not None or name == "csrf_token":
            continue
        elif kind == "file":
            page.files[name] = file_for(element.get("accept") or "")
        elif kind == "hidden" and element.tag == "input":
            page.hidden.append([name, _hidden(name, element.get("value") or "")])
        elif _suggesting(element) is None:
            _add(page, element, name, kind)
    for box in form.iter("div"):
        if box.get("data-typeahead") is not None and box.get("data-url"):
            _add_search(page, box, search)
    return page


def _elements(form: Any) -> Iterator[Any]:
    yield from form.iter("input", "select", "textarea", "button")
    if form.get("id"):
        for element in form.getroottree().getroot().iter("input", "select", "textarea", "button"):
            if element.get("form") == form.get("id"):
                yield element


def _hidden(name: str, value: str) -> str:
    if name == "request_key":
        return REQUEST_KEY
    return FROM_PAGE if name in ONE_TIME_FIELDS else value


def _suggesting(element: Any) -> Any:
    """Return the search that a control belongs to; None for any other."""
    return next((box for box in element.iterancestors("div") if box.get("data-typeahead") is not None), None)


def _add(page: Page, element: Any, name: str, kind: str) -> None:
    kind = element.tag if element.tag in ("select", "textarea") else kind
    control = page.controls.setdefault(name, Control(name, kind, optional=_optional(element)))
    control.ids |= {element.get("id") or name, name}
    control.ids |= {box.get("id") for box in element.iterancestors("fieldset", "div") if box.get("id")}
    if kind == "select":
        options = [option.get("value", option.text or "") for option in element.iter("option")]
        control.current = [
            option.get("value") or "" for option in element.iter("option") if option.get("selected") is not None
        ]
        control.current = control.current or ([] if element.get("multiple") is not None else options[:1])
        control.values = [value for value in options if value]
    elif kind in ("radio", "checkbox"):
        value = element.get("value") or "on"
        control.values.append(value)
        control.current += [value] if element.get("checked") is not None else []
        if value == "":
            control.values.remove(value)
    else:
        held = (element.text or "").removeprefix("\n") if kind == "textarea" else element.get("value") or ""
        control.current = [held]
        control.values = _typed(element, name, kind)


def _typed(element: Any, name: str, kind: str) -> list[str]:
    if kind == "number" and element.get("min"):
        return [element.get("min"), str(int(float(element.get("min"))) + 1), *BY_KIND["number"]]
    first = [value for part, value in BY_NAME.items() if part in name and kind == "text"]
    return [*first, *BY_KIND.get(kind, TEXTS)]


def _optional(element: Any) -> bool:
    """Return whether the question's label says that it need not be answered."""
    box = next(
        (box for box in element.iterancestors("fieldset", "div") if "field" in (box.get("class") or "").split()), None
    )
    return box is not None and bool(box.find_class("optional"))


def _add_search(page: Page, box: Any, search: Callable[[str, str], list[str]]) -> None:
    name, chosen = box.get("data-name"), [e.get("value") for e in box.iter("input") if e.get("checked") is not None]
    control = page.controls.setdefault(name, Control(name, "search", optional=_optional(next(box.iter("input")))))
    control.ids |= {name, *(element.get("id") for element in box.iter() if element.get("id"))}
    control.current = chosen
    for letters in LETTERS:
        control.values += [value for value in search(box.get("data-url"), letters) if value not in control.values]
        if len(control.values) > 4:
            break


def file_for(accept: str) -> list[str]:
    """Return name, type and content of a file that a file field takes."""
    if "csv" in accept:
        return ["rows.csv", "text/csv", base64.b64encode(b"name\nA. Example\n").decode()]
    if "image" in accept or "png" in accept:
        return ["picture.png", "image/png", base64.b64encode(PNG).decode()]
    return ["paper.pdf", "application/pdf", base64.b64encode(PDF).decode()]
