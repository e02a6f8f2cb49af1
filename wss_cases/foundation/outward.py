"""Posts to an address that a person typed: only to public networks, and only to the address that was checked."""

import io
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

OF_THE_CLOUD: Final = frozenset({IPv4Address("168.63.129.16")})
"""Public by its number, and answered by the cloud's own machine; every other such address is link-local or private."""
NAT64: Final = IPv6Network("64:ff9b::/96")


class Unreachable(Exception):
    """Nothing was sent or no answer came; `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_public(text: str) -> bool:
    """Whether an address, and any address it maps to, is public. Raises ValueError for a name."""
    return all(one.is_global and not one.is_multicast and one not in OF_THE_CLOUD for one in _meant(ip_address(text)))


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    inside = [address.sixtofour, address.teredo[1] if address.teredo else None]
    if address in NAT64:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in inside if one is not None)]


@dataclass(frozen=True)
class Answer:
    """Another system's answer: its status and its Retry-After header ('' without one)."""

    status: int
    retry_after: str


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float, near: Collection[str]) -> Answer:
    """Post and return the answer. The answer's body is not read; redirects and proxies are ignored.

    `near`: hosts that may be inside the network and may be reached without TLS. Takes at most `seconds` in all, however
    slowly the other side answers. Raises Unreachable.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(_connected(url, time.monotonic() + seconds, near)) as connection:
            connection.request("POST", target, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Retry-After", ""))
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except (socket.gaierror, UnicodeError) as error:
        raise Unreachable("name") from error
    except ssl.SSLError as error:
        raise Unreachable("tls") from error
    except OSError as error:
        raise Unreachable("refused") from error
    except (HTTPException, ValueError) as error:
        raise Unreachable("garbled") from error


def _connected(url: str, end: float, near: Collection[str]) -> HTTPConnection:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if not secure and host not in near:
        raise Unreachable("plain")
    port = parts.port or (443 if secure else 80)
    reached = _reached(host, port, end, near)
    if not secure:
        connection = HTTPConnection(host, port)
    else:
        context = ssl.create_default_context()
        connection = HTTPSConnection(host, port, context=context)
        reached = context.wrap_socket(reached, server_hostname=host)
    connection.auto_open = 0
    connection.sock = _Hasty(reached, end)
    return connection


def _reached(host: str, port: int, end: float, near: Collection[str]) -> socket.socket:
    """Resolve the name, check the address, and connect to that address, so that the name is not resolved twice."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if host not in near and not all(is_public(address) for address in addresses):
        raise Unreachable("private")
    failed: OSError = ConnectionError()
    for number, address in enumerate(addresses):
        try:
            return socket.create_connection((address, port), timeout=_left(end) / (len(addresses) - number))
        except OSError as error:
            failed = error
    raise failed


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Hasty:
    """A socket with one deadline for all reads and writes, so that a slow peer blocks no one."""

    def __init__(self, inner: socket.socket, end: float) -> None:
        self._inner = inner
        self._end = end

    def sendall(self, data: Any) -> None:
        """Send within the remaining time."""
        self._inner.settimeout(_left(self._end))
        self._inner.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Dripping(self._inner, self._end))

    def close(self) -> None:
        self._inner.close()


class _Dripping(io.RawIOBase):
    def __init__(self, inner: socket.socket, end: float) -> None:
        self._inner = inner
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._inner.settimeout(_left(self._end))
        return self._inner.recv_into(buffer)
