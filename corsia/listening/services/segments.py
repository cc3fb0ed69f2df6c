"""The base is enriched after each wave: whoever answered a plan that is over gets their band."""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from corsia.listening.rules.nps import DETRACTOR_UP_TO, PROMOTER_FROM
from corsia.listening.vocabulary import PlanState

_ENRICH = """
    INSERT INTO listening_wavesegment (unit_id, customer_id, plan_id, response_id, band, score, answered_at)
    SELECT DISTINCT ON (a.plan_id, a.customer_id) a.unit_id, a.customer_id, a.plan_id, a.id,
        CASE WHEN a.score >= %(promoter)s THEN 'promoter' WHEN a.score <= %(detractor)s THEN 'detractor'
            ELSE 'passive' END, a.score, a.answered_at
    FROM listening_response a JOIN listening_listeningplan p ON p.id = a.plan_id
        JOIN customers_customer c ON c.id = a.customer_id
    WHERE (p.state = %(ended)s OR p.ends_on < (%(now)s AT TIME ZONE %(zone)s)::date)
        AND (%(since)s::timestamptz IS NULL OR a.settled_at > %(since)s
            OR CASE WHEN p.state = %(ended)s THEN p.changed_at ELSE p.ends_on::timestamptz END > %(since)s)
        AND (%(plan)s::bigint IS NULL OR p.id = %(plan)s)
        AND a.score IS NOT NULL AND a.settled_at IS NOT NULL
        AND (c.first_name <> '' OR c.last_name <> '' OR c.company_name <> ''
            OR EXISTS (SELECT 1 FROM customers_contactpoint k WHERE k.customer_id = c.id))
    ORDER BY a.plan_id, a.customer_id, a.answered_at DESC, a.id DESC
    ON CONFLICT (plan_id, customer_id) DO UPDATE SET unit_id = EXCLUDED.unit_id, response_id = EXCLUDED.response_id,
        band = EXCLUDED.band, score = EXCLUDED.score, answered_at = EXCLUDED.answered_at
    WHERE listening_wavesegment.response_id <> EXCLUDED.response_id OR listening_wavesegment.score <> EXCLUDED.score
"""


@transaction.atomic
def enrich_by_waves(*, now: datetime, plan_id: int | None = None, since: datetime | None = None) -> int:
    """Give everybody who answered a plan that is over the band of their newest answer to it; return how many changed.

    Answers that come after the end count too, at the next night. Who was erased keeps no name and no address, and
    gets no band again.

    Args:
        plan_id: only this plan; None for all that are over.
        since: only what ended or was answered since then: a band that was deleted when its term was over stays away.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ENRICH,
            {
                "promoter": PROMOTER_FROM,
                "detractor": DETRACTOR_UP_TO,
                "ended": str(PlanState.ENDED),
                "now": now,
                "zone": settings.TIME_ZONE,
                "plan": plan_id,
                "since": since,
            },
        )
        return int(cursor.rowcount)
