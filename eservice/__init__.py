"""The citizens' e-service: a consumer of the platform like any other, with pages in front.

Where to look, from a click to a clinic and back:

    site.py, visits.py, sign_in.py, people.py     the pages together; who is here, and for whom; whether a form is ours
    flow.py, beginning.py, step_*.py, journeys.py the three flows: steps in order, and what was chosen and typed so far
    platform.py, troubles.py, slots.py            every question to a clinic, by SOAP, and what can go wrong
    committing.py, refusing.py, confirming.py     sending once; where a refusal leads; what follows from what was done
    bookings.py, booked_times.py, references.py   booked times, and the names that stand for them in URLs
    inbox*.py, letters.py, post.py, smtp.py       copies of confirmations, and notices of them, through an outbox
    engagements.py, news.py, invitations.py       what the index tells: changes by staff, open invitations
    reminder*.py, reminding.py, calendar_*.py     reminders, and files for calendars
    first_free.py, watch*.py, why.py, call*.py    the first free time, waiting for one, why not, the calls behind a page
    clinics.py, clinic_settings.py, administration/   clinics, and what their administrators decide
    pages.py, parts.py, prose.py, text/, templates/   how pages are made, and in which words

It keeps no bookings and no rules of booking. Imports webpages and contracts alone; app.py puts it together.
Source: domain.md §4, §5, §8.
"""
