"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room, Searchable
from wss_cases.web import views
from wss_cases.web.finding import page_hits

ROOM = Room(pages=(views.blueprint,), searchable=(Searchable("pages", _l("Pages"), 70, page_hits),))
