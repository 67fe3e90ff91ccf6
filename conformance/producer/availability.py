"""When there is a free time: days, times, intervals, filters; the same to both questions.

Source: contracts.md §5.7, §5.8.
"""
