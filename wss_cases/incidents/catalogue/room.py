"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.catalogue import views
from wss_cases.journal.rooms import Room

ROOM = Room(
    pages=(views.blueprint,),
    sentences={
        "places.changed": _l("Place changed: %(code)s"),
        "behaviors.changed": _l("Behavior changed: %(code)s"),
        "places.retired": _l("Place available until %(day)s: %(code)s"),
        "behaviors.retired": _l("Behavior available until %(day)s: %(code)s"),
    },
)
