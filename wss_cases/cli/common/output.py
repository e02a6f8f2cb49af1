"""What every long command shares: words about how far it is, and output that is whole or not there."""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from wss_cases.foundation.files.whole_file import whole_file
from wss_cases.foundation.operations.failpoints import reach
from wss_cases.foundation.settings.reading import setting

Say = Callable[[str], None]


@contextmanager
def telling(words: str) -> Iterator[Say]:
    """Say on the error output every few seconds what a command is at; nothing where it ends within a moment.

    What is given changes the words. A long statement of the database cannot speak, so the seconds go on by themselves.
    """
    doing, ended, began = [words], threading.Event(), time.monotonic()
    every = setting("PROGRESS_SECONDS")

    def tell() -> None:
        while not ended.wait(every):
            click.echo(f"{doing[0]} ({time.monotonic() - began:.0f} s)", err=True)

    def say(now: str) -> None:
        doing[0] = now

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield say
    finally:
        ended.set()
        teller.join()


@contextmanager
def target(output: Path | None) -> Iterator[IO[bytes]]:
    """Give a stream to write to; what was written goes to the file or to stdout at the end, whole or not at all."""
    if output is not None:
        with whole_file(output) as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as spool:
        yield spool
        reach("file.before_name")
        spool.seek(0)
        shutil.copyfileobj(spool, sys.stdout.buffer)
