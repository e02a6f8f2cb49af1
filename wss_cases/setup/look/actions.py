"""An administrator uploads a picture for the logo; the setting then says from when it is shown."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.setup.look.models import LogoPicture
from wss_cases.setup.look.pictures import Picture
from wss_cases.setup.look.queries import picture_named


@use_case
def keep_picture(uow: UnitOfWork, picture: Picture, title: str) -> int:
    """Keep a picture; one that is here already stays as it is. Raises NotFound."""
    require(uow.actor, Permission.SETTINGS_EDIT, uow.actor)
    uow.next_number("logo_picture")
    known = picture_named(picture.name)
    if known is not None:
        uow.no_audit()
        return known.id
    assert uow.actor.user_id is not None
    row = LogoPicture(
        name=picture.name, title=title[:120], content=picture.content, uploaded_by_id=uow.actor.user_id,
        uploaded_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(row, "logo_picture.uploaded")
