"""The two files of a container engine, read without one: what the image is made of, and what is started with what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.support.databases import ROOT

STAGE = "FROM"


@dataclass(frozen=True)
class Step:
    """One instruction of the Containerfile."""

    word: str
    rest: str


def steps(text: str | None = None) -> list[Step]:
    whole = text if text is not None else (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", whole).splitlines()
    return [Step(*line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


def stages(found: list[Step]) -> list[list[Step]]:
    starts = [number for number, step in enumerate(found) if step.word == STAGE]
    return [found[start:end] for start, end in zip(starts, [*starts[1:], len(found)], strict=True)]


def sources(found: list[Step]) -> list[str]:
    own = [step.rest.split() for step in found if step.word == "COPY" and not step.rest.startswith("--from")]
    return [name for words in own for name in words[:-1]]


def compose(text: str | None = None) -> dict[str, Any]:
    """Return compose.yaml as an engine reads it; its anchors are put in, its variables are not."""
    whole = text if text is not None else (ROOT / "compose.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(whole)
    return found
