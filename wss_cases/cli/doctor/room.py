"""What this folder brings to the application."""

from wss_cases.cli.doctor import command
from wss_cases.journal.rooms import Room

ROOM = Room(commands=(command.group,))
