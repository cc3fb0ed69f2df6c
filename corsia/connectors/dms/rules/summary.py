"""The counts of a run."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """What became of the rows of a file, or would become of them."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    left_out: int = 0

    @property
    def left_out_pct(self) -> float:
        """Percent of the rows that were left out."""
        return 100 * self.left_out / self.rows if self.rows else 0.0
