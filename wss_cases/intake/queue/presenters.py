"""A row of the review queue: who, what, where, how long, what is recommended, and what may be the same event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wss_cases.intake.decision.rules import may_be_batched
from wss_cases.intake.duplicates.presenters import Known, told, twin_words
from wss_cases.intake.recommendation.queries import Situation
from wss_cases.intake.review import presenters as words


def queue_row(
    row: Any, scene: Situation, twins: Sequence[Any], known: Known, reviewers: frozenset[int], *, alike: bool
) -> dict[str, Any]:
    """Return one report of the queue in words; `twins` may tell of the same event and are compared in this row.

    `alike`: some report may tell of the same event, here or in another row: it is not accepted among others.
    """
    kinds = list(dict.fromkeys(str(item["kind"]) for item in words.plan_words(scene)["pathways"]))
    assignee = row.assignee_id if row.assignee_id in reviewers else None
    return told(row, known) | {
        "version": row.version,
        "waiting": words.waiting_words(row.submitted_at, known.now),
        "recommends": ", ".join(kinds),
        "danger": row.danger_now,
        "duties": row.duties,
        "light": not alike and may_be_batched(scene.plan, row.duties, scene.people, row),
        "assignee": known.names.get(assignee or 0, ""),
        "mine": assignee is not None and assignee == known.actor.user_id,
        "twins": [twin_words(row, twin, known) for twin in twins],
    }


Narrowed = Callable[..., str]


def chip_rows(chips: Mapping[str, str], narrowed: Narrowed) -> list[tuple[str, str]]:
    """Return each filter in use as (words, the address without it)."""
    return [(words_, narrowed(**{name: None})) for name, words_ in chips.items() if words_]
