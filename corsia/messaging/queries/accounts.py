"""Our accounts at the providers of channels."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import adapter_of
from corsia.messaging.vocabulary import explained
from corsia.organisation.queries import tree
from corsia.ui.channels import channel_look


def account_of(account_id: int | None) -> ChannelAccount | None:
    """Return an account by its id, whatever the scope: what came through its webhook proved itself there."""
    return ChannelAccount.unscoped.filter(pk=account_id).first() if account_id is not None else None


def account_by_hook(channel: str, hook_key: str) -> ChannelAccount | None:
    """Return the account whose webhook has this address, switched on or not: what arrives is kept all the same."""
    # By hand: to build this statement took as long as everything else that acknowledges a call.
    found = ChannelAccount.unscoped.raw(
        "SELECT * FROM messaging_channelaccount WHERE hook_key = %s AND channel = %s", [hook_key, channel]
    )
    return next(iter(found), None)


def account_named(channel: str, external_id: str) -> ChannelAccount | None:
    """Return the account that a provider means: several may share one webhook and one secret."""
    return ChannelAccount.unscoped.filter(channel=channel, external_id=external_id).first()


@dataclass(frozen=True, kw_only=True)
class ChannelCard:
    """A channel of a unit and how it is.

    Attributes:
        tone: "ok", "warn" or "bad", for the eye; `sentence` says it in words.
        waiting, failed: messages of ours that wait or did not leave within the last seven days, at most 100 counted.
        in_quarantine: events of it that could not be read, at most 100 counted.
    """

    account: ChannelAccount
    unit_name: str
    label: Any
    icon: str
    tone: str
    sentence: str
    waiting: int
    failed: int
    in_quarantine: int


_COUNTS = """
    SELECT c.account_id, count(*) FILTER (WHERE o.state IN ('waiting', 'sending')),
        count(*) FILTER (WHERE o.state = 'failed')
    FROM messaging_outgoing o JOIN messaging_correspondent c ON c.id = o.correspondent_id
    WHERE c.account_id = ANY(%s) AND o.created_at > %s AND o.state IN ('waiting', 'sending', 'failed')
    GROUP BY c.account_id
"""
RECENT = timedelta(days=7)


def channel_cards(*, now: datetime) -> list[ChannelCard]:
    """Return the channels within the scope by kind and name, with their health, in three statements."""
    rows = list(
        ChannelAccount.objects.defer("token", "signing_secret", "hello_secret").order_by("channel", "name", "pk")
    )
    ids = [row.pk for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [ids, now - RECENT])
        counts = {account_id: (waiting, failed) for account_id, waiting, failed in cursor.fetchall()}
        cursor.execute(
            "SELECT account_id, count(*) FROM messaging_inbound WHERE state = 'quarantined' AND account_id = ANY(%s)"
            " GROUP BY account_id",
            [ids],
        )
        bad = dict(cursor.fetchall())
    organisation = tree()
    return [_card(row, organisation.label(row.unit_id), counts.get(row.pk, (0, 0)), bad.get(row.pk, 0)) for row in rows]


def _card(row: ChannelAccount, unit_name: str, counts: tuple[int, int], bad: int) -> ChannelCard:
    look = channel_look(row.channel)
    waiting, failed = counts
    sentence, tone = "", "ok"
    has_failed_since = row.last_error_at is not None and (
        row.last_out_at is None or row.last_error_at > row.last_out_at
    )
    if adapter_of(row.channel) is None:
        sentence, tone = _("Its connector is not installed any more."), "bad"
    elif not row.is_active:
        sentence, tone = _("Switched off: what arrives is kept, nothing leaves."), "warn"
    elif has_failed_since:
        sentence, tone = explained(row.last_error)[0] or row.last_error, "bad"
    elif bad:
        sentence, tone = _("Something arrived that could not be read."), "warn"
    elif row.last_in_at is None:
        sentence = _("Ready. Nothing has arrived yet.")
    return ChannelCard(
        account=row,
        unit_name=unit_name,
        label=look.label if look else row.channel,
        icon=look.icon if look else "plug-x",
        tone=tone,
        sentence=sentence,
        waiting=min(waiting, 100),
        failed=min(failed, 100),
        in_quarantine=min(bad, 100),
    )
