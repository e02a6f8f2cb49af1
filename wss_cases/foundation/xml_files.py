"""XML files, the one place that writes and reads them. What is read reaches nowhere: no document type, no entities."""

from collections.abc import Iterable
from typing import IO, Any

from lxml import etree


def new(namespace: str, name: str) -> Any:
    """Return a new element of a namespace."""
    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})


def add(element: Any, name: str, text: str | None = None) -> Any:
    """Add a child of the same namespace and return it."""
    child = etree.SubElement(element, f"{{{etree.QName(element).namespace}}}{name}")
    child.text = text
    return child


def name_of(element: Any) -> str:
    """Return an element's name without its namespace."""
    found: str = etree.QName(element).localname
    return found


def write_document(stream: IO[bytes], namespace: str, root: str, elements: Iterable[Any]) -> None:
    """Write a document element by element: its memory is that of one of them."""
    with etree.xmlfile(stream, encoding="UTF-8") as document:
        document.write_declaration()
        with document.element(f"{{{namespace}}}{root}", nsmap={None: namespace}):
            document.write("\n")
            for element in elements:
                document.write(element, pretty_print=True)
