"""Cancelling: allowed by the flag alone, the time is free at once, the booking gone everywhere.

Source: contracts.md §5.2.
"""
