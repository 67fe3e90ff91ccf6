"""Who may say it to whom: the life of a request through the gateway.

    door.py            ASGI: bounds what comes in, gives every answer its correlation id, serves WSDL, health, status
    pipeline.py        the steps in the platform's own order: the file to read first
      senders.py         who calls: client certificate, internal headers, certificate header, the demo's own consumer
      envelope           header and body (contracts/envelope.py)
      spyne_host.py      the Spyne application of the contract
      routing.py         address + contract + now → route
      authorisation.py   consumer + address + contract + now → may it?
      validation         the body against its XSD (contracts/validation.py)
      profiles.py        RIV-TA 2.0 ↔ 2.1 where the route's profile differs
      producers.py       adapter:NAME → a plug-in in its own threads;  http(s)://… → forwarder.py
    faults.py          errors as the platform's faults
    message_log.py     one record a call, from which it can be explained
    tak/               routes and authorisations as they stood at one moment

Routing, authorisation, profiles and faults are pure: values in, a decision out.
"""
