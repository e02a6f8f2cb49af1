"""What this folder brings to the application."""

from wss_cases.accounts.sign_in.saml import views
from wss_cases.journal.rooms import Room

ROOM = Room(pages=(views.blueprint,))
