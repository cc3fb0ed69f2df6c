"""What improvement tells."""

from dataclasses import dataclass

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class ActionDone(Fact):
    """An action is finished: whoever listens on its touchpoint may begin the next wave.

    Attributes:
        touchpoint: key of the touchpoint of the journey; "" where the action names none.
    """

    action_id: int
    touchpoint: str
