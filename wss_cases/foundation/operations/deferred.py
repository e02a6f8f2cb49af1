"""Libraries that only a few acts need are loaded at first use, so that other processes do not hold them."""

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
    """A stand-in for a module: reading or setting an attribute loads the module."""
    _NAMES.add(name)
    return _Deferred(name)


def not_loadable() -> list[str]:
    """Load every deferred module; return those that are missing or fail to load."""
    return [name for name in sorted(_NAMES) if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        import_module(name)
    except Exception:  # a library of a version that does not fit may fail by anything
        return False
    return True
