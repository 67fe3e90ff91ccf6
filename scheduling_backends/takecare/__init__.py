"""A TakeCare-like record system: a calendar in a journal system, with words, codes and rules of its own.

The system
    system.py     the system itself: the engine on a database of its own
    service.py    its SOAP service, with the contract in wsdl/, as a WSGI application
    staff/        its staff's pages
The adapter, which knows the system by its service alone
    adapter.py    the plug-in, with settings.py
    link.py       calling the service
What both go by
    mapping.py    the one table of every translation; records.py reads and writes by it
Elsewhere: rules, tables and what is done with them (engine/).
"""
