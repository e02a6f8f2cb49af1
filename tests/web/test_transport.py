"""In production everything travels encrypted, or the application does not start; secrets may lie in files."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTPException

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.engine import make_url

from config import from_environment
from tests.support.applications import make_app
from tests.support.databases import flask
from tests.support.fixed import day
from tests.support.network import Guard
from tests.support.postgres import free_port
from tests.support.servers.mail import MailServer
from wss_cases.mail.delivery.transport import Post

PRODUCTION = {
    "WSS_ENV": "production",
    "WSS_KEYS": "a key of thirty-two letters at all",
    "PUBLIC_URL": "https://wss.example",
}
NO_DATABASE = "sqlite:///nowhere/at-all.sqlite3"
CANARY = "quillfeather-secret"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"PUBLIC_URL": "http://wss.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"DATABASE_URL": "postgresql://wss@db.example/wss"}, "DATABASE_URL: db.example"),
        ({"DATABASE_URL": "postgres://wss@db.example/wss?sslmode=prefer"}, "DATABASE_URL: db.example"),
        ({"DATABASE_URL": "postgresql:///wss?hostaddr=10.1.2.3"}, "DATABASE_URL: 10.1.2.3"),
        ({"REPORTS_DATABASE_URL": "postgresql://wss@copy.example/wss"}, "REPORTS_DATABASE_URL: copy.example"),
        ({"DATABASE_URL": "postgresql:///wss?host=localhost&host=db2.example:5432"}, "DATABASE_URL: db2.example"),
        ({"DATABASE_URL": "postgresql://wss@localhost/wss?host=db1.example,db2.example"}, "DATABASE_URL: .* host= too"),
        ({"DATABASE_URL": "postgresql://wss@localhost/wss?hostaddr=10.0.0.5"}, "DATABASE_URL: .* hostaddr= too"),
        ({"WATCH_DATABASE_URL": "postgresql://wss@db.example/wss"}, "WATCH_DATABASE_URL: db.example"),
        ({"SMTP_URL": "smtp://wss@mail.example:587"}, "SMTP_URL: mail.example"),
    ],
)
def test_production_does_not_start_with_a_plain_way_to_anything(
    tmp_path: Path, more: dict[str, str], named: str
) -> None:
    with pytest.raises(RuntimeError, match=named):
        from_environment(PRODUCTION | more, tmp_path)
    from_environment(PRODUCTION | more | {"WSS_ENV": "development"}, tmp_path)


@pytest.mark.parametrize(
    "more",
    [
        {"DATABASE_URL": "postgresql://wss@db.example/wss?sslmode=verify-full", "SMTP_URL": "smtps://mail.example"},
        {"DATABASE_URL": "postgres://wss@127.0.0.1/wss", "SMTP_URL": "smtp://mail.example:587?starttls"},
        {"DATABASE_URL": "postgresql:///wss?host=/run/postgresql", "SMTP_URL": "smtp://localhost:25"},
        {"DATABASE_URL": "postgresql://wss@db.inside/wss", "WSS_PLAIN_HOSTS": "mail.inside db.inside"},
    ],
)
def test_production_starts_where_all_is_encrypted_near_or_named(tmp_path: Path, more: dict[str, str]) -> None:
    assert from_environment(PRODUCTION | more, tmp_path)["HTTPS_ALONE"]


@pytest.mark.parametrize(
    ("proxies", "passed_on", "method", "status"),
    [
        ("1", "https", "GET", 404),
        ("1", "http", "GET", 308),
        ("1", "http", "POST", 400),
        ("1", "https, http", "GET", 308),
        ("2", "https, http", "GET", 404),
        ("1", "", "GET", 400),
        ("0", "https", "POST", 400),
    ],
)
def test_plain_http_is_answered_with_nothing(
    tmp_path: Path, proxies: str, passed_on: str, method: str, status: int
) -> None:
    app = make_app(NO_DATABASE, tmp_path, **PRODUCTION, WSS_TRUSTED_PROXIES=proxies)
    # what would come next stands for every page: it is reached by https alone
    app.before_request_funcs[None].insert(1, lambda: ("reached", 404))
    answer = app.test_client().open("/cases?page=2", method=method, headers={"X-Forwarded-Proto": passed_on})
    assert answer.status_code == status
    assert (answer.get_data(as_text=True) == "reached") == (status == 404)
    assert answer.headers["Strict-Transport-Security"]
    if status == 308:
        assert answer.headers["Location"] == "https://wss.example/cases?page=2"


class Encrypting:
    """A mail server that speaks STARTTLS with a certificate of its own making."""

    def __init__(self, folder: Path) -> None:
        self.got: list[bytes] = []
        self.certificate = folder / "mail.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(day.CERTIFIED[0]).not_valid_after(day.CERTIFIED[1])
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = serialization.Encoding.PEM
        plain = serialization.NoEncryption()
        self.certificate.write_bytes(
            made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True
        )
        self.controller.start()

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        """Keep it."""
        self.got.append(envelope.content)  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture
def encrypting(tmp_path: Path, network_guard: Guard) -> Iterator[Encrypting]:
    """The server, while the test runs."""
    server = Encrypting(tmp_path)
    network_guard.mail_ports.add(server.controller.port)
    yield server
    server.controller.stop()


def a_mail() -> EmailMessage:
    """Something to send."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ("wss@district.example", "dean@district.example", "Something waits")
    return mail


def test_mail_goes_to_a_server_that_proves_itself_or_not_at_all(
    encrypting: Encrypting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smtp_server: MailServer
) -> None:
    def send(url: str) -> None:
        post = Post(url, str(tmp_path / "mail"), 5)
        post.send(a_mail(), "1")
        post.close()

    asked = f"smtp://localhost:{encrypting.controller.port}?starttls"
    with pytest.raises(ssl.SSLCertVerificationError):
        send(asked)
    monkeypatch.setenv("SSL_CERT_FILE", str(encrypting.certificate))
    with pytest.raises(ssl.SSLCertVerificationError):
        send(asked.replace("localhost", "127.0.0.1"))
    assert encrypting.got == []
    send(asked)
    assert len(encrypting.got) == 1
    with pytest.raises(SMTPException):
        send(f"{smtp_server.url}?starttls")
    assert smtp_server.mails == [], "a server without TLS gets nothing"


def test_secrets_may_lie_in_files_and_passwords_apart_from_addresses(tmp_path: Path) -> None:
    def kept(name: str, value: str) -> dict[str, str]:
        (tmp_path / name).write_text(f"{value}\n")
        return {f"{name}_FILE": str(tmp_path / name)}

    settings = from_environment(
        kept("WSS_KEYS", CANARY) | kept("DATABASE_PASSWORD", "p@ss/w:rd") | kept("SMTP_PASSWORD", "m@il/w:rd")
        | kept("WSS_METRICS_TOKEN", "token") | kept("WSS_OIDC_CLIENT_SECRET", "client")
        | {"DATABASE_URL": "postgres://wss@db.example/wss?sslmode=require", "SMTP_URL": "smtps://wss@mail.example:465",
           "WATCH_DATABASE_URL": "postgres://wss_watch:own@db.example/wss?sslmode=require",
           "WSS_OIDC_ISSUER": "https://idp.example", "WSS_OIDC_CLIENT_ID": "wss"},
        tmp_path,
    )  # fmt: skip
    assert settings["WSS_KEYS"].masters == (CANARY,) and CANARY not in repr(settings)
    url = make_url(settings["SQLALCHEMY_DATABASE_URI"])
    assert (url.password, url.query["sslmode"]) == ("p@ss/w:rd", "require")
    assert make_url(settings["WATCH_DATABASE_URL"]).password == "own", "the one that stands there is kept"
    assert settings["SMTP_URL"] == "smtps://wss:m%40il%2Fw%3Ard@mail.example:465"
    assert (settings["METRICS_TOKEN"], settings["OIDC_CLIENT_SECRET"]) == ("token", "client")


def test_a_secret_that_cannot_be_had_stops_the_start_without_showing_any(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    for more, words in (
        ({"WSS_KEYS": CANARY, "WSS_KEYS_FILE": str(tmp_path / "empty")}, "both set"),
        ({"WSS_KEYS_FILE": str(tmp_path / "empty")}, "is empty"),
        ({"WSS_KEYS_FILE": str(tmp_path / "none")}, "cannot be read: FileNotFoundError"),
    ):
        with pytest.raises(RuntimeError, match=words) as caught:
            from_environment(more, tmp_path)
        assert CANARY not in str(caught.value)


def test_no_command_prints_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secrets = {
        "WSS_KEYS": CANARY, "WSS_METRICS_TOKEN": CANARY, "SMTP_PASSWORD": CANARY,
        "SMTP_URL": "smtp://wss@127.0.0.1:9/", "DATABASE_PASSWORD": CANARY,
    }  # fmt: skip
    for command in (("audit", "verify"), ("db", "upgrade"), ("reminders", "deliver"), ("routes",)):
        told = flask("postgresql://wss@127.0.0.1:9/wss", *command, **secrets, WSS_INSTANCE=str(tmp_path))
        assert told.returncode == 0 if command == ("routes",) else told.returncode != 0, command
        assert CANARY not in told.stdout + told.stderr, command
    with caplog.at_level(logging.DEBUG):
        make_app(NO_DATABASE, tmp_path, **secrets)
    assert CANARY not in caplog.text
