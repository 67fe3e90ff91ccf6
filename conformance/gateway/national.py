"""What the kit says as the neighbours of the national services: an index, a registry, a subscriber, care units.

Source: platform.md §20.4, §21.1, §22.3. Elsewhere: the rows that need them (aggregation.py, index.py).
"""

from collections.abc import Iterable

from conformance.gateway.rows import ADDRESSEES, SCHEDULE, SUBSCRIBER
from conformance.people import TestPerson
from contracts import codec, engagement_codec, envelope, xml
from contracts import engagements as e
from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.namespaces import SCHEDULING

SYSTEM, CONTROLLER = "SE2321009991-KS01", "SE2321009991"


def found(person: TestPerson, units: Iterable[str]) -> bytes:
    """An index's answer: the person has one booking at each of these units."""
    engagements = tuple(an_engagement(person, unit, f"kit-{unit}") for unit in units)
    return envelope.write_response(engagement_codec.encode(e.FindContentResponse(engagements)))


def an_engagement(person: TestPerson, unit: str, booking: str, start: str = "20991214081000") -> e.Engagement:
    return e.Engagement(
        resident=person.number,
        service_domain=e.DOMAIN,
        categorization=e.BOOKING,
        logical_address=unit,
        business_object=booking,
        clinical_process=e.NOT_APPLICABLE,
        most_recent_content=start,
        source_system=SYSTEM,
        data_controller=CONTROLLER,
    )


def schedule(person: TestPerson, unit: str) -> bytes:
    """A unit's answer: one booking of the person."""
    inner = (
        f'<m:timeslotDetail xmlns:c="{SCHEDULING}"><c:startTimeInclusive>20991214081000</c:startTimeInclusive>'
        f"<c:endTimeExclusive>20991214082000</c:endTimeExclusive><c:healthcare_facility>{unit}"
        f"</c:healthcare_facility><c:bookingId>kit-{unit}</c:bookingId>"
        f"<c:subject_of_care>{person.number}</c:subject_of_care></m:timeslotDetail>"
    )
    return _enveloped("GetSubjectOfCareScheduleResponse", SCHEDULE, inner)


def registered() -> bytes:
    """A registry's answer: the kit alone subscribes, to everything."""
    inner = f"<m:logicalAddressRecord><m:logicalAddress>{SUBSCRIBER}</m:logicalAddress></m:logicalAddressRecord>"
    return _enveloped("GetLogicalAddresseesByServiceContractResponse", ADDRESSEES, inner)


def notified() -> bytes:
    """A subscriber's answer."""
    return envelope.write_response(engagement_codec.encode(e.ProcessNotificationResponse("OK")))


def _enveloped(root: str, contract: str, inner: str) -> bytes:
    return envelope.write_response(xml.parse(f'<m:{root} xmlns:m="{contract}">{inner}</m:{root}>'.encode()))


def a_question(person: TestPerson, address: str) -> str:
    """A citizen asks for the own bookings at all units."""
    asked = s.GetSubjectOfCareSchedule(HsaId(address), person.identity)
    return envelope.write_request(codec.encode(asked), HsaId(address), person.actor).decode()


def an_update(address: str, *transactions: e.EngagementTransaction) -> str:
    return envelope.write_request(engagement_codec.encode(e.Update(transactions)), HsaId(address), None).decode()


def a_search(address: str, person: TestPerson, booking: str) -> str:
    """FindContent for one booking."""
    asked = e.FindContent(person.number, e.DOMAIN, business_object=booking)
    return envelope.write_request(engagement_codec.encode(asked), HsaId(address), None).decode()
