"""Open and timed invitations, where the target has some for the test persons.

Source: contracts.md §3.3, §5.9, §5.11, §5.12.
"""
