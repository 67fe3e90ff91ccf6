"""The real platform's events of TLS: which contexts there are, and what each handshake agreed on.

`ssl-context-register` comes for each context when a gateway starts and when certificates change, the listener's and
those towards producers; `tls-handshake-complete` for each connection made over TLS, either way. Off unless `log_style`
asks for them. Nothing of a certificate is told but how many there are; of a connection neither who came nor what was
said.
Left open by the rules, and decided here: `server.address` is where a listener listens, or the producer's host and port;
`clientCertCount` counts the certificates that we show a producer, or that a caller showed us; both kinds have the label
`sslContextId`.
Elsewhere: the events of calls (ecs_log.py).
Source: platform.md §19.2 (TLS events).
"""

import ssl
from datetime import UTC, datetime

from gateway import ecs_lines
from gateway.settings import GatewaySettings

_VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class TlsEvents:
    """Writes the TLS events of one gateway to the logger `tidbro.ecs`."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.is_on = settings.log_style == "ecs"
        self._constant = ecs_lines.constant_facts(settings, "skltp-tls", "configuration", "network")

    def registered(
        self, name: str, context: ssl.SSLContext, address: str = "", certificates: int | None = None
    ) -> None:
        """A context is in use from now on; `certificates` are those that we show a producer."""
        if self.is_on:
            labels = {"sslContextId": name, **_offered(context), "clientCertCount": _text(certificates)}
            self._write("ssl-context-register", {"server.address": address}, labels)

    def completed(self, name: str, agreed: ssl.SSLObject | ssl.SSLSocket, address: str) -> None:
        """A connection at or to `address` has made its handshake."""
        if self.is_on:
            labels = {"sslContextId": name, **_offered(agreed.context), "clientCertCount": _text(_shown_to_us(agreed))}
            self._write("tls-handshake-complete", {**_agreed(agreed), "server.address": address}, labels)

    def _write(self, action: str, facts: ecs_lines.Facts, labels: ecs_lines.Facts) -> None:
        ecs_lines.write(
            {
                "@timestamp": ecs_lines.stamp(datetime.now(UTC)),
                "log.level": "INFO",
                "log.logger": "se.skl.tp.vp.logging.tls",
                "message": action,
                **self._constant,
                "event.action": action,
                "event.type": ["info"],
                "event.id": ecs_lines.made_id(),
                **facts,
                **{f"labels.{name}": value for name, value in labels.items()},
            }
        )


def _offered(context: ssl.SSLContext) -> ecs_lines.Facts:
    """The protocols and cipher suites of a context."""
    protocols = [one.name.replace("_", ".") for one in _VERSIONS if _is_offered(context, one)]
    suites = [one["name"] for one in context.get_ciphers()]
    return {
        "protocols": ",".join(protocols),
        "protocolCount": str(len(protocols)),
        "cipherSuites": ",".join(suites),
        "cipherSuiteCount": str(len(suites)),
    }


def _is_offered(context: ssl.SSLContext, version: ssl.TLSVersion) -> bool:
    """The least and the greatest version may be words for "any", which are numbers below zero."""
    most = context.maximum_version
    return context.minimum_version <= version and (most < 0 or version <= most)


def _agreed(connection: ssl.SSLObject | ssl.SSLSocket) -> ecs_lines.Facts:
    """As the schema has it: the protocol's name apart from its version."""
    protocol, _, version = (connection.version() or "").partition("v")
    cipher = connection.cipher()
    return {
        "tls.version_protocol": protocol.lower(),
        "tls.version": version,
        "tls.cipher": cipher[0] if cipher else None,
        "tls.established": "true",
    }


def _shown_to_us(connection: ssl.SSLObject | ssl.SSLSocket) -> int | None:
    """How many certificates a caller showed; None where it is we who called.

    Python tells the whole chain from 3.13 on; before, that there is a certificate.
    """
    if not connection.server_side:
        return None
    chain = getattr(connection, "get_unverified_chain", None)
    return len(chain()) if chain else int(connection.getpeercert(binary_form=True) is not None)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
