"""Memory of a gateway process at rest and after the calls of the comparison."""

from bench.report import Figure, Section

BAR_MEGABYTES = 150


def section(at_rest: float, after: float, calls: int) -> Section:
    """Resident megabytes of the process with default settings: started, and after so many calls."""
    return Section(
        "Memory",
        "Resident memory of the gateway process with its default settings.",
        (
            Figure("at rest, MB", f"{at_rest:.0f}", f"≤ {BAR_MEGABYTES}", at_rest <= BAR_MEGABYTES),
            Figure(f"after {calls:,} calls, MB", f"{after:.0f}"),
        ),
    )
