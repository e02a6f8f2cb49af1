"""Pure decisions about what was not filed: whether it names somebody."""

from collections.abc import Mapping
from typing import Any

from wss_cases.roster.names.finder import Finder, Kind


def mentions(answers: Mapping[str, Any], student_id: int, names: Finder) -> bool:
    """Whether the answers of a form name a student: by the roster's number, or in words in full."""
    for key, values in answers.items():
        words = [str(value) for value in (values if isinstance(values, list) else [values])]
        if key == "people" and {str(student_id), f"student:{student_id}"} & set(words):
            return True
        if any(one.kind in (Kind.FULL, Kind.NUMBER) for word in words for one in names.sure(word)):
            return True
    return False
