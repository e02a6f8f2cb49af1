"""Temporary files in memory: a copy of a PostgreSQL database is a thousand small files, and takes eleven times as long
on a disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST_FREE = 6 * 1024**3
"""Bytes; a whole run takes up to about two gigabytes."""


def keep_temporary_files_in_memory() -> None:
    """Let this process and those that it starts keep temporary files in memory, where there is enough of it; who names
    a folder by TMPDIR keeps it."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= LEAST_FREE:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
