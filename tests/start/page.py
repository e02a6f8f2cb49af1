"""What a page of instructions asks for, line by line: commands of its fences, and acts in its lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^```(\w*)$")
ACT = re.compile(
    r"Open (?P<open>`[^`]+`|the printed address|the first link)"
    r"|(?P<type>`[^`]+`|the code of the app) into \*\*(?P<into>[^*]+)\*\*"
    r"|Choose `(?P<choose>[^`]+)` for \*\*(?P<choice>[^*]+)\*\*"
    r"|Tick \*\*(?P<tick>[^*]+)\*\*(?: for \*\*(?P<group>[^*]+)\*\*)?"
    r"|Pick `(?P<pick>[^`]+)` under \*\*(?P<under>[^*]+)\*\*"
    r"|Press \*\*(?P<press>[^*]+)\*\*"
    r"|Read \*\*(?P<read>[^*]+)\*\*"
)
PERSON = re.compile(r"here `([^`]+)`:$")


@dataclass(frozen=True)
class Line:
    """One thing to do: `word` is run, person, open, type, choose, pick, tick, press or read."""

    word: str
    what: str
    where: str = ""


def lines(text: str) -> Iterator[Line]:
    """Return what the page asks for, in its order. ValueError for an item of a list that asks for nothing known."""
    fenced = ""
    for line in text.splitlines():
        if fence := FENCE.match(line):
            fenced = "" if fenced else fence[1] or "text"
        elif fenced == "sh":
            yield Line("run", line)
        elif person := PERSON.search(line):
            yield Line("person", person[1])
        elif line.startswith("- "):
            yield from _acts(line)


def _acts(line: str) -> Iterator[Line]:
    found = list(ACT.finditer(line))
    if not found:
        raise ValueError(f"this line asks for nothing that can be done: {line}")
    for act in found:
        said = {name: words.strip("`") for name, words in act.groupdict().items() if words}
        if "type" in said:
            yield Line("type", said["type"], said["into"])
        elif "choose" in said:
            yield Line("choose", said["choose"], said["choice"])
        elif "pick" in said:
            yield Line("pick", said["pick"], said["under"])
        elif "tick" in said:
            yield Line("tick", said["tick"], said.get("group", ""))
        else:
            yield from (Line(word, what) for word, what in said.items())
