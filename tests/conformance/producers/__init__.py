"""Scheduling systems that are not ours: written from the contracts alone, judged as anybody's."""
