"""The same request once more: after its answer, and after the answer was lost.

Source: contracts.md §12, MB-10.
"""
