"""A case's next act and kind of harm, in words."""

from wss_cases.cases.case.models import CaseOrigin
from wss_cases.casework.next_act.rules import Next
from wss_cases.casework.next_act.states import Act
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.states import Tile
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.rules import has_begun
from wss_cases.pathways.common.states import Kind, PathwayState
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS


def what_words(act: Next) -> str:
    """Return what a due follow-up or an open duty is about; '' for an act that says it itself."""
    if act.act is Act.FOLLOW_UP:
        return str(KINDS.get(act.what, KINDS["other"]))
    if act.act is Act.DUTY:
        return str(DUTY_LABELS.get(act.what, ""))
    return ""


CASE_KINDS = frozenset(Kind)


def harm_words(code: str) -> str:
    """Return the kind of harm, or what else a case comes from, in the reader's language."""
    if code in set(CaseOrigin):
        return str(CaseOrigin(code).label)
    return str(Tile(code).label) if code in set(Tile) else code.replace("_", " ").capitalize()


def kind_of(code: str) -> str:
    """Return a kind of pathway in the reader's language."""
    return str(Kind(code).label) if code in CASE_KINDS else code


def kind_words(pathway: Pathway) -> str:
    """Return a pathway's kind in the reader's language."""
    return kind_of(pathway.kind)


def state_words(pathway: Pathway) -> str:
    """Return where a pathway stands in the reader's language; what began was not declined, someone chose to stop."""
    if pathway.state is PathwayState.DECLINED and has_begun(pathway):
        return _("Someone chose to stop")
    return str(PathwayState(pathway.state).label)
