"""Many at once for one time: is a seat sold twice, does a confirmed booking vanish?

Source: contracts.md MB-9, G-16; DESIGN.md §5.
"""
