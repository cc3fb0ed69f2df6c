"""Parts in the workshops of the invented group: enough of most, some arriving, one overdue here and there."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from corsia.workshop.models import Part, PartArrival, PartMovement, Workshop
from corsia.workshop.vocabulary import MovementKind

_SEED = "parts"
_SHORT, _OVERDUE = 0.08, 0.015  # share of parts of which too few lie there, and whose pieces are late
# What coming visits take, and those that are here and not done with.
_TAKEN = """
    SELECT v.unit_id, v.id AS visit_id, vj.job_id, p.code, p.name, p.quantity, v.drop_off_at, v.made_at
      FROM workshop_visit v
      JOIN workshop_visitjob vj ON vj.visit_id = v.id
      JOIN workshop_jobpart p ON p.job_id = vj.job_id
     WHERE v.state = 'booked' OR v.state = 'here' AND EXISTS (
           SELECT 1 FROM workshop_order o JOIN workshop_orderline l ON l.order_id = o.id
            WHERE o.visit_id = v.id AND l.job_id = vj.job_id AND l.kind = 'labour' AND l.state = 'approved')"""
_KEEP = f"""
    INSERT INTO workshop_partreservation (part_id, visit_id, job_id, quantity, state, made_at)
    SELECT s.id, t.visit_id, t.job_id, t.quantity, 'kept', t.made_at
      FROM ({_TAKEN}) t JOIN workshop_part s ON s.unit_id = t.unit_id AND s.code = t.code"""


def load(*, now: datetime) -> int:
    """Write the stock of every workshop and return how many parts there are."""
    rng, today = random.Random(f"{_SEED}|{now.date().isoformat()}"), now.date()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unit_id, code, sum(quantity), min(drop_off_at) FROM ({_TAKEN}) t GROUP BY 1, 2")
        needs = {(unit_id, code): (needed, first) for unit_id, code, needed, first in cursor.fetchall()}
        cursor.execute("SELECT code, min(name), max(quantity) FROM workshop_jobpart GROUP BY 1 ORDER BY 1")
        kinds = cursor.fetchall()
    parts, arrivals = [], []
    for unit_id in Workshop.objects.order_by("unit_id").values_list("unit_id", flat=True):
        for code, name, most in kinds:
            needed, first = needs.get((unit_id, code), (Decimal(), now))
            dice, spare = rng.random(), most * rng.randint(1, 6)
            part = Part(unit_id=unit_id, code=code, name=name, order_days=rng.choice((1, 1, 2, 3)))
            is_short = needed and dice < _SHORT
            part.on_hand = (needed / 2).to_integral_value() if is_short else needed + spare
            parts.append(part)
            if is_short:
                late = dice < _OVERDUE
                on = today - timedelta(days=rng.randint(1, 3)) if late else _before(first.date(), today, rng=rng)
                quantity = needed - part.on_hand + spare
                arrivals.append(
                    PartArrival(part=part, quantity=quantity, expected_on=on, note=_number(rng), made_at=now)
                )
            elif rng.random() < 0.06:
                on = today + timedelta(days=rng.randint(1, 6))
                arrivals.append(
                    PartArrival(part=part, quantity=most * 4, expected_on=on, note=_number(rng), made_at=now)
                )
    Part.objects.bulk_create(parts)
    PartArrival.objects.bulk_create(arrivals)
    PartMovement.objects.bulk_create(
        PartMovement(
            part=part, kind=MovementKind.COUNTED, quantity=part.on_hand, reason="Inventario iniziale", made_at=now
        )
        for part in parts
        if part.on_hand
    )
    with connection.cursor() as cursor:
        cursor.execute(_KEEP)
    return len(parts)


def _before(first: date, today: date, *, rng: random.Random) -> date:
    """Return a day on which pieces come: mostly in time for who needs them first."""
    return max(today, first - timedelta(days=1)) if rng.random() < 0.6 else today + timedelta(days=rng.randint(2, 5))


def _number(rng: random.Random) -> str:
    return f"OF {rng.randint(10_000, 99_999)}"
