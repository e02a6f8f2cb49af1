"""Reading pages as a browser would: elements, forms with what they hold, and the checks every page must pass."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """One element: its tag, attributes, children and own text."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list, repr=False)
    pieces: list[str | Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, spaces joined."""
        return " ".join(self._raw().split())

    def _raw(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece._raw() for piece in self.pieces)

    @property
    def content(self) -> str:
        """All text inside exactly as written (a textarea's value)."""
        return self._raw()

    def find_all(self, *tags: str) -> list[Element]:
        """Return every element inside with one of these tags (any tag when none is given), in page order."""
        found, ahead = [], self.children[::-1]
        while ahead:
            element = ahead.pop()
            if not tags or element.tag in tags:
                found.append(element)
            ahead += reversed(element.children)
        return found

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")


class Form:
    """A form of a page with the values that a browser would send."""

    def __init__(self, element: Element, action: str = "") -> None:
        self.element = element
        self.action = element.get("action") or action
        self.method = (element.get("method") or "get").lower()
        self.names = {e.get("name") for e in element.find_all("input", "select", "textarea", "button")} - {""}

    def values(self) -> dict[str, list[str]]:
        """Return what would be sent untouched; buttons are left out."""
        values: dict[str, list[str]] = {}
        for control in self.element.find_all("input", "select", "textarea"):
            name = control.get("name")
            if name and "disabled" not in control.attributes:
                for value in _current(control):
                    values.setdefault(name, []).append(value)
        return values


def _current(control: Element) -> list[str]:
    if control.tag == "textarea":
        # a browser reads CRLF as one newline and drops the first
        return [control.content.replace("\r\n", "\n").removeprefix("\n")]
    if control.tag == "select":
        options = control.find_all("option")
        chosen = [option for option in options if "selected" in option.attributes]
        if not chosen and "multiple" not in control.attributes:
            chosen = options[:1]
        return [option.attributes.get("value", option.text) for option in chosen]
    kind = control.get("type").lower()
    if kind in ("submit", "button", "image", "reset", "file"):
        return []
    if kind in ("checkbox", "radio"):
        return [control.attributes.get("value", "on")] if "checked" in control.attributes else []
    return [control.get("value")]


PIECE = re.compile(
    r"<!--.*?-->|<[!?][^>]*>|<(/?)([a-zA-Z][^\s/>]*)([^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*)>", re.DOTALL
)
"""A comment, a declaration, or a tag: closing or not, its name, its attributes."""
ATTRIBUTE = re.compile(r"([^\s/=\"'][^\s/=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")
AS_WRITTEN = {tag: re.compile(f"</{tag}(?=[\\s/>])", re.IGNORECASE) for tag in ("script", "style")}
"""Elements whose text is no HTML, by where it ends."""


class _Reader:
    def __init__(self, html: str) -> None:
        self.root = Element("document", {})
        self.open = [self.root]
        at = 0
        while found := PIECE.search(html, at):
            self._text(html[at : found.start()])
            closing, tag, attributes = found.groups()
            at = found.end()
            if closing:
                self._end(tag.lower())
            elif tag:
                self._start(tag.lower(), attributes)
                if tag in AS_WRITTEN:
                    ended = AS_WRITTEN[tag].search(html, at)
                    self._add(html[at : ended.start()] if ended else html[at:])
                    at = ended.start() if ended else len(html)
        self._text(html[at:])

    def _start(self, tag: str, attributes: str) -> None:
        held = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in ATTRIBUTE.findall(attributes)
        }
        element = Element(tag, held)
        self._add(element)
        self.open[-1].children.append(element)
        if tag not in VOID and not attributes.endswith("/"):
            self.open.append(element)

    def _end(self, tag: str) -> None:
        if any(element.tag == tag for element in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def _text(self, text: str) -> None:
        assert "<" not in text, f"neither a tag nor text: {text!r}"
        self._add(unescape(text))

    def _add(self, piece: str | Element) -> None:
        if piece:
            self.open[-1].pieces.append(piece)


@lru_cache(maxsize=4)
def parse(html: str) -> Element:
    """Return the document's root element, for reading alone: who asks twice for one page gets the same. What a template
    could not mean, a `<` that begins no tag, is an AssertionError."""
    return _Reader(html).root


def forms(root: Element) -> list[Form]:
    """Return every form of a page; one that has no address of its own once for each that buttons elsewhere send it
    to."""
    sent: dict[str, dict[str, None]] = {}
    for button in root.find_all("button"):
        if button.get("form") and button.get("formaction"):
            sent.setdefault(button.get("form"), {})[button.get("formaction")] = None
    found = []
    for element in root.find_all("form"):
        addresses = {} if element.get("action") else sent.get(element.get("id"), {})
        found += [Form(element, address) for address in addresses or ("",)]
    return found


def page_problems(html: str) -> list[str]:
    """Return what is wrong with a whole page, in words; empty when it is sound."""
    root = parse(html)
    elements = root.find_all()
    return [
        *_document_problems(root, elements),
        *_reference_problems(elements),
        *_form_problems(root),
        *_inline_problems(elements),
    ]


SAID = re.compile(r">[^<>\"]+<")
"""Words between tags; no end of a tag that has a `>` in an attribute is taken for words."""
TITLE = re.compile(r"<title>\s*[^<\s][^<]*</title>")
EMPTY_COUNT = '<span class="count">()</span>'
OF_THE_MOMENT = re.compile(r'data-session-(?:now|ends)="[^"]*"')
_sound: set[int] = set()


def page_faults(html: str) -> list[str]:
    """Return what `page_problems` does; a page is not read again whose tags and attributes are, but for tokens, all
    those of one that was sound: of its words nothing else is asked than that each count has its number."""
    if EMPTY_COUNT in html:
        return ["a count has no number"]
    tags = hash(SAID.sub("><", TITLE.sub("<title/>", OF_THE_MOMENT.sub("", without_tokens(html)))))
    if tags in _sound:
        return []
    problems = page_problems(html)
    if not problems:
        _sound.add(tags)
    return problems


def _document_problems(root: Element, elements: list[Element]) -> list[str]:
    problems = []
    if not any(e.tag == "html" and e.get("lang") in ("en", "es") for e in elements):
        problems.append("html has no lang of en or es")
    heads = root.find_all("head")
    titles = [title.text for head in heads for title in head.find_all("title")]
    if len(titles) != 1 or not titles[0]:
        problems.append(f"one title wanted, found {titles}")
    if len(root.find_all("main")) != 1:
        problems.append("one main wanted")
    if len(root.find_all("h1")) != 1:
        problems.append(f"one h1 wanted, found {[h.text for h in root.find_all('h1')]}")
    counted = Counter(e.get("id") for e in elements if "id" in e.attributes)
    problems += [f"id {name!r} stands {times} times" for name, times in counted.items() if times > 1 or not name]
    return problems


def _reference_problems(elements: list[Element]) -> list[str]:
    known = {e.get("id") for e in elements}
    problems = []
    for element in elements:
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for name in element.get(attribute).split():
                if name not in known:
                    problems.append(f"{element.tag} {attribute} names {name!r}, which is not on the page")
        if element.tag == "img" and "alt" not in element.attributes:
            problems.append(f"img {element.get('src')!r} has no alt")
    return problems


def _form_problems(root: Element) -> list[str]:
    problems = []
    for form in forms(root):
        if form.method == "post" and "csrf_token" not in form.names:
            problems.append(f"form {form.action!r} posts without csrf_token")
        if form.method not in ("get", "post", "dialog"):
            problems.append(f"form {form.action!r} has method {form.method!r}")
    return problems


def _inline_problems(elements: list[Element]) -> list[str]:
    problems = []
    for element in elements:
        if element.tag == "style" or "style" in element.attributes:
            problems.append(f"inline style on {element.tag}")
        data = element.get("type") in ("application/json", "application/ld+json")
        if element.tag == "script" and "src" not in element.attributes and not data:
            problems.append("inline script")
        problems += [f"{element.tag} has {name}" for name in element.attributes if name.startswith("on")]
        if element.get("href").strip().lower().startswith("javascript:"):
            problems.append("javascript: link")
    return problems


def without_tokens(text: str) -> str:
    return re.sub(r'(content|value)="[\w.-]{30,}"', "", text)
