"""The clinics' administrators: what they decide about their clinics' services on the web (domain.md §8)."""
