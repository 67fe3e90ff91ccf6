"""What is offered: care types, clinics, performers, time types, by what the target has of them.

Source: contracts.md §5.3–5.6.
"""
