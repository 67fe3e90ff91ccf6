"""The form of everything that came back in the run: HTTP, SOAP, schema by two validators, times, TimeslotType.

Source: contracts.md §2, §3, §5.1, §6.
"""
