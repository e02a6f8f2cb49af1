"""What is posted to an address that a person typed goes to the public network alone, in time, by a good certificate."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.fixed import day
from tests.support.servers.receiver import Receiver
from wss_cases.foundation.outward import Unreachable, is_public, post

pytestmark = pytest.mark.any_database("the threads are the other system's server, and no database is asked")
NEAR = frozenset({"127.0.0.1"})
INSIDE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("168.63.129.16", "224.0.0.1", "::1", "::", "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
    *("2002:7f00:1::1", "ff02::1"),
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_a_network_is_none_of_the_public(address: str) -> None:
    assert not is_public(address)


def test_others_are() -> None:
    assert [is_public(one) for one in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")] == [True, True]
    with pytest.raises(ValueError, match=r"hooks\.example"):
        is_public("hooks.example")


def why(url: str, seconds: float = 2, near: frozenset[str] = frozenset()) -> str:
    with pytest.raises(Unreachable) as refused:
        post(url, b"{}", {}, seconds, near)
    return refused.value.why


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """`looked_up([…], […])`: a name leads to these addresses, one list a look; returns where was connected to."""

    def lead(*answers: list[str]) -> list[Any]:
        looks, reached = iter(answers), list[Any]()

        def reach(address: tuple[str, int], timeout: float) -> None:
            reached.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (one, 443)) for one in next(looks)])
        monkeypatch.setattr(socket, "create_connection", reach)
        return reached

    return lead


def test_a_name_that_leads_inside_is_not_connected_to(looked_up: Any) -> None:
    reached = looked_up(["169.254.169.254"], ["93.184.215.14", "10.0.0.1"])
    assert [why("https://hooks.example/"), why("https://hooks.example/")] == ["private", "private"]
    assert reached == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(looked_up: Any) -> None:
    reached = looked_up(["93.184.215.14"], ["127.0.0.1"])
    assert why("https://hooks.example:8443/") == "refused"
    assert reached == [("93.184.215.14", 8443)]


def test_without_tls_only_a_host_that_the_settings_name() -> None:
    assert why("http://127.0.0.1:9/") == "plain"
    assert why("https://127.0.0.1:9/") == "private"


@pytest.fixture
def dripping() -> Iterator[int]:
    """A port at which each answer begins, and drips on without an end."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        reached, _address = listening.accept()
        with reached:
            reached.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not over.wait(0.02):
                try:
                    reached.sendall(b"x")
                except OSError:
                    return

    threading.Thread(target=drip, daemon=True).start()
    yield listening.getsockname()[1]
    over.set()
    listening.close()


def test_a_server_that_drips_holds_nobody_up(dripping: int) -> None:
    assert why(f"http://127.0.0.1:{dripping}/", 0.2, NEAR) == "timeout"


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[Receiver, Path]]:
    """A receiver that speaks TLS, and the certificate that it shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day.CERTIFIED[0])
        .not_valid_after(day.CERTIFIED[1])
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = tmp_path / "shown.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    receiver = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    receiver.start()
    yield receiver, shown
    receiver.stop()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    certified: tuple[Receiver, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, shown = certified
    url = receiver.url.replace("http://", "https://")
    assert why(url, near=NEAR) == "tls"
    assert receiver.got == []
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    assert post(url, b"{}", {"webhook-id": "msg_1"}, 2, NEAR).status == 200
    [got] = receiver.got
    assert (got.path, got.id, got.headers["host"]) == ("/hook?of=us", "msg_1", url.split("/")[2])
