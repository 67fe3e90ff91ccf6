"""Aggregating services: one question, asked of everybody that the index names, one answer with who did not give any.

Source: platform.md §22; contracts.md §11.
"""
