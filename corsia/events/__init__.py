"""The published language: facts that became true, told by their owner, as frozen dataclasses of primitives.

Each context has one module here. A fact carries ids and the values that reactions need; its snapshot is authoritative.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that became true.

    Attributes:
        unit_id: the unit in whose part of the tree it happened.
        occurred_at: aware instant at which it became true.
        subject: class-level name of the field that holds the customer whose story it belongs to; "" when it belongs to
            nobody's.
    """

    subject: ClassVar[str] = ""

    unit_id: int
    occurred_at: datetime
