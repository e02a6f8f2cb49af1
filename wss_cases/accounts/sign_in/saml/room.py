"""What this folder brings to the application."""

from wss_cases.accounts.sign_in.saml import models, views
from wss_cases.journal.rooms import Room

ROOM = Room(tables=(models,), pages=(views.blueprint,))
