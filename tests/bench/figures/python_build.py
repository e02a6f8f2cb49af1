"""Which Python this is, and whether it was built with optimizations: one built without is 5 to 24 percent slower."""

from __future__ import annotations

import platform
import sys
import sysconfig
from collections.abc import Sequence

PROFILED, LINKED = "--enable-optimizations", "--with-lto"
DEBIAN = ("--prefix=/usr", "--with-dbmliborder=bdb:gdbm", "--without-ensurepip")
"""What Debian's and Ubuntu's packages are configured with, which are profiled by their own rules of building."""


def words_of(arguments: Sequence[str]) -> str:
    """Say what the arguments of a build tell of it."""
    if PROFILED in arguments:
        return "built with profiles" + (" and link-time optimization" if LINKED in " ".join(arguments) else "")
    if all(one in arguments for one in DEBIAN):
        return "a package of Debian or Ubuntu, whose own rules build with profiles"
    return "NOT built with profiles: figures are of a slower Python than they need to be"


def build_words() -> str:
    """Say what ran this bench."""
    given = sysconfig.get_config_var("CONFIG_ARGS") or ""
    arguments = [one.strip("'") for one in given.split("' '")]
    return f"Python {platform.python_version()}, {sys.base_prefix}: {words_of(arguments)}"
