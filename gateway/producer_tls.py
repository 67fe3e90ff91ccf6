"""Which certificates and protocols are used towards which producer: TLS contexts by domain and port.

Contexts are made from one TOML file when the gateway starts; what a catalogue says never opens a file. The first
override that matches counts, then the default; without either, the system's authorities and no certificate of ours.
An override needs a domain to match: one with only a port never does. TLS 1.2 and 1.3 are offered, nothing older.
When the file, or a bundle that it names, has other contents, all contexts are made anew; files that cannot be used
change nothing but the log. A connection belongs to its context, so none that was made before is used again.
Elsewhere: the listener's own certificates (listener_tls.py).
Source: platform.md §15.
"""

import logging
import ssl
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from gateway.fingerprints import fingerprint_of
from gateway.settings import SettingsRefused

log = logging.getLogger(__name__)

_KNOWN_KEYS = frozenset(
    ("name", "certificate-bundle", "ca-bundle", "protocols-include", "protocols-exclude", "cipher-suites-include",
     "cipher-suites-exclude", "match")
)  # fmt: skip
_KNOWN_CRITERIA = frozenset(("domain-name", "domain-suffix", "port"))
_OFFERED = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
_NOT_OFFERED = frozenset(("SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.1"))
_USUAL_PORT = 443


@dataclass(frozen=True, slots=True)
class TlsChoice:
    """One entry of the file: when it counts. Criteria are in lower case; None means not given."""

    name: str
    context: ssl.SSLContext = field(repr=False, compare=False)
    domain_name: str | None = None
    domain_suffix: str | None = None
    port: int | None = None
    own_certificates: int = 0  # that a producer is shown: ours, and those between it and its root

    def matches(self, host: str, port: int) -> bool:
        """Whether domain and port fit. The name counts before the suffix; without either, nothing fits."""
        if self.domain_name is not None:
            is_domain = host == self.domain_name
        else:
            is_domain = self.domain_suffix is not None and host.endswith(self.domain_suffix)
        return is_domain and self.port in (None, port)


@dataclass(frozen=True, slots=True)
class _Choices:
    overrides: tuple[TlsChoice, ...] = ()
    default: TlsChoice | None = None


class ProducerTls:
    """TLS contexts for calls to producers. What is chosen for a host and port is remembered until a reload."""

    def __init__(self, checks_host: bool = True) -> None:
        self._path, self._checks_host = "", checks_host
        self._fingerprint = ""
        self._adopt(_Choices())

    @classmethod
    def load(cls, path: str, checks_host: bool) -> "ProducerTls":
        """The contexts that a file describes; no `path` means no file. Raises SettingsRefused."""
        made = cls(checks_host)
        made._path = path
        if path:
            made._fingerprint = fingerprint_of(_files(Path(path)))
            made._adopt(_read(Path(path), checks_host))
        return made

    def renew(self) -> bool:
        """Make the contexts anew if the files have other contents; whether that was done. Never raises.

        May be called from any thread. Files that cannot be used are told in the log, once.
        """
        if not self._path:
            return False
        found = fingerprint_of(_files(Path(self._path)))
        if found == self._fingerprint:
            return False
        self._fingerprint = found  # first: what changes meanwhile is then seen as changed
        try:
            self._adopt(_read(Path(self._path), self._checks_host))
        except SettingsRefused as error:
            log.error("producer_certificates_not_changed: %s", error)
            return False
        log.warning("producer_certificates_changed", extra={"tls_file": self._path})
        return True

    @property
    def choices(self) -> tuple[TlsChoice, ...]:
        """The entries of the file, its default last."""
        return (*self._choices.overrides, *([self._choices.default] if self._choices.default else []))

    def context_for(self, host: str, port: int | None) -> tuple[str, ssl.SSLContext]:
        """The name and the context of the first entry that matches; the default's otherwise."""
        return self._choose(host.lower(), _USUAL_PORT if port is None else port)

    def _adopt(self, choices: _Choices) -> None:
        self._choices = choices

        def choose(host: str, port: int) -> tuple[str, ssl.SSLContext]:
            for one in choices.overrides:
                if one.matches(host, port):
                    return one.name, one.context
            if choices.default is not None:
                return choices.default.name, choices.default.context
            return "default", _system_context(self._checks_host)

        self._choose = lru_cache(maxsize=4096)(choose)


@lru_cache(maxsize=2)
def _system_context(checks_host: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = checks_host
    return context


def _refused(sentence: str) -> SettingsRefused:
    return SettingsRefused(f"tls_file cannot be used: {sentence}.")


def _files(path: Path) -> tuple[Path, ...]:
    """The TOML file and the bundles that it names, as far as it can be read."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return (path,)
    overrides = told.get("overrides")
    entries = [*(overrides if isinstance(overrides, list) else ()), told.get("default-config")]
    named = (one.get(key) for one in entries if isinstance(one, dict) for key in ("ca-bundle", "certificate-bundle"))
    return (path, *(path.parent / bundle for bundle in named if isinstance(bundle, str) and bundle))


def _read(path: Path, checks_host: bool) -> _Choices:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refused(f"{path} cannot be read, {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(f"{path} is not TOML, {error}") from None
    if unknown := sorted(told.keys() - {"default-config", "overrides"}):
        raise _refused(f"there is no {unknown[0]}; there are default-config and overrides")
    overrides = told.get("overrides", [])
    if not isinstance(overrides, list):
        raise _refused("overrides must be a list of tables")
    made = tuple(_choice(one, path.parent, checks_host) for one in overrides)
    default = _choice(told["default-config"], path.parent, checks_host) if "default-config" in told else None
    _demand_unique_names([*made, *([default] if default else [])])
    return _Choices(made, default)


def _demand_unique_names(choices: Sequence[TlsChoice]) -> None:
    names = [one.name for one in choices]
    for name in names:
        if names.count(name) > 1:
            raise _refused(f"there are two entries called {name}")


def _choice(told: Any, folder: Path, checks_host: bool) -> TlsChoice:
    if not isinstance(told, dict):
        raise _refused("each entry must be a table")
    name = told.get("name")
    if not isinstance(name, str) or not name.strip():
        raise _refused("an entry has no name")
    _demand_known(name, told, _KNOWN_KEYS)
    criteria = told.get("match", {})
    if not isinstance(criteria, dict):
        raise _refused(f"match of {name} must be a table")
    _demand_known(name, criteria, _KNOWN_CRITERIA)
    port = criteria.get("port")
    if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65_536):
        raise _refused(f"match.port of {name} must be a port")
    domain, suffix = (_lowered(name, criteria, key) for key in ("domain-name", "domain-suffix"))
    if not domain and not suffix and "match" in told:
        log.warning("tls_file_entry_never_matches: %s has neither domain-name nor domain-suffix", name)
    context = _context(name, told, folder, checks_host)
    return TlsChoice(name, context, domain, suffix, port, _own_certificates(told, folder))


def _demand_known(name: str, told: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(told.keys() - known):
        raise _refused(f"{name} has no {unknown[0]}; there are {', '.join(sorted(known))}")


def _lowered(name: str, told: Mapping[str, Any], key: str) -> str | None:
    value = _text(name, told, key)
    return value.lower() or None if value is not None else None


def _text(name: str, told: Mapping[str, Any], key: str) -> str | None:
    value = told.get(key)
    if value is not None and not isinstance(value, str):
        raise _refused(f"{key} of {name} must be a text")
    return value


def _context(name: str, told: Mapping[str, Any], folder: Path, checks_host: bool) -> ssl.SSLContext:
    """The context of an entry; its bundles are PEM files, named from the folder of the TOML file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = checks_host
    _trust(context, name, _text(name, told, "ca-bundle"), folder)
    _certify(context, name, _text(name, told, "certificate-bundle"), folder)
    _limit_protocols(context, name, *_alternatives(name, told, "protocols"))
    _limit_ciphers(context, name, *_alternatives(name, told, "cipher-suites"))
    return context


def _trust(context: ssl.SSLContext, name: str, bundle: str | None, folder: Path) -> None:
    if not bundle:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(cafile=folder / bundle)
    except (OSError, ValueError):
        raise _refused(f"ca-bundle of {name}, {folder / bundle}, is no file of PEM certificates") from None


def _certify(context: ssl.SSLContext, name: str, bundle: str | None, folder: Path) -> None:
    """Key, certificate and chain from one file. A key with a password is refused: nobody is there to type it."""
    if not bundle:
        return
    try:
        context.load_cert_chain(folder / bundle, password=lambda: "")
    except (OSError, ValueError):
        sentence = "must hold a private key without password, its certificate and chain, in PEM"
        raise _refused(f"certificate-bundle of {name}, {folder / bundle}, {sentence}") from None


def _own_certificates(told: Mapping[str, Any], folder: Path) -> int:
    """How many certificates stand in the bundle of an entry, which could be read just now."""
    bundle = told.get("certificate-bundle")
    return (folder / bundle).read_bytes().count(b"-----BEGIN CERTIFICATE-----") if bundle else 0


def _alternatives(name: str, told: Mapping[str, Any], key: str) -> tuple[list[str], list[str]]:
    """What is included and excluded; only one of them may be given."""
    lists = []
    for kind in ("include", "exclude"):
        value = told.get(f"{key}-{kind}", [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _refused(f"{key}-{kind} of {name} must be a list of texts")
        lists.append(value)
    if all(lists):
        raise _refused(f"{name} has both {key}-include and {key}-exclude, which are alternatives")
    return lists[0], lists[1]


def _limit_protocols(context: ssl.SSLContext, name: str, include: list[str], exclude: list[str]) -> None:
    if unknown := sorted({*include, *exclude} - _OFFERED.keys() - _NOT_OFFERED):
        raise _refused(f"{name} names the protocol {unknown[0]}; there are {', '.join(_OFFERED)}")
    if too_old := sorted(_NOT_OFFERED.intersection(include)):
        log.warning("tls_file_names_old_protocols: %s of %s are not offered", ", ".join(too_old), name)
    chosen = [one for word, one in _OFFERED.items() if (word in include if include else word not in exclude)]
    if not chosen:
        raise _refused(f"{name} leaves no protocol; there are {', '.join(_OFFERED)}")
    context.minimum_version, context.maximum_version = min(chosen), max(chosen)


def _limit_ciphers(context: ssl.SSLContext, name: str, include: list[str], exclude: list[str]) -> None:
    """Suites may be named as the standards or as OpenSSL name them. Those of TLS 1.3 can only be had all or none."""
    if not include and not exclude:
        return
    known = [one["name"] for one in context.get_ciphers()]
    new = {one for one in known if one.startswith("TLS_")}
    named = {_openssl_name(one) for one in include or exclude}
    if include and (unknown := sorted(named - set(known))):
        raise _refused(f"{name} names the cipher suite {unknown[0]}, which is not offered here")
    if new & named and new - named:
        raise _refused(f"{name} must name all cipher suites of TLS 1.3 or none: {', '.join(sorted(new))}")
    chosen = [one for one in known if (one in named) == bool(include)]
    if not new & set(chosen):
        _without_tls_1_3(context, name)
    if old := [one for one in chosen if one not in new]:
        context.set_ciphers(":".join(old))
    elif new & set(chosen):
        context.minimum_version = ssl.TLSVersion.TLSv1_3


def _without_tls_1_3(context: ssl.SSLContext, name: str) -> None:
    if context.minimum_version == ssl.TLSVersion.TLSv1_3:
        raise _refused(f"{name} leaves no cipher suite for its protocols")
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def _openssl_name(suite: str) -> str:
    """`TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384` as OpenSSL has it; what is no such name, and TLS 1.3's, as they are."""
    if "_WITH_" not in suite:
        return suite
    exchange, _, cipher = suite.removeprefix("TLS_").partition("_WITH_")
    cipher = cipher.replace("AES_", "AES").replace("CBC_", "").replace("POLY1305_SHA256", "POLY1305")
    return "-".join([*([] if exchange == "RSA" else exchange.split("_")), *cipher.split("_")])
