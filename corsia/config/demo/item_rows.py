"""Single answers of surveys, written with COPY."""

from datetime import datetime

from corsia.config.demo.copying import Table
from corsia.listening.models import ResponseItem

LOW_AT_MOST = 6  # as the shipped questionnaires have it


class ItemRows:
    """Collects what was answered to single questions."""

    def __init__(self) -> None:
        self._table = Table(
            ResponseItem,
            *("response", "unit", "question", "series", "number", "text", "choices", "is_low", "answered_at"),
        )

    def add(
        self, response_id: int, unit_id: int, question: str, at: datetime, *, number: int | None = None, text: str = ""
    ) -> None:
        """Collect one answer: a score, or words."""
        is_low = number is not None and number <= LOW_AT_MOST and question != "call_me"
        self._table.add(response_id, unit_id, question, 1, number, text, "{}", is_low, at)

    def write(self) -> int:
        """Copy what was collected so far and return how many answers they were."""
        return self._table.write()
