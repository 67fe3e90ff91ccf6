"""`tidbro conform gateway`: judge a platform's gateway by the rows of the matrix, between the kit's consumers and
producers.

Two steps: `set-up-gateway DIR` writes what the gateway must be given, `gateway DIR` judges the one started with it.
With `--start` the kit starts gateways itself, also those that some rows need with other properties.
Elsewhere: the folder (conformance/gateway/setup.py), the suites (conformance/gateway/).
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from gateway.settings import SettingsRefused
from tidbro import conform_reports

_ADDRESSES = ("http", "https", "status", "reset", "readiness")


def add(actions: Any) -> None:
    """Both actions among those of `conform`."""
    setup = actions.add_parser("set-up-gateway", help="write a folder of what a gateway to be judged must be given")
    setup.add_argument("folder", type=Path, metavar="DIR")
    setup.add_argument("--gateway-host", default="127.0.0.1", metavar="HOST", help="where the kit reaches the gateway")
    setup.add_argument(
        "--producers-host", default="127.0.0.1", metavar="HOST", help="where the gateway reaches the kit"
    )
    setup.add_argument("--aggregating-url", default="", metavar="URL", help="the aggregating service, to be judged too")
    setup.add_argument("--index-update-url", default="", metavar="URL", help="the engagement index's Update")
    setup.add_argument("--index-find-url", default="", metavar="URL", help="its FindContent")
    setup.add_argument("--index-address", metavar="HSA-ID", help="the index's own logical address")
    setup.set_defaults(run=_set_up)
    gateway = actions.add_parser("gateway", help="judge a platform's gateway that was given such a folder")
    gateway.add_argument("folder", type=Path, metavar="DIR")
    for name in _ADDRESSES:
        gateway.add_argument(f"--{name}", default="", metavar="URL", help="in place of the set-up's own")
    gateway.add_argument("--start", default="", metavar="COMMAND", help="starts a gateway; {dir} stands for its folder")
    gateway.add_argument(
        "--start-seconds", type=float, default=60.0, metavar="N", help="how long a start may take (60)"
    )
    gateway.add_argument("--log", default="", metavar="FILE", help="where it writes its log events; {dir} as above")
    gateway.add_argument("--authority", type=Path, metavar="FILE", help="PEM of who issued its HTTPS certificate")
    gateway.add_argument(
        "--person", dest="persons", action="append", default=[], metavar="NUMBER", help="for the national services"
    )
    gateway.add_argument("--suite", dest="suites", action="append", default=[], metavar="NAME", help="run this suite")
    gateway.add_argument("--most-seconds", type=float, default=1200.0, metavar="N", help="how long it may take (1200)")
    conform_reports.add(gateway)
    gateway.set_defaults(run=_gateway)


def _set_up(parsed: argparse.Namespace) -> int:
    from conformance.gateway.setup import Setup, write
    from contracts.times import system_clock

    names = ("gateway_host", "producers_host", "aggregating_url", "index_update_url", "index_find_url", "index_address")
    given = {name: getattr(parsed, name) for name in names if getattr(parsed, name) is not None}
    if parsed.folder.exists() and any(parsed.folder.iterdir()):
        raise SettingsRefused(f"{parsed.folder} is not empty; choose another folder.")
    try:
        write(parsed.folder, Setup(**given), system_clock().date())
    except OSError as error:
        raise SettingsRefused(conform_reports.as_sentence(error)) from None
    sys.stdout.write(f"{parsed.folder / 'README.txt'} says what to do with it.\n")
    return 0


def _gateway(parsed: argparse.Namespace) -> int:
    from conformance.gateway.gateways import GatewaySettings
    from conformance.gateway.judge import judge_gateway
    from conformance.gateway.suite import load
    from conformance.people import TestPerson
    from tidbro.conform_settings import DEMO_PERSONS

    conform_reports.demand(parsed)
    try:
        settings = GatewaySettings(
            parsed.folder,
            **{name: getattr(parsed, name) for name in (*_ADDRESSES, "start", "log", "authority", "start_seconds")},
            persons=tuple(map(TestPerson.from_text, parsed.persons)) or DEMO_PERSONS[:1],
        )
        result = judge_gateway(
            settings,
            conform_reports.progress_of(parsed, load().chosen(parsed.suites)),
            suites=parsed.suites,
            most_seconds=parsed.most_seconds,
        )
    except (ValueError, OSError) as error:
        raise SettingsRefused(conform_reports.as_sentence(error)) from None
    return conform_reports.told(result, parsed)
