"""Whether a questioning may start (105 ILCS 5/22-88), and what stands in the way if not. Pure."""

import enum
from collections.abc import Collection
from typing import Any

REACHED = "reached"


class Missing(enum.StrEnum):
    """What has to be there before a questioning may start."""

    NOTICE = "notice"
    ADULT = "adult"


def missing(record: Any, results: Collection[str]) -> list[Missing]:
    """Return what is missing before a questioning may start; `results` are those of attempts to tell the guardian.

    An exception, claimed with its reason, lets it start all the same; an attempt counts as notice and never as contact.
    """
    if record.exception is not None:
        return []
    lacking = [] if results else [Missing.NOTICE]
    return lacking if record.adult_present is not None else [*lacking, Missing.ADULT]


def has_contact(results: Collection[str]) -> bool:
    """Whether the guardian was reached; a voicemail, no answer and the like are attempts."""
    return REACHED in results
