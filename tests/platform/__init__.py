"""The national platform's rules, judged from outside: a gateway as a process, called over sockets.

Source: platform.md §2–§18 and the matrix of §24; each test names the rows it shows.
"""
