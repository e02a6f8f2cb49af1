"""The one list of what a district must set, which the page and `flask doctor` both read."""

from typing import Final

from wss_cases.access.actor import Role
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.setup.checklist import district, machine, people
from wss_cases.setup.checklist.rules import Check

CHECKS: Final = (
    Check("district", _l("Name and time zone"), district.name_and_zone, Role.SYSADMIN, "district_settings.page"),
    Check("mail", _l("Email"), machine.mail, Role.SYSADMIN, "test_letter.page"),
    Check("push", _l("Push messages"), machine.push, Role.SYSADMIN, "system.health"),
    Check("links", _l("Public address"), machine.links, Role.SYSADMIN, "system.health"),
    Check("scheduler", _l("Scheduler"), machine.scheduler, Role.SYSADMIN, "system.health"),
    Check("backups", _l("Backups"), machine.backups, Role.SYSADMIN, "system.health"),
    Check("roster", _l("Roster"), district.roster, Role.SYSADMIN, "roster_uploads.upload"),
    Check("unplaced", _l("People without a school"), district.unplaced, Role.SYSADMIN, "system.imports"),
    Check("networks", _l("Networks"), district.networks, Role.DISTRICT, "networks.schools"),
    Check("calendar", _l("School calendar"), district.calendar, Role.DISTRICT, "calendar.home"),
    Check("accounts", _l("System administrators"), people.accounts, Role.SYSADMIN, "people.people"),
    Check("schools", _l("School administrators"), people.leaders, Role.SYSADMIN, "people.people"),
    Check("staff accounts", _l("Deans and coordinators"), people.staff, Role.SYSADMIN, "people.people"),
    Check("coordinators", _l("Coordinators"), people.coordinators, Role.SYSADMIN, "people.people"),
    Check(
        "police reviews",
        _l("Second approvals"),
        people.police_reviewers,
        Role.DISTRICT,
        "police_settings.approver_list",
    ),
    Check("police contacts", _l("School Sergeants"), people.sergeants, Role.DISTRICT, "contacts.sergeants"),
    Check("keepers", _l("Keepers and their trainings"), people.keepers, Role.ADMINISTRATOR, "trainings.school"),
    Check("partners", _l("Partners"), district.partners, Role.DISTRICT, "partners.partners"),
    Check("family texts", _l("Family texts"), district.family_texts, Role.DISTRICT, "texts.texts"),
    Check("retention", _l("Records retention schedule"), district.retention, Role.DISTRICT, "retention.schedule"),
)
