"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.deputies import messages, queries, views
from wss_cases.journal.rooms import Room

ROOM = Room(
    pages=(views.blueprint,),
    sentences={messages.ASKED: _l("The school has no second person, so the district’s deputy was asked")},
    messages=messages.MESSAGES,
    loaders={"deputy_look": queries.load_look},
)
