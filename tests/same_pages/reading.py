"""A page as a person meets it: its text line by line, and the attributes that are seen, heard, followed or sent."""

from __future__ import annotations

from typing import Any

from lxml import html

from tests.same_pages.masking import MASK, ONE_TIME_FIELDS, masked

INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "dfn", "del", "em", "i", "ins", "kbd", "mark", "q", "s",
        "samp", "small", "span", "strong", "sub", "sup", "svg", "time", "u", "use", "var", "wbr", "img", "input",
    }
)  # fmt: skip
"""Elements that stand in a line of text; every other begins a line of its own."""
NAMED = frozenset(
    {
        "h1", "h2", "h3", "h4", "h5", "h6", "li", "th", "td", "dt", "dd", "caption", "legend", "label", "option",
        "button", "summary", "title", "main", "nav", "header", "footer", "form", "fieldset", "table", "textarea",
    }
)  # fmt: skip
"""Blocks whose kind a person sees or hears; any other may become another one."""
SKIPPED = frozenset({"script", "style", "meta", "link"})
SHOWN = (
    "lang", "title", "placeholder", "value", "alt", "href", "src", "action", "method", "name", "type", "role",
    "datetime", "min", "max", "step", "minlength", "maxlength", "pattern", "autocomplete", "inputmode", "colspan",
    "rowspan", "scope", "checked", "selected", "disabled", "readonly", "required", "multiple", "hidden", "open",
    "download", "content",
)  # fmt: skip
REFERENCES = ("aria-describedby", "aria-labelledby")
"""Attributes that name other elements: what those say counts, not how they are called."""
_UNSAID = frozenset({*REFERENCES, "aria-controls", "aria-owns", "aria-activedescendant"})


def page_lines(text: str) -> list[str]:
    """Return the lines of an HTML page."""
    reader = _Reader(html.document_fromstring(text))
    reader.element(reader.root)
    reader.end_line()
    return reader.lines


def _joined(text: str) -> str:
    return masked(" ".join(text.split()))


class _Reader:
    """Goes through a document once; text of inline elements joins the line of the block around them."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.named = {found.get("id"): found for found in root.iter(html.etree.Element) if found.get("id")}
        self.lines: list[str] = []
        self._pieces: list[str] = []
        self._details: list[str] = []
        self._label = ""

    def element(self, element: Any) -> None:
        """Read one element with all it holds, and not what follows it."""
        tag = element.tag
        if not isinstance(tag, str) or tag in SKIPPED:
            self._script(element)
            return
        if tag in INLINE:
            self._add_details(element)
            self._inside(element)
            return
        self.end_line()
        self._add_details(element)
        self._label = tag if tag in NAMED else ""
        self._inside(element)
        self.end_line()

    def _inside(self, element: Any) -> None:
        self._pieces.append(element.text or "")
        for child in element:
            self.element(child)
            self._pieces.append(child.tail or "")

    def _script(self, element: Any) -> None:
        """Data for a script is read; code, styles and comments are not."""
        if element.tag == "script" and "json" in (element.get("type") or ""):
            self._details.append(f"    data {_joined(element.text or '')}")
        if element.tag == "meta" and element.get("http-equiv"):
            self._details.append(f"    meta {element.get('http-equiv')} {masked(element.get('content') or '')}")

    def _add_details(self, element: Any) -> None:
        said = [word for name in (*SHOWN, *self._spoken(element)) if (word := self._attribute(element, name))]
        if said:
            text = _joined(element.text_content()) if element.tag in ("a", "button", "option") else ""
            self._details.append(f"    {element.tag} {' '.join(said)}" + (f" | {text}" if text else ""))

    @staticmethod
    def _spoken(element: Any) -> list[str]:
        return [name for name in sorted(element.keys()) if name.startswith("aria-") and name not in _UNSAID] + [
            name for name in REFERENCES if element.get(name) is not None
        ]

    def _attribute(self, element: Any, name: str) -> str:
        value = element.get(name)
        if value is None:
            return ""
        if name == "value" and element.get("name") in ONE_TIME_FIELDS:
            value = MASK
        if name in REFERENCES:
            value = " / ".join(self._text_of(found) for found in value.split())
        return f"{name}={_joined(value)}"

    def _text_of(self, name: str) -> str:
        found = self.named.get(name)
        return "(nothing)" if found is None else _joined(found.text_content())

    def end_line(self) -> None:
        """Write what has come together, with the details of its elements below it."""
        text = _joined("".join(self._pieces))
        if text:
            self.lines.append(f"{self._label}: {text}" if self._label else text)
        self.lines += self._details
        self._pieces, self._details, self._label = [], [], ""
