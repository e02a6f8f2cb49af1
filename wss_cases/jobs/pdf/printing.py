"""Makes a PDF of a page in a process of its own, which is ended when it takes too long."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from wss_cases.jobs.pdf.failures import MISSING, failure_in
from wss_cases.records.stored_pdfs import Why

ROOT = Path(__file__).resolve().parents[3]
SECONDS: Final = 30.0
"""How long one PDF may take; a report takes about three, most of it the start of the process."""
NEEDED: Final = ("PATH", "HOME", "LANG", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "SYSTEMROOT")
"""What the process is told of its surroundings: no key, no address of a database."""


class NotMade(Exception):
    """No PDF was made; `why` is for people, `facts` for the log, without words of the page."""

    def __init__(self, why: Why, **facts: str | float) -> None:
        super().__init__(why.value)
        self.why = why
        self.facts = {"why": why.value, **facts}


def pdf_of(html: str, seconds: float = SECONDS) -> bytes:
    """A page as a tagged PDF. Raises NotMade when Pango is missing, it took too long, or it failed."""
    surroundings = {name: os.environ[name] for name in NEEDED if name in os.environ}
    command = [sys.executable, "-m", "wss_cases.jobs.pdf.process"]
    try:
        done = subprocess.run(
            command, input=html.encode(), capture_output=True, timeout=seconds, cwd=ROOT, env=surroundings, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotMade(Why.SLOW, seconds=seconds) from error
    if done.returncode == MISSING:
        raise NotMade(Why.MISSING, exit_status=MISSING)
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise NotMade(Why.BROKEN, exit_status=done.returncode, **failure_in(done.stderr))
    return done.stdout
