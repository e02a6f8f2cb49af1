"""What each pathway's folder gives the case page: the next step, and a panel of its own; what all steps share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.models import Pathway


class Step(NamedTuple):
    """The one next act of a live pathway: its words (lazily translated) and the page (endpoint, values) that does it.

    `on` says since when or until when. `waits`: nothing can be done before `on`. `urgent`: it comes before what
    else is due in the case, e.g. a meeting that has begun and nobody answered for. `seen`: what the room read for the
    step, so that its panel on the same page need not read it again; steps are equal without it.
    """

    code: str
    words: Any
    endpoint: str
    values: Mapping[str, Any] = MappingProxyType({})
    on: date | None = None
    waits: bool = False
    urgent: bool = False
    seen: Any = None

    def __eq__(self, other: object) -> bool:
        """Whether it asks for the same, whatever was read for it."""
        return isinstance(other, Step) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        """Whether it asks for something else."""
        return not self == other


@dataclass(frozen=True)
class Panel:
    """What a pathway's tab shows of its own: a template that reads `own`, and the values it finds there."""

    template: str
    values: Mapping[str, Any]


def ids(row: Pathway) -> dict[str, Any]:
    """Return what the address of every page of a pathway needs."""
    return {"case_id": row.case_id, "pathway_id": row.id}


def waiting(row: Pathway, until: date | None) -> Step:
    """Return the step of a pathway that only waits for its day."""
    return Step("wait", _l("Nothing is due"), "pathways.pathway", ids(row), on=until, waits=True)
