"""What this folder brings to the application."""

from wss_cases.accounts.people import views
from wss_cases.accounts.people.presenters import account_hits
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room, Searchable

ROOM = Room(pages=(views.blueprint,), searchable=(Searchable("accounts", _l("Accounts"), 50, account_hits),))
