"""Libraries that only a few acts need: each is loaded at its first use, so that no process holds it for nothing."""

from importlib import import_module
from types import ModuleType
from typing import Any

_NAMES: set[str] = set()


class _Deferred(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(import_module(self.__name__), name, value)


def deferred(name: str) -> Any:
    """Return what stands for a module: what is asked of it, or set, is so of the module, which is loaded by then."""
    _NAMES.add(name)
    return _Deferred(name)


def not_loadable() -> list[str]:
    """Load every module that something stands for, and return those that are not here or cannot be loaded."""
    return [name for name in sorted(_NAMES) if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        import_module(name)
    except Exception:  # a library of a version that does not fit may fail by anything
        return False
    return True
