"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.journal.rooms import Room, Searchable
from wss_cases.pathways.referrals.partners import views
from wss_cases.pathways.referrals.partners.presenters import partner_hits

ROOM = Room(pages=(views.blueprint,), searchable=(Searchable("partners", _l("Partners"), 60, partner_hits),))
