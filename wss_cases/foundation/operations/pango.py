"""Whether this machine can lay out PDFs, without the seconds that importing WeasyPrint takes."""

import ctypes.util
from typing import Final

INSTALL: Final = "apt install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core"
"""What brings Pango, and a font; as the deployment page says it."""
LIBRARIES: Final = (("gobject-2.0", 0), ("pango-1.0", 0), ("harfbuzz", 0), ("fontconfig", 1), ("pangoft2-1.0", 0))
"""All that WeasyPrint opens and cannot do without: name and binary version."""


def pango_is_here() -> bool:
    """Whether Pango and its libraries can be opened as WeasyPrint opens them."""
    return all(_opens(f"lib{name}.so.{number}") or _opens(ctypes.util.find_library(name)) for name, number in LIBRARIES)


def _opens(file: str | None) -> bool:
    if file is None:
        return False
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True
