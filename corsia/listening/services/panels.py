"""A panel is asked for, drawn by a job, and asked by the plan that was made for it."""

import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.held import held
from corsia.kernel.jobs import DUE, app
from corsia.listening.models import Invitation, Panel, PanelStratum, Questionnaire
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.questionnaires import definition_of, version_in_force
from corsia.listening.queries.typical import DONE, instants, volumes
from corsia.listening.rules.panels import OVERDRAWN, allocate, vital_few
from corsia.listening.rules.questionnaires import Role
from corsia.listening.services.inviting_many import refuse_by_gate, refuse_by_rules
from corsia.listening.services.plans import PlanAsksNothing, PlanData, save_plan, set_plan_state
from corsia.listening.vocabulary import Design, Instrument, PanelSegment, PlanState, Population
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind

DRAW = "listening.draw_panel"  # the job
LARGEST = 5_000


class NothingRecommended(Invalid):
    code = "listening.panel_without_recommendation"
    message = _(
        "This questionnaire does not ask for a recommendation from 0 to 10, so that services could not be compared. "
        "Choose one that does."
    )


class NothingDone(Refused):
    code = "listening.nothing_done"
    message = _("In this period nothing was done here of which customers could be asked. Choose a longer one.")


@dataclass(frozen=True, kw_only=True)
class PanelData:
    """What a manager asks for.

    Attributes:
        until: the last day.
        seed: of the lots; None draws one.
    """

    name: str
    touchpoint_id: int
    questionnaire_id: int
    since: date
    until: date
    size: int
    aim: str = ""
    seed: int | None = None


@transaction.atomic
def ask_for_panel(*, unit_id: int, data: PanelData, by: Actor, now: datetime) -> Panel:
    """Write the plan of a panel and have the panel drawn by a job, which starts the plan.

    Raises:
        PlanAsksNothing: the questionnaire is not in force at the unit.
        NothingRecommended: it asks for no recommendation.
        NothingDone: there is no service of the period to draw from.
        NotFound: the touchpoint or the questionnaire is not within the scope.
    """
    demand(by, MANAGE_LISTENING, unit_id)
    version_id = version_in_force(unit_id, Questionnaire.objects.find(data.questionnaire_id).key)
    if version_id is None:
        raise PlanAsksNothing
    if not definition_of(version_id).in_role(Role.RECOMMEND):
        raise NothingRecommended
    if not volumes(since=data.since, until=data.until, unit_id=unit_id).total:
        raise NothingDone
    plan = save_plan(
        plan_id=None,
        unit_id=unit_id,
        data=PlanData(
            name=data.name,
            aim=data.aim,
            touchpoint_id=data.touchpoint_id,
            questionnaire_id=data.questionnaire_id,
            population=Population.CUSTOMERS.value,
            instrument=Instrument.SURVEY.value,
            design=Design.SAMPLE.value,
            starts_on=now.astimezone(tree().time_zone(unit_id)).date(),
        ),
        by=by,
        now=now,
    )
    panel: Panel = Panel.objects.create(
        unit_id=unit_id,
        plan=plan,
        since=data.since,
        until=data.until,
        size=data.size,
        seed=secrets.randbelow(2**31) if data.seed is None else data.seed,
        asked_for_by_id=by.id,
        asked_for_at=now,
    )
    audit(panel, "panel_asked_for", by=by, now=now, size=panel.size, seed=panel.seed)
    app.configure_task(DRAW, queue=DUE).defer(panel_id=panel.pk, person_id=by.id)
    return panel


@transaction.atomic
def draw_panel(*, panel_id: int, by: Actor, now: datetime) -> int:
    """Draw a panel and write its invitations, those too who were drawn and may not be asked, with their reason.

    A customer stands once, with one of their events by lot. Whoever may not be asked makes place for the next lot of
    their group. Places that nobody is left for stay empty: no other group speaks for this one.

    Twice is once: a panel that was drawn stays as it is.

    Returns:
        how many are invited.
    """
    panel: Panel = Panel.objects.select_related("plan__questionnaire").lock(panel_id)
    demand(by, MANAGE_LISTENING, panel.unit_id)
    if panel.drawn_at is not None:
        return _invited(panel)
    plan = set_plan_state(plan_id=panel.plan_id, state=PlanState.RUNNING, by=by, now=now)
    with held(), connection.cursor() as cursor:
        _collect(cursor, panel)
        _split(cursor, panel)
        for statement in _LOTS:
            cursor.execute(statement, {"seed": f"listening.panel:{panel.seed}:", "drawn": OVERDRAWN})
        if refuse_by_rules(cursor, plan, now=now):
            refuse_by_gate(cursor, plan, now=now)
            cursor.execute(_INVITE, {"plan": plan.pk, "now": now})
        cursor.execute("DROP TABLE IF EXISTS chosen, chosen_unit")
    invited = _invited(panel)
    panel.drawn_at = now
    panel.save(update_fields=["drawn_at", "services_done"])
    audit(panel, "panel_drawn", by=by, now=now, seed=panel.seed, invited=invited)
    return invited


def _invited(panel: Panel) -> int:
    return int(Invitation.objects.filter(plan_id=panel.plan_id, cancelled_at=None).count())


def _collect(cursor: Any, panel: Panel) -> None:
    """Put what was done below the panel's unit into a table of this transaction, with branch and segment of each."""
    places = tree()
    path = places.unit(panel.unit_id).path
    branch_of = {
        unit.pk: next((one for one in places.chain(unit.pk) if one.kind == UnitKind.BRANCH), unit).pk
        for unit in places.units.values()
        if unit.path.startswith(path)
    }
    since, until = instants(panel.since, panel.until, panel.unit_id)
    cursor.execute("SET LOCAL work_mem = '128MB'")
    cursor.execute(
        _COLLECT, {"since": since, "until": until, "units": list(branch_of), "branches": list(branch_of.values())}
    )
    cursor.execute("ANALYZE chosen")


def _split(cursor: Any, panel: Panel) -> None:
    """Write the groups of the panel, each with its places. What was done for nobody we know is of no group."""
    cursor.execute(
        "SELECT service, branch_id, segment, count(*), count(customer_id) FROM chosen GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    counted = cursor.fetchall()
    by_service: dict[str, int] = defaultdict(int)
    for service, _branch, _segment, count, _known in counted:
        by_service[service] += count
    panel.services_done = sum(by_service.values())
    ranked = sorted(by_service, key=lambda key: (-by_service[key], key))
    typical = set(ranked[: vital_few([by_service[key] for key in ranked])])
    groups = {
        (service, branch, segment): known
        for service, branch, segment, _count, known in counted
        if service in typical and known
    }
    places = allocate(groups, panel.size)
    PanelStratum.objects.bulk_create(
        PanelStratum(
            panel=panel, unit_id=branch, service=service, segment=segment, volume=count,
            wanted=places[service, branch, segment],
        )
        for (service, branch, segment), count in groups.items()
    )  # fmt: skip
    cursor.execute(_STRATA, {"panel": panel.pk})


_COLLECT = f"""
    CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
    SELECT e.*, c.language, coalesce(c.merged_into_id, c.id) AS root, ''::varchar AS reason, ''::varchar AS detail,
        at.branch_id, CASE WHEN c.kind = 'company' THEN '{PanelSegment.CORPORATE}' ELSE '{PanelSegment.RETAIL}' END
            AS segment, NULL::bigint AS stratum_id, 0 AS wanted, ''::text AS lot
    FROM ({DONE}) e JOIN unnest(%(units)s::bigint[], %(branches)s::bigint[]) AS at(unit_id, branch_id) USING (unit_id)
    LEFT JOIN customers_customer c ON c.id = e.customer_id
"""
_STRATA = """
    UPDATE chosen SET stratum_id = s.id, wanted = s.wanted FROM listening_panelstratum s
    WHERE s.panel_id = %(panel)s AND s.unit_id = chosen.branch_id AND s.service = chosen.service
        AND s.segment = chosen.segment AND chosen.customer_id IS NOT NULL
"""
# A lot for each event; of the events of a customer the one with the first lot. More lots than places are kept, since
# some of those drawn may not be asked.
_LOTS = (
    "UPDATE chosen SET lot = encode(sha256(convert_to(%(seed)s || row_id, 'UTF8')), 'hex')",
    """
    DELETE FROM chosen WHERE stratum_id IS NULL OR row_id NOT IN (
        SELECT DISTINCT ON (root) row_id FROM chosen WHERE stratum_id IS NOT NULL ORDER BY root, lot)
    """,
    """
    DELETE FROM chosen WHERE row_id IN (
        SELECT row_id FROM (SELECT row_id, wanted,
            row_number() OVER (PARTITION BY stratum_id ORDER BY lot) AS place FROM chosen) ranked
        WHERE place > %(drawn)s * wanted)
    """,
    "CREATE INDEX ON chosen (root)",
    "ANALYZE chosen",
)
_INVITE = """
    INSERT INTO listening_invitation (
        plan_id, occasion_id, stratum_id, happened_at, unit_id, customer_id, vehicle_id, version_id, language,
        created_at, send_after, expires_at, cancelled_at, cancel_reason, cancel_detail)
    SELECT %(plan)s, ch.row_id, ch.stratum_id, ch.reached_at, ch.unit_id, ch.customer_id, ch.vehicle_id, u.version_id,
        ch.language, %(now)s, u.send_after, u.expires_at, CASE WHEN ch.reason <> '' THEN %(now)s::timestamptz END,
        ch.reason, ch.detail
    FROM (SELECT *, count(*) FILTER (WHERE reason = '') OVER (
            PARTITION BY stratum_id ORDER BY lot ROWS UNBOUNDED PRECEDING) AS passed FROM chosen) ch
    JOIN chosen_unit u USING (unit_id)
    WHERE u.version_id IS NOT NULL AND ch.passed <= ch.wanted - (ch.reason <> '')::int
    ORDER BY ch.row_id
"""
