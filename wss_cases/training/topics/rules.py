"""Pure: when a topic is offered."""

from datetime import date
from typing import Any


def is_offered(topic: Any, day: date) -> bool:
    """Whether a training of a topic can be recorded on a day."""
    return topic.starts_on <= day and (topic.ends_on is None or topic.ends_on >= day)
