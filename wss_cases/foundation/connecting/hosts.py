"""A database address that names several servers: one primary and its standbys."""

from dataclasses import dataclass

from sqlalchemy import URL

OF_SEVERAL = ("host", "hostaddr", "port", "target_session_attrs")


@dataclass(frozen=True)
class Server:
    """One server of an address: its host ('' for this machine's socket) and the address that leads only to it."""

    host: str
    url: URL


def each_host(url: URL) -> list[Server]:
    """The servers of an address in its order: `//name@host/base`, `?host=a:5432&host=b`, or `?host=a,b`.

    Raises ValueError when a host stands before the path and `host` or `hostaddr` in the query: the driver would ignore
    the first.
    """
    beside = [key for key in ("host", "hostaddr") if url.query.get(key)]
    if url.host and beside:
        raise ValueError(f"the address names {url.host} and {beside[0]}= too: name every server by host= alone")
    if url.host:
        return [Server(url.host, url.difference_update_query(("target_session_attrs",)))]
    named = url.query.get("hostaddr") or url.query.get("host") or ""
    hosts = ",".join([named] if isinstance(named, str) else named).split(",")
    ports = str(url.query.get("port") or "").split(",")
    plain = url.difference_update_query(OF_SEVERAL)
    found = []
    for number, host in enumerate(hosts):
        name, _colon, port = (host, "", "") if host.startswith("/") else host.partition(":")
        port = port or ports[number if len(ports) == len(hosts) else 0]
        if name and not name.startswith("/"):
            alone = plain.set(host=name, port=int(port) if port else None)
        else:
            alone = plain.update_query_dict({key: value for key, value in (("host", name), ("port", port)) if value})
        found.append(Server(name, alone))
    return found
