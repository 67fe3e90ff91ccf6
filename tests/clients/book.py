"""Books, sees and cancels a time by plain zeep: python book.py URL FOLDER PERSON [CLINIC].

URL is the gateway's over HTTPS, FOLDER what `tidbro pki demo` made, PERSON whom the time is for.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests
from zeep import Client, Transport

URL, FOLDER, WHO, CLINIC = (*sys.argv[1:4], *sys.argv[4:5], "SE2321009991-2B02")[:4]


def session() -> requests.Session:
    """A session that shows the e-service's certificate, and trusts the demo's authority alone."""
    made = requests.Session()
    made.trust_env = False  # or REQUESTS_CA_BUNDLE, where it is set, goes before what is said here
    made.verify = str(Path(FOLDER) / "ca.pem")
    made.cert = tuple(str(Path(FOLDER) / f"SE2321009991-ET01.{end}") for end in ("pem", "key"))
    return made


TRANSPORT = Transport(session=session())
HEADERS = {"LogicalAddress": CLINIC, "actor": {"actorId": WHO, "actorType": "subject_of_care"}}


def ask(interaction: str, **question: Any) -> Any:
    client = Client(f"{URL}/vp/crm/scheduling/{interaction}/1/rivtabp21?wsdl", transport=TRANSPORT)
    return client.service[interaction](**question, _soapheaders=HEADERS)


first, last = (f"{date.today() + timedelta(days=days):%Y%m%d}" for days in (7, 21))
what = {"healthcare_facility": CLINIC, "subject_of_care": WHO, "timeTypeID": "PROV10"}
free = ask("GetAvailableTimeslots", startDateInclusive=first, endDateInclusive=last, **what).timeslotDetail[0]
wish = {name: free[name] for name in ("startTimeInclusive", "endTimeExclusive", "bookingId")}
made = ask(
    "MakeBooking",
    healthcare_facility_med=CLINIC,
    requestedTimeslot={**what, **wish},
    subject_of_care_info={"firstName": "Dan", "lastName": "Tävling"},
)
print(f"MakeBooking {made.resultCode} {made.bookingId}")
mine = {"healthcare_facility": CLINIC, "bookingId": made.bookingId}
print(f"GetBookingDetails {ask('GetBookingDetails', **mine).timeslotDetail.bookingId}")
print(f"CancelBooking {ask('CancelBooking', **mine).resultCode}")
