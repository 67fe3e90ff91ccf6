"""The conformance kit: its parts, what it says of our own systems, and that it catches broken ones."""
