"""Faulty calls at the level of the protocol, each told in cases.toml, against a gateway as a process."""
