"""How long it takes to choose whom to ask of a million customers with an event, and to queue their invitations."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from corsia.config.bench import Figure, machine
from corsia.config.bench.database import busy_seconds
from corsia.config.bench.surveys import questionnaire_in_force
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.listening.models import Invitation, ListeningPlan, Touchpoint
from corsia.listening.services import invite_since
from corsia.listening.vocabulary import PlanState
from corsia.organisation.models import Unit

CONTACTS = 1_000_000
GOAL = 60  # seconds
_DETAIL = "bench"  # of the events, by which a second run knows them


def measure(*, progress: Callable[[str], None], contacts: int = CONTACTS) -> Iterator[Figure]:
    """Yield the seconds for all of them; what was queued is removed again, so that the next run chooses anew."""
    now = timezone.now()
    with scope.system("bench"):
        _customers(contacts, progress)
        plan = _plan()
        _remove(plan)
        load = os.getloadavg()[0]
        began, was_busy = time.perf_counter(), busy_seconds(os.getpid())
        chosen = invite_since(plan_id=plan.pk, since=now - timedelta(days=60), by=system("bench"), now=now)
        took, busy = time.perf_counter() - began, busy_seconds(os.getpid()) - was_busy
        rows = Invitation.objects.filter(plan=plan)
        written, waiting = rows.count(), rows.filter(cancelled_at=None).count()
        if (written, waiting) != (chosen.reached, chosen.waiting):
            raise RuntimeError(f"{written:,} written, {waiting:,} of them waiting, against {chosen}")
        _remove(plan)
    conditions = (
        f"{machine()}; {chosen.reached:,} customers with an event in 60 days, {chosen.waiting:,} queued, the others"
        f" with their reason; load {load:.1f}"
    )
    yield Figure("invitations", "chosen and queued", round(took, 1), "s", f"<= {GOAL}", conditions)
    yield Figure("invitations", "processor time", round(busy, 1), "s", "", conditions)
    yield Figure("invitations", "contacts a second", round(chosen.reached / took), "a second", "", conditions)


def _plan() -> ListeningPlan:
    root, now = Unit.objects.get(parent=None), timezone.now()
    found: ListeningPlan | None = ListeningPlan.objects.filter(unit=root, name="Un milione").first()
    if found is not None:
        return found
    touchpoint = Touchpoint.objects.filter(unit=root, key="bench").first() or Touchpoint.objects.create(
        unit=root, key="bench", name_it="Officina", name_en="Workshop", stage="service"
    )
    return ListeningPlan.objects.create(  # type: ignore[no-any-return]
        unit=root,
        name="Un milione",
        touchpoint=touchpoint,
        questionnaire=questionnaire_in_force(root),
        starts_on=date(2020, 1, 1),
        occasion="customers.order_closed",
        delay_minutes=60,
        words=_DETAIL,
        excluded_processes=["complaint"],
        state=PlanState.RUNNING,
        changed_at=now,
    )


def _remove(plan: ListeningPlan) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM listening_invitation WHERE plan_id = %s", [plan.pk])
        cursor.execute("VACUUM (ANALYZE) listening_invitation")


def _customers(count: int, progress: Callable[[str], None]) -> None:
    """Make so many customers with an address and an event within 60 days, once; move the events along with the days."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_milestone WHERE detail = %s", [_DETAIL])
        there = cursor.fetchone()[0]
        if there == count:
            cursor.execute(
                "UPDATE customers_milestone SET reached_at = reached_at + moved.by FROM (SELECT"
                " now() - interval '2 days' - max(reached_at) AS by FROM customers_milestone WHERE detail = %s) moved"
                " WHERE detail = %s AND moved.by > interval '10 days'",
                [_DETAIL, _DETAIL],
            )
            return
        if there:
            raise RuntimeError("The database holds events of a run of another size: corsia bench --drop, then again.")
        with transaction.atomic():
            for statement in _ROWS:
                cursor.execute(statement, {"count": count, "detail": _DETAIL})
        cursor.execute("VACUUM (ANALYZE) customers_customer, customers_contactpoint, customers_milestone")
    progress(f"{count:,} customers with an event ({time.monotonic() - began:.0f} s)")


# One in 40 said no, one in 200 yes, one in 100 is not to be contacted, one in 20 was written to last week.
_ROWS = (
    """
    INSERT INTO customers_customer (
        unit_id, kind, first_name, last_name, company_name, display_name, title, tax_code, vat_number, language, note,
        source, created_at, is_compared)
    SELECT (SELECT id FROM organisation_unit WHERE parent_id IS NULL), 'person', 'Anna', 'Rossi', '', 'Anna Rossi', '',
        '', '', 'it', '', 'million', now() - interval '1 year', true
    FROM generate_series(1, %(count)s)
    """,
    """
    INSERT INTO customers_contactpoint (customer_id, kind, value, label, is_primary, state, state_reason, created_at)
    SELECT id, 'email', 'm' || id || '@bench.example', '', true, 'unknown', '', now()
    FROM customers_customer WHERE source = 'million'
    """,
    """
    INSERT INTO customers_milestone (kind, customer_id, unit_id, reached_at, day, reference, detail, stated_at)
    SELECT 'order_closed', c.id, u.ids[1 + c.id %% array_length(u.ids, 1)],
        now() - interval '2 days' - (c.id %% 55) * interval '1 day', (now() - (c.id %% 55) * interval '1 day')::date,
        'C-' || c.id, %(detail)s, now()
    FROM customers_customer c,
        (SELECT array_agg(id ORDER BY id) AS ids FROM organisation_unit WHERE kind = 'department') u
    WHERE c.source = 'million'
    """,
    """
    INSERT INTO customers_consent (customer_id, purpose, channel, is_given, source, text_version, stated_at)
    SELECT id, 'survey', 'any', id %% 200 = 0, 'bench', '', now() - interval '30 days'
    FROM customers_customer WHERE source = 'million' AND id %% 40 = 0
    """,
    """
    INSERT INTO customers_customerflag (customer_id, flag, set_at)
    SELECT id, 'do_not_contact', now() FROM customers_customer WHERE source = 'million' AND id %% 100 = 7
    """,
    """
    INSERT INTO messaging_countedcontact (customer_id, taken_by_id, channel, at, purpose, key)
    SELECT id, unit_id, 'email', now() - interval '5 days', 'survey', 'million:' || id FROM customers_customer
    WHERE source = 'million' AND id %% 20 = 3
    """,
)
