"""One answer as the text of a file: what came back, and what it says."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import quote

from tests.same_pages.masking import masked
from tests.same_pages.reading import page_lines

LONGEST_NAME = 180
HEADERS = ("Location", "Content-Disposition")
_TEXT = re.compile(r"text/.*|application/(json|xml|javascript|.*\+(json|xml))")
_DATES_OF_MAKING = re.compile(rb"/(?:CreationDate|ModDate|ID) ?(?:\([^)]*\)|\[[^\]]*\])")


def file_name(address: str) -> str:
    """Return the name of an address's file; a long one ends with its digest."""
    name = quote(address, safe="")
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}.{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return f"{name}.txt"


def answer_text(address: str, answer: Any) -> str:
    lines = [masked(f"GET {address}"), f"{answer.status_code} {answer.content_type}"]
    lines += [f"{name}: {masked(answer.headers[name])}" for name in HEADERS if name in answer.headers]
    return "\n".join([*lines, "", *_body(answer)]) + "\n"


def _body(answer: Any) -> list[str]:
    kind, data = answer.mimetype or "", answer.get_data()
    if not data:
        return []
    if kind == "text/html":
        return page_lines(data.decode("utf-8"))
    if kind == "application/json":
        return masked(json.dumps(json.loads(data), indent=1, ensure_ascii=False)).splitlines()
    if _TEXT.fullmatch(kind):
        return masked(data.decode("utf-8")).splitlines()
    if data.startswith(b"PK"):
        return _archive(data)
    return [f"sha256 {hashlib.sha256(_DATES_OF_MAKING.sub(b'', data)).hexdigest()}"]


def _archive(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [f"{name} {hashlib.sha256(archive.read(name)).hexdigest()}" for name in sorted(archive.namelist())]
