"""The outbox as its page shows it: what waits, what failed, what came back, what left."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from corsia.messaging.models import Outgoing
from corsia.messaging.vocabulary import OutboxState, explained
from corsia.organisation.queries import tree

PAGE = 40
CAP = 100  # counts stop here: "99+"
TABS: dict[str, Sequence[str]] = {
    "waiting": (OutboxState.WAITING, OutboxState.SENDING),
    "failed": (OutboxState.FAILED, OutboxState.BLOCKED),
    "bounced": (OutboxState.BOUNCED,),
    "sent": (OutboxState.SENT,),
    "all": tuple(OutboxState.values),
}


@dataclass(frozen=True)
class OutboxRow:
    """One mail of the list; `sentence` says why it did not leave, `place` of which unit it is."""

    mail: Outgoing
    place: str
    sentence: str


@dataclass(frozen=True)
class OutboxPage:
    """A page of rows, the youngest first; `older` is the id to go on from, None on the last page."""

    rows: list[OutboxRow]
    older: int | None


def outbox_page(*, tab: str, before: int | None) -> OutboxPage:
    """Return the rows of a tab within the scope."""
    rows = _tab(tab).select_related("message", "mailbox").defer("body", "secret_body").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    organisation = tree()
    shown = [
        OutboxRow(row, organisation.label(row.unit_id), explained(row.last_error)[0] if row.last_error else "")
        for row in found[:PAGE]
    ]
    return OutboxPage(rows=shown, older=found[PAGE - 1].pk if len(found) > PAGE else None)


def outbox_counts() -> dict[str, int]:
    """Return how many rows need somebody's eye, each at most CAP."""
    return {tab: _tab(tab)[:CAP].count() for tab in ("waiting", "failed", "bounced")}


def _tab(tab: str) -> "QuerySet[Outgoing]":
    rows: QuerySet[Outgoing] = Outgoing.objects.all()
    return rows if tab == "all" else rows.filter(state__in=TABS[tab])
