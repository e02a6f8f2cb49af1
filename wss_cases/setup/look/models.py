"""The pictures that were uploaded for a logo; which one is shown is a setting."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class LogoPicture(Base):
    """A picture as it is served, under a name that is made of its pixels; `title` is what its file was called."""

    PRIVATE = frozenset({"content"})
    __tablename__ = "logo_picture"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime]
