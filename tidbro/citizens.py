"""The citizens' side of a region in one process: the e-service with its pages, and for the demo a mailbox.

The e-service reaches the clinics as anybody does, through the platform at the region's own address; the index tells it
of bookings by a route to its own.
Elsewhere: the e-service itself (eservice/), the demo's people and clinics (demo_eservice.py).
Source: domain.md §5, §10; platform.md §21.3.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.subscriber import Notice
from contracts.times import Clock
from eservice.app import EService
from eservice.settings import EServiceSettings
from eservice.site import make_site
from gateway.door import AsgiApplication
from gateway.settings import SettingsRefused
from tidbro import demo_eservice
from tidbro.demo_mailbox import DemoMailbox
from tidbro.settings import RegionSettings
from tidbro.sites import secret_in

SITE_PATH = "/eservice"


class Citizens:
    """The e-service of a region that answers at `base_url`. Raises SettingsRefused for settings that don't fit."""

    def __init__(self, settings: RegionSettings, clock: Clock, base_url: str) -> None:
        self._folder = Path(settings.data_directory)
        told = _settings(settings, base_url)
        self.mailbox = None if told.post.smtp_host else DemoMailbox(self._folder, clock)
        post = None if self.mailbox is None else lambda mailbox=self.mailbox: mailbox.post_settings
        self.eservice = EService(
            told,
            demo_eservice.people(),
            demo_eservice.units(),
            clock,
            post_settings=post,
            administrators=demo_eservice.administrators(),
        )

    @property
    def sites(self) -> Mapping[str, Any]:
        """The web site, by its path."""
        return {SITE_PATH: make_site(self.eservice, secret_in(self._folder))}

    @property
    def applications(self) -> Mapping[str, AsgiApplication]:
        """What answers beside it, by the first steps of the paths."""
        found: dict[str, AsgiApplication] = {"/subscriber": self.eservice.application}
        if self.mailbox is not None:
            found["/mailbox"] = self.mailbox.application
        return found

    def open(self) -> None:
        if self.mailbox is not None:
            self.mailbox.open()
        self.eservice.open()

    def close(self) -> None:
        self.eservice.close()
        if self.mailbox is not None:
            self.mailbox.close()

    def latest(self, most: int) -> tuple[Notice, ...]:
        """What the index told last, newest first."""
        return self.eservice.latest(most)


def _settings(settings: RegionSettings, base_url: str) -> EServiceSettings:
    own = settings.gateway
    usual = {
        "platform_url": base_url,
        "platform_instance": own.instance_id,
        "aggregated_address": own.instance_id,
        "data_directory": Path(settings.data_directory),
        "public_url": f"{base_url}{SITE_PATH}/",
        "emulated_sign_in": True,
        "shows_calls": True,
    }
    try:
        return EServiceSettings.from_mapping({**usual, **settings.eservice})
    except ValueError as error:
        raise SettingsRefused(f"eservice: {error}.") from None
