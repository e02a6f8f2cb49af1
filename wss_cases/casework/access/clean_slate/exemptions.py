"""What keeps a record in view when its years have faded, by table: whatever is still open about it."""

from wss_cases.access.visibility import Keeper
from wss_cases.cases.case import queries as cases
from wss_cases.followups.core import queries as followups
from wss_cases.pathways.common import queries as pathways
from wss_cases.pathways.legal_holds import queries as holds
from wss_cases.safeguards.visibility import queries as safeguards

KEEPERS: dict[str, tuple[Keeper, ...]] = {
    "incident": (cases.keeps_report, followups.keeps_report, safeguards.keeps_report, holds.keeps_report),
    "case_record": (followups.keeps_case, pathways.keeps_case, holds.keeps_case, safeguards.keeps_case),
}
