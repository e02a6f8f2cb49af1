"""Groups that sit on the committee of a plan."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class MemberGroup(Labelled):
    """For whom somebody sits there. Students sit there as a group: how many, never who."""

    PRINCIPAL = "principal", _l("Principal")
    TEACHER = "teacher", _l("Teacher")
    COORDINATOR = "coordinator", _l("Restorative justice coordinator")
    STAFF = "staff", _l("Other school staff")
    STUDENT = "student", _l("Students")
    PARENT = "parent", _l("Parent or guardian")
    COUNCIL = "council", _l("Local School Council")
    COMMUNITY = "community", _l("Community")
    LABOR = "labor", _l("Labor union")
    PARTNER = "partner", _l("Partner organization")
