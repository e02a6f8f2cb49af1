"""What this folder brings to the application."""

from wss_cases.cli import audit, backup, demo, export, notes, outcomes, prepare, reminders, retention
from wss_cases.journal.rooms import Room

ROOM = Room(
    commands=(
        audit.group,
        backup.group,
        demo.group,
        export.group,
        notes.group,
        outcomes.group,
        prepare.group,
        reminders.group,
        retention.group,
    )
)
