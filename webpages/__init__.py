"""What the web sites of all parts share: typed forms, catalogues of texts, and what surrounds every answer.

    surroundings.py    a site's settings, its cookie, the headers of each answer, pages for what went wrong
    tokens.py          that a form is from one of the visit's own pages; once.py: that it is carried out once
    forms.py           what was typed, as values, or sentences about what is wrong with it
    texts.py           the catalogues; show.py: moments, days and counts as Swedish text
    look.py            the colours that all sites have in common (static/tokens.css)
Elsewhere: who is here and what that one may do, the pages and their templates, which are each site's own.
"""
