"""Templates compiled once for every process of a test run: otherwise each application compiles each of them again."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from flask import Flask
from jinja2 import FileSystemBytecodeCache

FOLDER = "WSS_TEST_TEMPLATES"
"""Names the folder to the processes that are started from here."""


def share_compiled_templates() -> str:
    """Let applications made from now on keep what they compile, by its source, in a folder; return it."""
    folder = os.environ.get(FOLDER)
    if not folder:
        folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="wss-test-templates-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(folder)}
    return folder
