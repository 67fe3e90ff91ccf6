"""What can be said: the national service contracts as Python values.

A reader's way in: `errors` (how a call can fail), `xml` (the one door for XML), `envelope` (header and body),
`catalogue` (which contracts there are), `validation` (is a message valid), `scheduling` (the typed messages),
`codec` (messages ↔ XML), `producer` (what a scheduling system implements), `consumer` (how one is asked).

Imports none of our other packages; all of them import this one.
"""
