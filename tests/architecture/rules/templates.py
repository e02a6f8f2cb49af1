"""Rules about templates and visible words, each a function from source to the offences in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

from tests.support.databases import ROOT

FOLDER = ROOT / "templates"
EXPRESSION = "￼"
WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE_START = re.compile(r"^[A-ZÁÉÍÓÚÑ][a-zñáéíóú]+\b|[a-z]{3,} [a-z]{2,} [a-z]{2,}")
SEEN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "aria-description", "aria-roledescription", "summary"}
BRAND = "Whole School Safety"
LONGEST = 160
"""Characters of a line, its indentation among them: what a screen and a review show without folding."""
MADE_ID = re.compile(EXPRESSION + r"[-_][\w-]+")
STATIC_LAYOUT = "layouts/static.html"
SAME_IN_BOTH = {"Español", "English", "CSV", "XLSX", "ICS", "SHA", "UTC"}
GETTEXT = {"_", "gettext", "ngettext", "_l", "lazy_gettext", "pgettext", "npgettext", "marked"}
FIELD = re.compile(r"(Field|Choices|Form)$")

environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)


def files() -> Iterator[Path]:
    """Every template, mails included."""
    return (path for path in sorted(FOLDER.rglob("*")) if path.suffix in (".html", ".txt", ".svg"))


def rendered_shape(source: str) -> str:
    """Return the template's own text in order, every expression and translated passage as one mark."""
    pieces: list[str] = []

    def walk(node: nodes.Node) -> None:
        if isinstance(node, nodes.Block) and node.name.endswith("_class"):
            pieces.append(EXPRESSION)
        elif isinstance(node, nodes.Output):
            for child in node.nodes:
                pieces.append(child.data if isinstance(child, nodes.TemplateData) else EXPRESSION)
        else:
            for child in node.iter_child_nodes():
                walk(child)

    walk(environment.parse(source))
    return "".join(pieces)


class _Words(HTMLParser):
    """Collects visible words, inline scripts, styles and handlers."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.words: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self.silent += 1
            data = names.get("type") in ("application/json", "application/ld+json")
            if tag == "style" or ("src" not in names and not data):
                self.inline.append(f"<{tag}>")
        for name, value in names.items():
            if name == "style" or name.startswith("on"):
                self.inline.append(f"<{tag} {name}>")
            if name in SEEN_ATTRIBUTES or (name == "value" and names.get("type") in ("submit", "button")):
                self.words += foreign_words(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent = max(0, self.silent - 1)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words += foreign_words(data)


def foreign_words(text: str) -> list[str]:
    rest = MADE_ID.sub("", text.replace(BRAND, ""))
    return [word for word in WORD.findall(rest) if word not in SAME_IN_BOTH]


def bare_words(path: Path, source: str) -> list[str]:
    """Every visible word goes through gettext; pages for bad moments say it in both languages instead."""
    if f'"{STATIC_LAYOUT}"' in source:
        blocks = {block.name: block for block in environment.parse(source).find_all(nodes.Block)}
        return [f"{path}: nothing in {name}" for name in ("english", "spanish") if name not in blocks]
    shape = rendered_shape(source)
    if path.suffix == ".txt":
        found = foreign_words(shape)
    else:
        reader = _Words()
        reader.feed(shape)
        reader.close()
        found = reader.words
    words = [f"{path}: outside gettext: {' '.join(found)}"] if found else []
    return words + _spoken_arguments(path, source)


def _spoken_arguments(path: Path, source: str) -> list[str]:
    offences = []
    for call in environment.parse(source).find_all(nodes.Call):
        name = getattr(call.node, "name", getattr(call.node, "attr", ""))
        if name in GETTEXT:
            continue
        for argument in [*call.args, *(keyword.value for keyword in call.kwargs)]:
            text = argument.value if isinstance(argument, nodes.Const) else None
            if isinstance(text, str) and SENTENCE_START.search(text):
                offences.append(f"{path}:{call.lineno}: {text!r} handed to {name} outside gettext")
    return offences


def inline_code(path: Path, source: str) -> list[str]:
    """The policy of our pages allows no inline script, style or handler."""
    if "mail" in path.relative_to(FOLDER).parts:
        return []
    reader = _Words()
    reader.feed(rendered_shape(source))
    reader.close()
    return [f"{path}: inline {what}" for what in reader.inline]


def long_lines(path: Path, source: str) -> list[str]:
    """A page is read, reviewed and blamed line by line: no line is longer than `LONGEST`."""
    return [
        f"{path}:{number}: {len(line)} characters"
        for number, line in enumerate(source.split("\n"), 1)
        if len(line) > LONGEST
    ]


def bare_python_words(path: Path, source: str) -> list[str]:
    """Labels, messages and refusals in Python go through gettext too."""
    offences = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        spoken: list[ast.expr] = []
        if name == "flash" or name in ("ValidationError", "StopValidation"):
            spoken = node.args[:1]
        elif name == "Refused" and not _for_operators(path):
            spoken = node.args[1:2]
        elif FIELD.search(name):
            spoken = node.args[:1]
        spoken += [keyword.value for keyword in node.keywords if keyword.arg in ("label", "description", "message")]
        for argument in spoken:
            text = _literal(argument)
            if text and SENTENCE_START.search(text):
                offences.append(f"{path}:{node.lineno}: {text!r} in {name} outside gettext")
    return offences


def _for_operators(path: Path) -> bool:
    # refused files and rule sets are read at a terminal
    return {"routing", "imports", "importing"} & set(path.parts) != set() or path.stem.startswith("import")


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return ""


UNKIND = re.compile(
    r"\b(offenders?|victims?|perpetrators?|battery|assault\w*|criminals?|crimes?|punish\w*)\b", re.IGNORECASE
)


def unkind_words(path: Path, source: str) -> list[str]:
    """Words on screen name what happened and who was harmed, never what someone is."""
    return [f"{path}: {match[0]!r}" for match in UNKIND.finditer(source)]
