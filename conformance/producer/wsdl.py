"""What the target's WSDL says, where it serves one: names, namespaces, actions, parts.

Source: contracts.md §2.1, §2.2, §2.6.
"""
