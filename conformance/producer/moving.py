"""Moving a booking: the old time is freed, the new one stands, a failed move loses nothing.

Source: contracts.md §5.12.
"""
