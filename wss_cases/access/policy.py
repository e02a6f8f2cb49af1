"""The policy engine: the default is no. The map itself is in `permission_map.py`; `app.py` installs it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.visibility import Exemption, fill_exemptions
from wss_cases.foundation.errors import NotFound

Predicate = Callable[[Actor, Any], bool]


@dataclass(frozen=True)
class Rule:
    """The roles that a permission is given to, and the pure predicate that decides on the loaded record."""

    roles: frozenset[Role]
    allows: Predicate
    because: str


_rules: dict[Permission, Rule] = {}
_loaders: dict[str, Callable[[int], Any]] = {}


def configure(
    rules: Mapping[Permission, Rule],
    loaders: Mapping[str, Callable[[int], Any]],
    exemptions: Iterable[Mapping[str, Sequence[Exemption]]],
) -> None:
    """Install the permission map, a loader for each object type, and the exemptions from the visibility window.

    Called once by `create_app`.
    """
    fill_exemptions(exemptions)
    _rules.clear()
    _rules.update(rules)
    _loaders.clear()
    _loaders.update(loaders)


def might(actor: Actor, permission: Permission) -> bool:
    """Whether the actor holds any role with this permission, whatever the record."""
    if actor.is_system or permission is Permission.PUBLIC:
        return True
    if permission is Permission.SIGNED_IN:
        return actor.user_id is not None
    rule = _rules.get(permission)
    return rule is not None and actor.has(*rule.roles)


def can(actor: Actor, permission: Permission, obj: Any) -> bool:
    """Whether the actor may do this to this record; an unknown permission or record means no."""
    if actor.is_system:
        return True
    rule = _rules.get(permission)
    return rule is not None and obj is not None and actor.has(*rule.roles) and rule.allows(actor, obj)


def require(actor: Actor, permission: Permission, obj: Any) -> None:
    """Raise NotFound when the actor may not: forbidden looks like missing."""
    if not can(actor, permission, obj):
        raise NotFound


def load_object(object_type: str, object_id: int) -> Any:
    """Load a record by its type and id through its room's own loader; None when there is none."""
    loader = _loaders.get(object_type)
    return loader(object_id) if loader else None
