"""Whose paper a PDF is on."""

from base64 import b64encode
from dataclasses import dataclass


@dataclass(frozen=True)
class Letterhead:
    """Whose paper it is: the district's name, '' while it has none, and its logo as a PNG, b'' for none."""

    name: str = ""
    logo: bytes = b""

    @property
    def picture(self) -> str:
        """The logo as an address that holds all of it, '' for none: paper opens no other."""
        return f"data:image/png;base64,{b64encode(self.logo).decode()}" if self.logo else ""
