"""May we write to many? The same decision as for one, with a few statements for all of them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection

from corsia.messaging.queries.contact_rules import rules_of_units
from corsia.messaging.rules.budget import Counted
from corsia.messaging.rules.gate import KnownContact, consent_channel, judge, timed
from corsia.messaging.rules.quiet import obeys_quiet_hours

# Only who has a flag or ever stated anything: of everybody else nothing is known, and that is one decision.
_KNOWN = """
    WITH asked AS (
        SELECT told.id, coalesce(c.merged_into_id, c.id) AS root
        FROM unnest(%(customers)s::bigint[]) AS told(id) JOIN customers_customer c ON c.id = told.id),
    flags AS (
        SELECT coalesce(c.merged_into_id, c.id) AS root, array_agg(DISTINCT f.flag ORDER BY f.flag) AS flags
        FROM customers_customerflag f JOIN customers_customer c ON c.id = f.customer_id GROUP BY 1),
    stated AS (
        SELECT DISTINCT ON (1) coalesce(c.merged_into_id, c.id) AS root, s.is_given
        FROM customers_consent s JOIN customers_customer c ON c.id = s.customer_id
        WHERE s.purpose = %(purpose)s AND s.channel IN (%(channel)s, 'any') AND s.stated_at <= %(now)s
        ORDER BY 1, s.stated_at DESC, s.id DESC)
    SELECT asked.id, coalesce(flags.flags, '{}'), stated.is_given
    FROM asked LEFT JOIN flags USING (root) LEFT JOIN stated USING (root)
    WHERE flags.root IS NOT NULL OR stated.root IS NOT NULL
"""
# A place is given back when what took it did not leave after all.
_COUNTED = """
    WITH asked AS (
        SELECT told.id, coalesce(c.merged_into_id, c.id) AS root
        FROM unnest(%(customers)s::bigint[]) AS told(id) JOIN customers_customer c ON c.id = told.id),
    counted AS (
        SELECT coalesce(c.merged_into_id, c.id) AS root, n.at, n.purpose, n.id
        FROM messaging_countedcontact n JOIN customers_customer c ON c.id = n.customer_id
        LEFT JOIN messaging_outgoing o ON o.id = n.outgoing_id
        WHERE n.at > %(since)s AND coalesce(o.state, '') NOT IN ('failed', 'blocked', 'cancelled'))
    SELECT asked.id, counted.at, counted.purpose FROM asked JOIN counted USING (root) ORDER BY counted.at, counted.id
"""


def refusals(unit_of: Mapping[int, int], *, channel: str, purpose: str, now: datetime) -> dict[int, str]:
    """Return which of some customers may not be written to, and why; who may, at once or later, is not among them.

    Args:
        unit_of: customers, and for each the unit that writes.
        channel, purpose: as for `may_contact`, without an address: any of theirs will do.
    """
    spoken = consent_channel(channel)

    @cache
    def judged(flags: frozenset[str], consent: bool | None) -> str:
        verdict = judge(KnownContact(flags=flags, consent=consent), purpose=purpose, channel=spoken)
        return "" if verdict.allowed else verdict.reason

    refused: dict[int, str] = {}
    unknown = judged(frozenset(), None)
    if unknown:
        refused = dict.fromkeys(unit_of, unknown)
    values: dict[str, Any] = {"customers": list(unit_of), "purpose": purpose, "channel": spoken, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, values)
        for customer_id, flags, consent in cursor.fetchall():
            if reason := judged(frozenset(flags), consent):
                refused[customer_id] = reason
            else:
                refused.pop(customer_id, None)
    return refused | _without_place(unit_of, refused, spoken=spoken, purpose=purpose, now=now)


def _without_place(
    unit_of: Mapping[int, int], refused: Mapping[int, str], *, spoken: str, purpose: str, now: datetime
) -> dict[int, str]:
    """Return those who were written to so often of late that they would have to wait longer than makes sense."""
    rules = rules_of_units(set(unit_of.values()))
    longest = max((budget.window for one in rules.values() for budget in one.budgets), default=timedelta(0))
    is_quiet = obeys_quiet_hours(channel=spoken, purpose=purpose)
    counted: dict[int, list[Counted]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"customers": list(unit_of), "since": now - longest - timedelta(days=1)})
        for customer_id, at, of in cursor.fetchall():
            counted[customer_id].append(Counted(at=at, purpose=of))

    def verdict_reason(unit_id: int, places: list[Counted]) -> str:
        verdict = timed(
            purpose=purpose,
            now=now,
            quiet=rules[unit_id].quiet if is_quiet else None,
            wrote_at=None,
            is_answer=False,
            budgets=rules[unit_id].budgets,
            counted=places,
        )
        return "" if verdict.allowed else verdict.reason

    found = {unit_id: verdict_reason(unit_id, []) for unit_id in rules}  # for whoever was not written to
    late = {pk: found[unit] for pk, unit in unit_of.items() if found[unit]} if any(found.values()) else {}
    for customer_id, places in counted.items():
        if reason := verdict_reason(unit_of[customer_id], places):
            late[customer_id] = reason
        else:
            late.pop(customer_id, None)
    return {pk: reason for pk, reason in late.items() if pk not in refused}
