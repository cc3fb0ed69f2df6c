"""Who is asked of all whom an event has reached already: chosen and queued together, by the rules of one by one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.kernel.held import held
from corsia.kernel.jobs import DUE, app
from corsia.listening.models import ListeningPlan
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.plan_quota import is_full
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.services.called import CALLED
from corsia.listening.services.plans import ASKS_BY_ITSELF
from corsia.listening.vocabulary import AskedBy, CancelReason, Design, PlanState
from corsia.messaging.occasions import OCCASIONS
from corsia.messaging.rules.planned import Delay, due_at
from corsia.messaging.services.gate_many import refusals
from corsia.organisation.queries import Tree, tree

FRESH = timedelta(days=1)  # what happened since is told as it happens: services.inviting
LONGEST_BACK = timedelta(days=400)
INVITE_SINCE = "listening.invite_since"  # the job


class AsksNobodyYet(Refused):
    code = "listening.asks_nobody_yet"
    message = _("The plan follows no event, or does not run. Start it with an event, then ask those of before too.")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """How many were reached by the event, and of them are asked."""

    reached: int
    waiting: int


def _demand_may_ask(plan: ListeningPlan, *, by: Actor) -> None:
    """Raise unless those whom the plan's event reached already may be asked now.

    Raises:
        NotAllowed, AsksNobodyYet: see there.
    """
    demand(by, MANAGE_LISTENING, plan.unit_id)
    if plan.state != PlanState.RUNNING or plan.occasion not in OCCASIONS or plan.instrument not in ASKS_BY_ITSELF:
        raise AsksNobodyYet


def ask_since(*, plan_id: int, since: datetime, by: Actor) -> None:
    """Have those asked whom the plan's event reached since an instant: `invite_since`, as a job.

    Raises:
        NotAllowed, AsksNobodyYet: as for `invite_since`.
    """
    _demand_may_ask(ListeningPlan.objects.find(plan_id), by=by)
    app.configure_task(INVITE_SINCE, queue=DUE).defer(plan_id=plan_id, since=since.isoformat(), person_id=by.id)


@transaction.atomic
def invite_since(*, plan_id: int, since: datetime, by: Actor, now: datetime) -> Chosen:
    """Write down the invitations of a plan for the events from an instant to a day ago, or why nobody is asked.

    Whoever had their event within the last day is asked as it happens. Of several events of one customer the latest
    counts. Twice is once: what has an invitation of the plan already, or a reason for none, is passed over.

    Raises:
        AsksNobodyYet: the plan follows no event, or does not run.
    """
    plan: ListeningPlan = ListeningPlan.objects.lock(plan_id)
    _demand_may_ask(plan, by=by)
    with held(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        reached = _reached(cursor, plan, since=max(since, now - LONGEST_BACK), now=now)
        if reached:
            refuse_by_rules(cursor, plan, now=now)
            refuse_by_gate(cursor, plan, now=now)
            cursor.execute(_LATEST_ONLY, {"today": f"{now:%d/%m/%Y}"})
            cursor.execute(_INVITE, {"plan": plan.pk, "now": now})
        cursor.execute("SELECT count(*) FROM chosen WHERE reason = ''")
        waiting = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE IF EXISTS chosen, chosen_unit")
    audit(plan, "invited_since", by=by, now=now, since=since.isoformat(), reached=reached, waiting=waiting)
    return Chosen(reached=reached, waiting=waiting)


def _reached(cursor: Any, plan: ListeningPlan, *, since: datetime, now: datetime) -> int:
    """Put the events into a table of this transaction, each with when its unit would ask; return how many there are."""
    below = [unit.pk for unit in tree().units.values() if unit.path.startswith(tree().unit(plan.unit_id).path)]
    events = OCCASIONS[plan.occasion].rows()
    events = events.filter(unit_id__in=below, reached_at__gte=since, reached_at__lt=now - FRESH)
    text, values = events.values(
        "id", "unit_id", "customer_id", "vehicle_id", "reached_at", "reference", "detail"
    ).query.sql_with_params()
    words = [f"%{_literal(word)}%" for word in plan.words.casefold().split()]
    cursor.execute(
        f"CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS {_CHOSEN.format(events=text)}",
        [*values, plan.pk, words, plan.make.strip().casefold(), plan.make.strip().casefold()],
    )
    count = int(cursor.rowcount)
    cursor.execute("CREATE INDEX ON chosen (root)")
    cursor.execute("ANALYZE chosen")
    return count


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def refuse_by_rules(cursor: Any, plan: ListeningPlan, *, now: datetime) -> bool:
    """Say why for what our own rules leave out: sample, units, quotas, staff, open cases, who was asked of late.

    Both this and `refuse_by_gate` write into the table `chosen` of this transaction; tell whether anybody stands in it.
    """
    places = tree()
    cursor.execute("SELECT DISTINCT unit_id FROM chosen")
    units = [_unit(plan, int(row[0]), places, now) for row in cursor.fetchall()]
    if not units:
        return False
    sample = 100 if plan.design == Design.CENSUS else plan.sample_pct
    cursor.execute(_UNITS, [*map(list, zip(*units, strict=True))])
    cursor.execute(
        _BY_RULES,
        {
            "drawn": f"listening.plan:{plan.pk}:",
            "sample": sample,
            "excluded": plan.excluded_processes,
            "longest": min(unit[5] for unit in units),
        },
    )
    return True


def _unit(plan: ListeningPlan, unit_id: int, places: Tree, now: datetime) -> tuple[Any, ...]:
    """Return how a unit asks: version, when, until when, why not, and since when somebody counts as asked."""
    rules = rules_in_force(unit_id)
    version_id = version_in_force(unit_id, plan.questionnaire.key) if plan.questionnaire else None
    send_after = due_at(
        now - FRESH,
        Delay(kind=plan.delay_kind, minutes=plan.delay_minutes, send_hour=plan.send_hour),
        hours=places.hours(unit_id),
        zone=places.time_zone(unit_id),
    )
    send_after = max(send_after, now)
    reason = "" if rules.is_on else CancelReason.SWITCHED_OFF.value
    if not reason and is_full(plan, unit_id):
        reason = CancelReason.QUOTA_FULL.value
    expires_at = send_after + timedelta(days=rules.expires_after_days)
    return unit_id, version_id, send_after, expires_at, reason, now - rules.pause


def refuse_by_gate(cursor: Any, plan: ListeningPlan, *, now: datetime) -> None:
    """Say why for whom messaging does not let us write to.

    Whoever may be asked by more ways than mail is not refused here: the way, or why none, is settled as it is sent.
    """
    is_called = plan.instrument in CALLED
    cursor.execute("SELECT customer_id, min(unit_id) FROM chosen WHERE reason = '' GROUP BY 1")
    unit_of = {
        customer_id: unit_id
        for customer_id, unit_id in cursor.fetchall()
        if is_called or list(plan.channels or rules_in_force(unit_id).channels) == [AskedBy.EMAIL]
    }
    channel = ConsentChannel.PHONE if is_called else ConsentChannel.EMAIL
    refused = refusals(unit_of, channel=channel, purpose=Purpose.SURVEY, now=now)
    cursor.execute(_BY_GATE, [CancelReason.NOT_ALLOWED.value, list(refused), [str(one) for one in refused.values()]])


# The events of a plan that have no invitation of it, with the customer that each record stands for.
_CHOSEN = """
    SELECT e.id AS row_id, e.unit_id, e.customer_id, e.vehicle_id, e.reached_at, c.language,
        coalesce(c.merged_into_id, c.id) AS root, ''::varchar AS reason, ''::varchar AS detail
    FROM ({events}) e JOIN customers_customer c ON c.id = e.customer_id
    WHERE NOT EXISTS (SELECT 1 FROM listening_invitation i WHERE i.plan_id = %s AND i.occasion_id = e.id)
        AND lower(e.reference || ' ' || e.detail) LIKE ALL (%s::text[])
        AND (%s = '' OR EXISTS (SELECT 1 FROM vehicles_vehicle v WHERE v.id = e.vehicle_id AND lower(v.make) = %s))
"""
_UNITS = """
    CREATE TEMPORARY TABLE chosen_unit ON COMMIT DROP AS
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[],
        %s::timestamptz[]) AS told(unit_id, version_id, send_after, expires_at, reason, asked_since)
"""
# In the order of services.inviting.reason_not_to_ask. Drawn by the first eight bytes of a digest, as there: the
# remainder of the upper four by a hundred weighs 96, that of two to the power of 32.
_BY_RULES = """
    WITH staff AS (
        SELECT DISTINCT coalesce(c.merged_into_id, c.id) AS root
        FROM organisation_person p
        JOIN customers_contactpoint k ON k.kind = 'email' AND lower(k.value) = lower(p.email)
        JOIN customers_customer c ON c.id = k.customer_id WHERE p.is_active),
    waiting AS (
        SELECT coalesce(c.merged_into_id, c.id) AS root, max(o.id) AS case_id
        FROM cases_case o JOIN customers_customer c ON c.id = o.customer_id
        JOIN cases_processversion v ON v.id = o.version_id JOIN cases_process p ON p.id = v.process_id
        WHERE o.closed_at IS NULL AND o.merged_into_id IS NULL AND p.key = ANY (%(excluded)s::text[]) GROUP BY 1),
    asked AS (
        SELECT coalesce(c.merged_into_id, c.id) AS root, max(i.at) AS created_at
        FROM (SELECT customer_id, created_at AS at FROM listening_invitation
            WHERE cancelled_at IS NULL AND created_at > %(longest)s
            UNION ALL SELECT customer_id, invited_at FROM listening_sessionparticipant
            WHERE customer_id IS NOT NULL AND invited_at > %(longest)s) i
        JOIN customers_customer c ON c.id = i.customer_id GROUP BY 1),
    judged AS (
        SELECT ch.row_id, CASE
            WHEN (('x' || substr(d.hex, 1, 8))::bit(32)::bigint %% 100 * 96
                + ('x' || substr(d.hex, 9, 8))::bit(32)::bigint %% 100) %% 100 >= %(sample)s THEN 'not_in_sample'
            WHEN u.reason <> '' THEN u.reason
            WHEN staff.root IS NOT NULL THEN 'employee'
            WHEN waiting.root IS NOT NULL THEN 'excluded_case'
            WHEN asked.created_at > u.asked_since THEN 'recently_asked'
            ELSE '' END AS reason, waiting.case_id, asked.created_at
        FROM chosen ch JOIN chosen_unit u USING (unit_id)
        CROSS JOIN LATERAL (
            SELECT encode(sha256(convert_to(%(drawn)s || ch.row_id, 'UTF8')), 'hex') AS hex OFFSET 0) d
        LEFT JOIN staff USING (root) LEFT JOIN waiting USING (root) LEFT JOIN asked USING (root))
    UPDATE chosen SET reason = judged.reason, detail = CASE judged.reason
        WHEN 'excluded_case' THEN '#' || judged.case_id
        WHEN 'recently_asked' THEN to_char(judged.created_at AT TIME ZONE 'UTC', 'DD/MM/YYYY') ELSE '' END
    FROM judged WHERE judged.row_id = chosen.row_id AND judged.reason <> ''
"""
_BY_GATE = """
    UPDATE chosen SET reason = %s, detail = told.detail
    FROM unnest(%s::bigint[], %s::text[]) AS told(customer_id, detail)
    WHERE told.customer_id = chosen.customer_id AND chosen.reason = ''
"""
_LATEST_ONLY = """
    UPDATE chosen SET reason = 'recently_asked', detail = %(today)s
    FROM (SELECT row_id, row_number() OVER (PARTITION BY root ORDER BY reached_at DESC, row_id DESC) AS place
        FROM chosen WHERE reason = '') ranked
    WHERE ranked.row_id = chosen.row_id AND ranked.place > 1
"""
_INVITE = """
    INSERT INTO listening_invitation (
        plan_id, occasion_id, happened_at, unit_id, customer_id, vehicle_id, version_id, language, created_at,
        send_after, expires_at, cancelled_at, cancel_reason, cancel_detail)
    SELECT %(plan)s, ch.row_id, ch.reached_at, ch.unit_id, ch.customer_id, ch.vehicle_id, u.version_id, ch.language,
        %(now)s, u.send_after, u.expires_at, CASE WHEN ch.reason <> '' THEN %(now)s::timestamptz END, ch.reason,
        ch.detail
    FROM chosen ch JOIN chosen_unit u USING (unit_id)
    WHERE u.version_id IS NOT NULL
    ORDER BY ch.row_id
    ON CONFLICT DO NOTHING
"""
