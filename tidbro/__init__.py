"""The umbrella: settings, wiring, the command line and the demo region. Imports everything, imported by nothing."""
