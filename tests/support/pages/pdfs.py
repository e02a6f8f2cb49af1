"""A PDF as an independent reader finds it: its language and title, its tags, its words."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pypdf


def tree(element: Any) -> Iterator[tuple[str, Any]]:
    """Every element of a PDF's structure in order: its kind and itself."""
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        found = kid.get_object()
        if isinstance(found, dict) and "/S" in found:
            yield found["/S"], found
            yield from tree(found)


def tagged(content: bytes, language: str, title: str) -> tuple[pypdf.PdfReader, list[tuple[str, Any]]]:
    """Return a PDF and its structure; it must be tagged, say its language, and begin its title with these words."""
    pdf = pypdf.PdfReader(io.BytesIO(content))
    root: Any = pdf.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"] and str(root["/Lang"]).startswith(language)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata is not None and str(pdf.metadata.title).startswith(title)
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    kinds = list(tree(root["/StructTreeRoot"].get_object()))
    headings = [kind for kind, _element in kinds if re.fullmatch(r"/H\d", kind)]
    assert headings[0] == "/H1" and headings.count("/H1") == 1
    assert all(int(after[2]) - int(before[2]) <= 1 for before, after in pairwise(headings))
    return pdf, kinds
