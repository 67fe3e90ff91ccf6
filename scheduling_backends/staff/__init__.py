"""What the staff pages of all scheduling systems share: the site around them, signing in, and their common look.

    site.py        a system's site: its blueprints, its page for what went wrong
    sign_in.py     choosing a card and a clinic, and leaving; visits.py: who is here, and what that one may do
    pages.py       showing a page: its context, the texts, the navigation
    show.py        persons as Swedish text, beside what all sites show; texts.py: the catalogues
    schedule.py, making.py, copying.py, closed_hours.py, periods.py    schedules, and exceptions from them
Elsewhere: the pages of one system alone (timebook/staff/, takecare/staff/), roles (engine/staff.py), what the sites of
other parts share too (webpages).
"""
