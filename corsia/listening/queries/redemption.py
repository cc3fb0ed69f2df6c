"""How many were to be asked, were, and answered: the way of invitations, by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corsia.kernel.statements import Statement
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import CLOSING, OF_SURVEY, versions_of
from corsia.listening.rules.funnel import FunnelStep, funnel

STEPS = ("eligible", "invited", "arrived", "opened", "answered", "complete")

_CHOSEN = "(%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))"

# An invitation that was handed out at the counter, or whose mail is long gone from the outbox, has no row there.
_INVITED = Statement(
    f"""
    SELECT COALESCE(r.channel, CASE WHEN p.instrument IN ('ivr', 'phone') THEN p.instrument ELSE a.channel END),
        count(*), count(a.sent_at),
        count(a.sent_at) FILTER (WHERE o.state IS NULL OR o.state NOT IN ('bounced', 'failed')),
        count(o.read_at), count(r.id), count(r.completed_at)
    FROM listening_invitation a
    LEFT JOIN listening_response r ON r.invitation_id = a.id
    LEFT JOIN listening_listeningplan p ON p.id = a.plan_id
    LEFT JOIN messaging_outgoing o
        ON o.idempotency_key = 'listening.invitation:' || a.id AND a.sent_at IS NOT NULL
    WHERE {{within}} AND a.created_at >= %(since)s AND a.created_at <= %(until)s AND {OF_SURVEY} AND {_CHOSEN}
    GROUP BY 1 ORDER BY 2 DESC, 1
    """,
    column="a.unit_id",
    is_report=True,
)
# At the counter, in the kiosk, by keypad: nobody was invited by name.
_WALKED_IN = Statement(
    f"""
    SELECT a.channel, count(*), count(a.completed_at)
    FROM listening_response a
    WHERE {{within}} AND a.invitation_id IS NULL AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s
        AND {OF_SURVEY} AND {_CHOSEN}
    GROUP BY 1 ORDER BY 2 DESC, 1
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class ChannelWay:
    """The way of one channel; a step whose number is not known is missing."""

    channel: str
    steps: Sequence[FunnelStep]


def redemption(
    *, since: datetime, until: datetime, survey: str = CLOSING, unit_id: int | None = None
) -> list[ChannelWay]:
    """Return the way of the invitations planned in a period, the channel with most of them first.

    An answer by another channel than the invitation's counts, with its invitation, for the channel of the answer.
    """
    chosen = None if unit_id is None else subtree(unit_id)
    asked = {"since": since, "until": until, "chosen": chosen, **versions_of(survey)}
    found = []
    for channel, eligible, invited, arrived, opened, answered, complete in _INVITED.rows(**asked):
        # Mails are not spied on: whether somebody opened one is known where the channel itself reports it.
        numbers = (eligible, invited, arrived, opened or None, answered, complete)
        found.append(ChannelWay(channel=channel, steps=funnel(list(zip(STEPS, numbers, strict=True)))))
    for channel, answered, complete in _WALKED_IN.rows(**asked):
        steps = funnel([("answered", answered), ("complete", complete)])
        found.append(ChannelWay(channel=channel, steps=steps))
    return found
