"""The command groups that bring nothing else: one ROOM for all of them."""

from wss_cases.cli import audit, backup, demo, edfi, export, notes, outcomes, prepare, reminders, retention, setup
from wss_cases.journal.rooms import Room

_COMMANDS = (audit, backup, demo, edfi, export, notes, outcomes, prepare, reminders, retention, setup)


ROOM = Room(commands=tuple(module.group for module in _COMMANDS))
