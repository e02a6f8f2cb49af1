"""Who may do what: one map on five pages. Predicates are pure and live in their rooms; no row means no.

`case_work` is the work of a school, `safeguards` what the law requires, `records` what is stored, released and deleted,
`plans` the Whole School Safety plans, `district` what is set up and counted. A permission has its row on exactly one
page.
"""

from collections.abc import Mapping

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import Rule
from wss_cases.permission_map.case_work import CASE_WORK
from wss_cases.permission_map.district import DISTRICT_WIDE
from wss_cases.permission_map.plans import PLANS
from wss_cases.permission_map.records import RECORDS
from wss_cases.permission_map.safeguards import SAFEGUARDS

PAGES: tuple[Mapping[Permission, Rule], ...] = (CASE_WORK, SAFEGUARDS, RECORDS, PLANS, DISTRICT_WIDE)
PERMISSION_MAP: dict[Permission, Rule] = {permission: rule for page in PAGES for permission, rule in page.items()}
