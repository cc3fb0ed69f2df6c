"""Which mailbox an address belongs to, and from which a unit writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corsia.messaging.models import Mailbox
from corsia.messaging.rules.reply_marks import mailbox_part
from corsia.organisation.models import Unit

_KNOWN = ("address", "unit_id", "process_key", "acknowledges", "is_mailing_group")  # no secret is opened for a list


@dataclass(frozen=True)
class KnownMailbox:
    """A mailbox as the receiving side needs it."""

    id: int
    address: str
    unit_id: int
    process_key: str
    acknowledges: bool
    is_mailing_group: bool


def receiving_mailboxes() -> Mapping[str, KnownMailbox]:
    """Return the active mailboxes by lower-case address."""
    known = (
        KnownMailbox(
            id=row.pk,
            address=row.address.lower(),
            unit_id=row.unit_id,
            process_key=row.process_key,
            acknowledges=row.acknowledges,
            is_mailing_group=row.is_mailing_group,
        )
        for row in Mailbox.unscoped.filter(is_active=True).only(*_KNOWN)
    )
    return {mailbox.address: mailbox for mailbox in known}


def mailbox_of(addresses: Iterable[str], known: Mapping[str, KnownMailbox]) -> KnownMailbox | None:
    """Return the mailbox of the first address that has one; +tags are not part of a mailbox's name."""
    for address in addresses:
        found = known.get(address.strip().lower()) or known.get(mailbox_part(address))
        if found is not None:
            return found
    return None


def mailbox_for_unit(unit: Unit) -> Mailbox | None:
    """Return the mailbox from which a unit writes: its own, or the nearest one above."""
    chain = [*unit.ancestor_ids, unit.pk]
    rows = Mailbox.unscoped.filter(unit_id__in=chain, is_active=True)
    return max(rows, key=lambda row: (chain.index(row.unit_id), -row.pk), default=None)
