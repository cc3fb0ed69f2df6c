"""In which stage an order is while it is worked on; check, ready and closed are said by people."""

from collections.abc import Collection

from corsia.workshop.vocabulary import LineState, OrderStage

SAID_BY_PEOPLE = (OrderStage.CHECKING, OrderStage.READY, OrderStage.CLOSED)


def stage_now(stage: str, *, lines: Collection[str], is_begun: bool) -> OrderStage:
    """Return the stage that follows from the lines.

    Args:
        lines: state of each line.
        is_begun: somebody clocked on already.
    """
    if LineState.PROPOSED in lines and LineState.APPROVED not in lines:
        return OrderStage.WAITING
    if stage in SAID_BY_PEOPLE and LineState.APPROVED not in lines:
        return OrderStage(stage)
    return OrderStage.WORKING if is_begun or LineState.DONE in lines else OrderStage.RECEIVED
