"""The demo's regional platform: a second gateway in the process, in front of one clinic group.

The national platform reaches it as platforms reach each other: over HTTPS with certificates on both sides, at a port of
its own. It has its own HSA-id, catalogue, white list, data directory and message log; it authorises the national
platform, and is told for whom the call is made. Behind it is a timebook of its own on the region's database.
Certificates and the settings that use them are made anew at each start, by the test authority (pki.py).
Elsewhere: the national routes that lead here (demo_catalogue.py).
Source: platform.md §1 (NTjP, RTjP), §5.1, §6, §7.2; domain.md §10.1.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from contracts.times import Clock
from gateway.listener_tls import ListenerTls
from gateway.settings import GatewaySettings, SettingsRefused
from tidbro import logs, pki
from tidbro.server import Listener, listen
from tidbro.settings import RegionSettings
from tidbro.wiring import Region, build, make_folder

INSTANCE_ID = "SE2321009991-FT01"
INSTANCE_NAME = "RTjP Demolän"

_DAYS = 365
_TOWARDS_REGIONAL = """\
# How the national platform reaches the regional one. Made anew at each start.
[[overrides]]
name = "{name}"
certificate-bundle = "{bundle}"
ca-bundle = "ca.pem"
match = {{ domain-name = "127.0.0.1", port = {port} }}
"""


@dataclass(frozen=True)
class Regional:
    """The regional platform ready to be served, and how the national one is to reach it."""

    region: Region
    listener: Listener
    tls_file: Path

    @property
    def address(self) -> str:
        """Where national routes lead to."""
        return self.listener.url


def made(national: RegionSettings, clock: Clock) -> Regional:
    """The regional platform of a demo, listening but not yet answering. Raises SettingsRefused."""
    if national.gateway.tls_file:
        raise SettingsRefused("regional needs tls_file to be empty: it makes one of its own.")
    folder = Path(national.data_directory) / logs.REGIONAL
    make_folder(folder)
    _issue(folder, national.gateway.instance_id)
    opened = listen("127.0.0.1", national.regional_port)
    tls = ListenerTls(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    settings = _settings(national, folder)
    listener = Listener(opened, tls, "/vp", settings.gateway)
    towards = _TOWARDS_REGIONAL.format(
        name=INSTANCE_ID, bundle=f"{national.gateway.instance_id}-bundle.pem", port=opened.getsockname()[1]
    )
    (folder / "tls.toml").write_text(towards, encoding="utf-8")
    region = build(settings, clock, is_gateway_alone=True)
    region.pipeline.message_log = logging.getLogger(logs.REGIONAL_MESSAGE_LOG)
    return Regional(region, listener, folder / "tls.toml")


def reaching(national: RegionSettings, regional: Regional) -> RegionSettings:
    """The national platform's settings with what it needs to reach the regional one; calls keep their id."""
    own = replace(national.gateway, tls_file=str(regional.tls_file), correlation_id_to_https=True)
    return replace(national, gateway=own)


def _issue(folder: Path, national_id: str) -> None:
    now = datetime.now(UTC)  # of TLS, which knows no virtual clock
    authority = pki.new_authority("Tidbro test authority between platforms", now)
    pki.write(authority, folder, pki.AUTHORITY)
    first, last = now - timedelta(hours=1), now + timedelta(days=_DAYS)
    server = pki.issue(authority, pki.function_name(INSTANCE_ID, "localhost"), first, last, ("127.0.0.1", "localhost"))
    pki.write(server, folder, "server")
    pki.write(pki.issue(authority, pki.function_name(national_id, "national"), first, last), folder, national_id)


def _settings(national: RegionSettings, folder: Path) -> RegionSettings:
    given = national.adapters.get("timebook", {})
    # The national platform's timebook, on the same data, sends what the index must hear.
    timebook = {"data_directory": national.data_directory, **given, "sends_letters": False}
    return RegionSettings(
        host="127.0.0.1",
        data_directory=str(folder),
        tak_file=str(files("tidbro") / "demo_regional_tak.toml"),
        gateway=GatewaySettings(instance_id=INSTANCE_ID, instance_name=INSTANCE_NAME, ip_whitelist=("127.0.0.1",)),
        adapters={"timebook": timebook},
    )
