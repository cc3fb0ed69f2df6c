"""Show the other side of a live channel what happens here: something for them, somebody types, theirs were read."""

from corsia.messaging.models import Correspondent, Thread
from corsia.messaging.ports import Signal, adapter_of


def signal(row: Correspondent, what: Signal) -> None:
    """Show a correspondent what happens, where their channel can."""
    if (adapter := adapter_of(row.account.channel)) is not None:
        adapter.signal(row.account, to=row.external_id, what=what)


def signal_case(case_id: int, what: Signal) -> None:
    """Show whoever wrote last on a case by a chat channel what happens."""
    thread = Thread.unscoped.select_related("correspondent__account").filter(pk=case_id).first()
    if thread is not None and thread.correspondent is not None:
        signal(thread.correspondent, what)
