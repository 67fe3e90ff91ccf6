"""The two header blocks and the profiles: order, prefixes, unknown blocks, a missing or odd Actor.

Source: contracts.md §2.5, §4.
"""
