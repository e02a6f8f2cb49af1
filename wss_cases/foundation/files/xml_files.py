"""The only place that writes and reads XML. Reading refuses document types and entities and opens nothing else."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

from wss_cases.foundation.operations import deferred

etree = deferred("lxml.etree")


class BadXml(Exception):
    """The input is not XML, or not safe; `line` is where (0: the whole)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_elements(stream: IO[bytes]) -> Iterator[Any]:
    """Yield the root's start, then each of its children; a child is emptied when the next is read.

    Raises BadXml. Document types are refused, so no entity is expanded and nothing outside is opened.
    """
    try:
        yield from _children(stream)
    except etree.XMLSyntaxError as error:
        raise BadXml(error.lineno or 0, error.msg or "not XML") from error


def _children(stream: IO[bytes]) -> Iterator[Any]:
    # no entity, network or document type is used, and the parser's own limits stay on
    events = etree.iterparse(
        stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    depth = 0
    for event, element in events:
        depth += 1 if event == "start" else -1
        if event == "start" and depth == 1:
            if element.getroottree().docinfo.doctype:
                raise BadXml(1, "it has a document type, which is not read")
            yield element
        elif event == "end" and depth == 1:
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def new(namespace: str, name: str) -> Any:
    """A new element of a namespace."""
    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})


def add(element: Any, name: str, text: str | None = None) -> Any:
    child = etree.SubElement(element, f"{{{etree.QName(element).namespace}}}{name}")
    child.text = text
    return child


def name_of(element: Any) -> str:
    """An element's name without its namespace."""
    found: str = etree.QName(element).localname
    return found


def namespace_of(element: Any) -> str:
    """An element's namespace, '' without one."""
    return etree.QName(element).namespace or ""


def line_of(element: Any) -> int:
    """The line on which an element begins."""
    return int(element.sourceline or 0)


def write_document(stream: IO[bytes], namespace: str, root: str, elements: Iterable[Any]) -> None:
    """Write a document element by element, so that memory holds only one of them."""
    with etree.xmlfile(stream, encoding="UTF-8") as document:
        document.write_declaration()
        with document.element(f"{{{namespace}}}{root}", nsmap={None: namespace}):
            document.write("\n")
            for element in elements:
                document.write(element, pretty_print=True)
