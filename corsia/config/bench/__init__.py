"""Benchmarks that anyone can run again: `corsia bench`, with names for some of them. Figures only, no verdicts."""

import json
import os
import platform
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        goal: what it should be, with its direction, for example ">= 60" or "<= 25"; "" when there is none.
        conditions: what it was measured on: machine, data, number of runs.
    """

    bench: str
    figure: str
    value: float
    unit: str
    goal: str
    conditions: str

    def line(self) -> str:
        """Return the figure as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)


def machine() -> str:
    """Name the machine the figures were measured on."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, embedded PostgreSQL"


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
