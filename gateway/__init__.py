"""Who may say it to whom: the life of a request through the gateway.

    http_protocol.py   HTTP on one connection; traffic.py gathers a call there, listener_tls.py holds the certificates
    door.py            bounds what comes in, serves WSDL (wsdl_pages.py) and pages (admin.py, tak/services.py)
    pipeline.py        the steps in the platform's own order: the file to read first
      senders.py         who calls: client certificate (certificates.py), internal headers, the demo's own consumer
      reading.py         header and body (contracts/envelope.py), whole or scanned; attachments.py
      spyne_host.py      the Spyne application of the contract
      routing.py         address + contract + now → route, by the steps of look_ups.py and the tree of hsa.py
      authorisation.py   consumer + address + contract + now → may it?
      validation         the body against its XSD (contracts/validation.py)
      profiles.py        RIV-TA 2.0 ↔ 2.1 where the route's profile differs; charsets.py for other encodings
      producers.py       adapter:NAME → a plug-in in its own threads;  platform: → ping.py;  http(s)://… → forwarder.py
        forwarder.py       attempts (retries.py, time_outs.py), headers.py, producer_tls.py, producer_client.py
    faults.py          errors as the platform's faults
    message_log.py     one record a call, from which it can be explained; ecs_log.py the real platform's events
    settings.py        how one gateway behaves; properties.py knows the real platform's names for it
    tak/               routes and authorisations: as they stood at one moment, kept, published, exchanged, served

Routing, authorisation, profiles and faults are pure: values in, a decision out.
"""
