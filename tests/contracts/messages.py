"""Strategies for every message of crm:scheduling, built from the codec's own tables; people are the published ones."""

import string
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from contracts import codec
from contracts.identifiers import HsaId
from contracts.times import SWEDEN, exists
from tests.people import PEOPLE

_LETTERS = "".join(chr(c) for c in (*range(0x20, 0x7F), *range(0xA1, 0x17F), 0x20AC, 0x1F600))
texts = (
    st.text(_LETTERS, min_size=1, max_size=30).map(str.strip).filter(lambda text: text and not _names_a_person(text))
)
hsa_ids = st.text(string.ascii_letters + string.digits, min_size=1, max_size=8).map(
    lambda t: HsaId(f"SE2321009991-{t}")
)
days = st.dates(date(1000, 1, 1), date(9999, 12, 30))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=SWEDEN)
).filter(exists)  # fmt: skip


def _names_a_person(text: str) -> bool:
    """Hypothesis takes what stands between quotes in our files for text, and so the numbers in tests/people.py too."""
    return any(person.number in text for person in PEOPLE)


_SCALARS = {
    id(codec.TEXT): texts,
    id(codec.HSA_ID): hsa_ids,
    id(codec.PERSON): st.sampled_from([person.identity for person in PEOPLE]),
    id(codec.DAY): days,
    id(codec.MOMENT): moments,
    id(codec.FLAG): st.booleans(),
    id(codec.CODE): st.sampled_from(["OK", "INFO", "ERROR"]),
}

extensions = st.lists(
    texts.map(lambda text: f'<v:more xmlns:v="urn:vendor:1">{_escaped(text)}</v:more>'.encode()), max_size=2
).map(tuple)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def messages(draw, form: codec.Form):
    """A value of the form, with any of its optional fields, that keeps the rules of its type."""
    fields = {}
    for part in form.parts:
        held = messages(part.holds) if isinstance(part.holds, codec.Form) else _SCALARS[id(part.holds)]
        if part.many:
            fields[part.field] = tuple(draw(st.lists(held, max_size=3)))
        elif part.required or draw(st.booleans()):
            fields[part.field] = draw(held)
    if form.open_ended:
        fields["extensions"] = draw(extensions)
    return form.type(**_made_to_fit(form, fields, draw))


def _made_to_fit(form, fields, draw):
    """What the types demand of each other: both ends of a time, a text with INFO and ERROR, an id with a booking."""
    if form is codec.TIMESLOT and ("start" in fields) != ("end" in fields):
        start = fields.get("start") or fields["end"] - timedelta(hours=3)
        fields |= {"start": start, "end": start} if exists(start) else {"start": fields["end"]}
    if "result_code" in fields:
        fields.setdefault("result_text", "Kom fastande.")
        fields.pop("booking_id", None)
        if fields["result_code"] != "ERROR" and any(part.field == "booking_id" for part in form.parts):
            fields["booking_id"] = "B-1"
    if form.type.__name__ in ("MakeBooking", "UpdateBooking"):
        fields["timeslot"] = draw(_wanted_times())
    return fields


@st.composite
def _wanted_times(draw):
    slot = draw(messages(codec.TIMESLOT))
    wanted = {name: getattr(slot, name) for name in slot.__dataclass_fields__}
    start = wanted["start"] or draw(moments)
    wanted |= {"start": start, "end": wanted["end"] or start, "booking_id": wanted["booking_id"] or "T-1"}
    wanted["subject_of_care"] = wanted["subject_of_care"] or PEOPLE[0].identity
    return type(slot)(**wanted)
