"""`python -m tests.access.attacks`: every attack at the real pages, with a real database and a real mail server.

Each must be refused, and told to whom it concerns: by a mail that arrives, or in the audit log. One line each; 1 where
one succeeded or somebody who must hear of it has not."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.access.attacks.living import ATTACKS, Stage, lived
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.servers.mail import MailServer


def main() -> int:
    """Live every attack; 1 where one succeeded or somebody did not hear of it."""
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        databases, server = Databases(Path(name)), MailServer()
        server.start()
        app = make_app(databases.copy(databases.template("sqlite")).url, Path(name), SMTP_URL=server.url)
        with app.app_context():
            stage = Stage(app, server)
            for attack, unheard in lived(stage, ATTACKS):
                told = ", ".join([*attack.mails, attack.audit]).strip(", ")
                print(f"{attack.who} {attack.what}: {attack.refused or 'SUCCEEDED'}; told: {told}")
                print(*(f"   NOT TOLD: {one}" for one in unheard), sep="\n", end="\n" if unheard else "")
                failed += not attack.refused or bool(unheard)
            stage.stop()
        server.stop()
    print(f"{failed} attacks succeeded or were told to nobody")
    return 1 if failed else 0


if __name__ == "__main__":
    keep_temporary_files_in_memory()
    sys.exit(main())
