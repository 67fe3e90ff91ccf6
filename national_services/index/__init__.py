"""The engagement index: which clinics hold something for a citizen, told by those who hold it, told on to subscribers.

Source: platform.md §21; contracts.md §7, §10.
"""
