"""The contracts themselves: WSDL and XSD files in the official folder layout, and `errata.toml`; no code.

A package only so that `importlib.resources` finds the files. README.md says what stands here.
"""
