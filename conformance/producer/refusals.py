"""What must be refused, and how: taken and past times, other people's bookings, unknown ids.

Source: contracts.md §3 (G-14 to G-17), §4, §5.
"""
