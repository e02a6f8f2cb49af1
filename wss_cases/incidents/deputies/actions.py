"""Taking a second look for a school that has nobody else."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import load_object
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.deputies.models import DeputyLook
from wss_cases.incidents.deputies.queries import asked_of, firsts_of
from wss_cases.journal.changes import changes_of
from wss_cases.journal.extension_points import deputy_looks
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def take_look(uow: UnitOfWork, look_id: int, *, agrees: bool) -> int:
    """Agree to what a school asks, or not, as the person of the district who stands in. Raises NotFound, Refused."""
    look = uow.load(DeputyLook, look_id, Permission.DEPUTY_LOOK)
    if look.taken_at is not None:
        raise Refused("", _("This has already been decided."))
    existing(asked_of(look))
    looks, record = deputy_looks()[look.object_type], load_object(look.object_type, look.object_id)
    refuse_one_person("", uow.actor.user_id, firsts_of(looks.asks(record, uow.now)), uow.now)
    look.taken_at, look.agrees = uow.now, agrees
    uow.audit("deputy.looked", "deputy_look", look.id, changes_of(look))
    looks.settle(uow, record, agrees)
    return look.id
