"""What an identity provider posted, until the browser that asked comes for it; and which assertions were used."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class SamlAnswer(Base):
    """One proven assertion, by the digest of its id: taken in once, and fetched once by the digest of the request's id.

    `said` is empty once it was fetched; the row stays until the assertion is too old to be taken anyway.
    """

    __tablename__ = "saml_answer"
    PRIVATE = frozenset({"said"})

    id: Mapped[Id]
    assertion: Mapped[str] = mapped_column(String(64), unique=True)
    request: Mapped[str] = mapped_column(String(64), index=True)
    said: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    ends_at: Mapped[datetime]
