"""The citizens' e-service."""
