"""What the HTTPS listener shows and demands: its certificate, the authorities of its callers, the oldest TLS it speaks.

Every caller shows a certificate of one of those authorities that is valid now and for clients; any other handshake
fails, and there is no HTTP answer. No setting opens that. No tickets are given, and what TLS 1.2 resumes without one is
kept in the context: with a new context an authority that was taken away is gone for the next connection.
Elsewhere: what is read in the certificate (certificates.py); accepting and hot change (tidbro/server.py); TLS towards
producers (producer_tls.py).
Source: platform.md §5.1, §15 "Incoming".
"""

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gateway.fingerprints import fingerprint_of
from gateway.settings import SettingsRefused

log = logging.getLogger(__name__)

TlsVersion = Literal["TLSv1.2", "TLSv1.3"]

_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True, slots=True)
class ListenerTls:
    """The PEM files of one HTTPS listener. Raises SettingsRefused, with a sentence, for files that cannot serve.

    `certificate_file` holds the listener's certificate and those between it and its root; `key_file` its key, without
    a password; `client_ca_file` the authorities whose certificates callers may show.
    """

    certificate_file: Path
    key_file: Path
    client_ca_file: Path
    minimum_version: TlsVersion = "TLSv1.2"

    def __post_init__(self) -> None:
        if self.minimum_version not in _VERSIONS:
            versions = ", ".join(get_args(TlsVersion))
            raise SettingsRefused(f"The oldest TLS must be one of {versions}, not {self.minimum_version!r}.")
        self.context()

    def context(self) -> ssl.SSLContext:
        """A new context of the files as they are now. Raises SettingsRefused."""
        context = _ListenerContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = _VERSIONS[self.minimum_version]
        context.verify_mode = ssl.CERT_REQUIRED
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
        context.num_tickets = 0
        context.set_alpn_protocols(["http/1.1"])
        self._load_own(context)
        self._load_authorities(context)
        return context

    def fingerprint(self) -> str:
        """A digest of the files' contents, by which a change is noticed."""
        return fingerprint_of((self.certificate_file, self.key_file, self.client_ca_file))

    def _load_own(self, context: ssl.SSLContext) -> None:
        _demand_readable(self.certificate_file)
        _demand_readable(self.key_file)
        try:
            context.load_cert_chain(self.certificate_file, self.key_file, password=_no_password)
        except _PasswordAsked:
            raise SettingsRefused(f"The key in {self.key_file} is encrypted; it must be without a password.") from None
        except ssl.SSLError as error:
            raise SettingsRefused(self._sentence_of(error)) from None

    def _sentence_of(self, error: ssl.SSLError) -> str:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The key in {self.key_file} does not belong to the certificate in {self.certificate_file}."
        reason = f" ({error.reason})" if error.reason else ""
        return f"{self.certificate_file} and {self.key_file} hold no PEM certificate with its key{reason}."

    def _load_authorities(self, context: ssl.SSLContext) -> None:
        _demand_readable(self.client_ca_file)
        try:
            context.load_verify_locations(self.client_ca_file)
        except ssl.SSLError:
            raise SettingsRefused(f"{self.client_ca_file} holds no PEM certificates.") from None
        if not context.cert_store_stats()["x509_ca"]:
            raise SettingsRefused(f"{self.client_ca_file} holds no certificate of an authority: no caller could come.")


class _Handshake(ssl.SSLObject):
    """A handshake whose refusal reaches the caller.

    The event loop drops a connection as soon as its handshake fails, and with it the alert that says why: the caller
    sees a reset. So a failed handshake here wants more to read, at which the loop sends what there is to send; the end
    comes from the caller, who has been told, or from the time that a handshake may take.
    """

    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    has_failed = False

    def do_handshake(self) -> None:
        if not self.has_failed:
            try:
                super().do_handshake()
                return
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                self.has_failed = True
                log.info("handshake_refused: %s", getattr(error, "verify_message", "") or error.reason)
                if not self.outgoing.pending:
                    raise  # no alert: it was not TLS
        self.incoming.read()  # whatever else is sent is not kept
        raise ssl.SSLWantReadError


class _ListenerContext(ssl.SSLContext):
    sslobject_class = _Handshake

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *given: Any, **named: Any) -> ssl.SSLObject:
        made = super().wrap_bio(incoming, outgoing, *given, **named)
        assert isinstance(made, _Handshake)
        made.incoming, made.outgoing = incoming, outgoing
        return made


class _PasswordAsked(Exception):
    """The key is encrypted; without this OpenSSL would ask at the terminal."""


def _no_password() -> bytes:
    raise _PasswordAsked


def _demand_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise SettingsRefused(f"The TLS file {path} cannot be read: {error.strerror}.") from None
