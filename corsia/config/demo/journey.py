"""The group's customer journey: who answers for what, personas, vision, plans with their answers, findings, visits."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from corsia.config.demo.group import CARE, SALES, WORKSHOP, DemoGroup
from corsia.config.demo.item_rows import ItemRows
from corsia.config.demo.journey_words import (
    BENCHMARKS,
    FINDINGS,
    GUIDELINES,
    PERSONAS,
    PROMISE_EN,
    PROMISE_IT,
    VISITS,
    WORDS,
)
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import DemoCustomer, Registry
from corsia.customers.vocabulary import MilestoneKind
from corsia.kernel.actors import Actor, system
from corsia.listening import services
from corsia.listening.models import Invitation, ListeningPlan, Questionnaire, Response, Touchpoint
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.rules.grids import Seen
from corsia.listening.services import (
    BenchmarkData,
    FindingData,
    GuidelineData,
    PersonaData,
    PlanData,
    VisitData,
    VisitItemData,
)
from corsia.listening.vocabulary import CancelReason, LifeState, PlanState
from corsia.organisation.models import Unit

_ROBOT = system("demo")
_DAY = 24 * 60  # minutes
# Touchpoint to who answers for it, months of its rhythm, and days since it was last looked at.
_OWNED = {
    "website": ("marta.villa", 6, 96),
    "social": ("marta.villa", 6, 204),
    "showroom-visit": ("paolo.greco", 12, 120),
    "test-drive": ("marco.sala", 12, 61),
    "quotation": ("paolo.greco", 6, 45),
    "order-to-delivery": ("paolo.greco", 6, 33),
    "delivery": ("marco.sala", 12, 290),
    "welcome-call": ("elena.conti", 12, 18),
    "owner-portal": ("marta.villa", 12, 0),
    "service-booking": ("elena.conti", 6, 150),
    "reception": ("silvia.moretti", 12, 211),
    "handback": ("silvia.moretti", 12, 402),
    "parts-counter": ("chiara.galli", 12, 77),
    "contact-centre": ("elena.conti", 6, 12),
    "written-contact": ("elena.conti", 6, 12),
    "complaint-handling": ("elena.conti", 6, 58),
    "goodwill": ("elena.conti", 12, 164),
    "trade-in": ("marco.sala", 12, 333),
    "renewal-offer": ("", 12, 140),
}
_STATES = {"owner-portal": LifeState.PLANNED, "handback": LifeState.REVIEW}


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A plan and how it went: `happy` is how likely its customers are to recommend, from 0 to 1."""

    key: str  # of its touchpoint
    name: str
    aim: str
    questionnaire: str
    department: str
    occasion: str = ""
    population: str = "retail"
    days: int = 300  # since it began
    state: PlanState = PlanState.RUNNING
    delay_minutes: int = 0
    send_hour: int | None = None
    quota: int | None = None
    sample_pct: int = 100
    excluded: tuple[str, ...] = ()
    events: int = 0
    response: float = 0.34
    happy: float = 0.6


_PLANS = (
    _Plan(
        key="order-to-delivery",
        name="NPS dopo la consegna",
        aim="Capire che cosa pesa fra l'ordine e le chiavi: date mantenute, notizie, spiegazioni.",
        questionnaire="nps-dealer",
        department=SALES,
        occasion=f"customers.{MilestoneKind.VEHICLE_DELIVERED}",
        delay_minutes=3 * _DAY,
        send_hour=10,
        quota=60,
        excluded=("complaint",),
        events=620,
        happy=0.62,
    ),
    _Plan(
        key="handback",
        name="CSI officina",
        aim="Nove voci sulla visita in officina, dalla prenotazione alla fattura.",
        questionnaire="csi-workshop",
        department=WORKSHOP,
        occasion=f"customers.{MilestoneKind.ORDER_CLOSED}",
        delay_minutes=_DAY,
        send_hour=18,
        quota=250,
        sample_pct=60,
        excluded=("complaint", "warranty"),
        events=980,
        happy=0.48,
    ),
    _Plan(
        key="quotation",
        name="Preventivo: compra o no?",
        aim="Perché un preventivo non diventa un ordine: prezzo, tempi, permuta, persona.",
        questionnaire="nps-dealer",
        department=SALES,
        days=120,
        quota=30,
        events=240,
        response=0.29,
        happy=0.42,
    ),
    _Plan(
        key="contact-centre",
        name="CSI Servizio Clienti",
        aim="Le nove voci del centro, per sapere che cosa migliorare nella telefonata.",
        questionnaire="csi-care",
        department=CARE,
        days=200,
        events=420,
        response=0.38,
        happy=0.66,
    ),
    _Plan(
        key="renewal-offer",
        name="Gestori di flotte 2027",
        aim="Che cosa vuole una flotta quando rinnova dieci auto insieme.",
        questionnaire="fleet-managers",
        department=SALES,
        population="fleet_manager",
        state=PlanState.DRAFT,
        days=-20,
        quota=25,
    ),
    _Plan(
        key="showroom-visit",
        name="Agenti della rete, primavera",
        aim="Come gli agenti vedono il gruppo: margini, formazione, consegne.",
        questionnaire="agents",
        department=SALES,
        population="agent",
        state=PlanState.ENDED,
        days=260,
    ),
)


def load(group: DemoGroup, registry: Registry, *, rng: random.Random, now: datetime) -> None:
    """Show a journey that is lived: everything a manager of experience keeps."""
    root, today = group.root, now.date()
    points = {row.key: row for row in Touchpoint.objects.filter(unit=root)}
    for key, (login, months, days) in _OWNED.items():
        one = points[key]
        one.owner = group.person(f"{login}@bellandi.example") if login else None
        one.review_months, one.reviewed_on = months, today - timedelta(days=days)
        one.state = _STATES.get(key, LifeState.ACTIVE)
        one.save()
    _name_past_answers(points)
    _say_who_and_why(root, points, today=today, now=now)
    for plan in _PLANS:
        _plan(group, registry, plan, points, rng=rng, now=now)
    _find(group, points, today=today, now=now)
    _visit(group, points, today=today, now=now)


def _name_past_answers(points: dict[str, Touchpoint]) -> None:
    """Say of the past answers about cases which touchpoint each is about, as queries.journey says it of new ones."""
    ids = {key: row.pk for key, row in points.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE listening_response r SET touchpoint_id = CASE WHEN p.is_complaint THEN %s"
            " WHEN p.key IN ('spare-parts', 'return') THEN %s WHEN p.key IN ('technical', 'warranty') THEN %s"
            " WHEN c.origin = 'phone' THEN %s ELSE %s END"
            " FROM cases_case c JOIN cases_processversion v ON v.id = c.version_id"
            " JOIN cases_process p ON p.id = v.process_id WHERE c.id = r.case_id AND r.touchpoint_id IS NULL",
            [
                ids[key]
                for key in ("complaint-handling", "parts-counter", "reception", "contact-centre", "written-contact")
            ],
        )


def _say_who_and_why(root: Unit, points: dict[str, Touchpoint], *, today: date, now: datetime) -> None:
    services.save_promise(unit_id=root.pk, text_it=PROMISE_IT, text_en=PROMISE_EN, by=_ROBOT, now=now)
    for factor, service, point_format, text, question in GUIDELINES:
        guideline = GuidelineData(
            factor=factor, service=service, point_format=point_format, text=text, question=question
        )
        services.save_guideline(guideline_id=None, unit_id=root.pk, data=guideline, by=_ROBOT, now=now)
    for name, population, portrait, goals, frustrations, moments in PERSONAS:
        services.save_persona(
            persona_id=None,
            unit_id=root.pk,
            data=PersonaData(
                name=name,
                population=population,
                portrait=portrait,
                goals="\n".join(goals),
                frustrations="\n".join(frustrations),
            ),
            moments={points[key].pk: expects for key, expects in moments.items()},
            by=_ROBOT,
            now=now,
        )
    for days, competitor, key, standing, practice, gap, source in BENCHMARKS:
        benchmark = BenchmarkData(
            competitor=competitor,
            touchpoint_id=points[key].pk,
            practice=practice,
            standing=standing,
            gap=gap,
            source=source,
            noted_on=today - timedelta(days=days),
        )
        services.save_benchmark(benchmark_id=None, unit_id=root.pk, data=benchmark, by=_ROBOT, now=now)


def _plan(
    group: DemoGroup,
    registry: Registry,
    plan: _Plan,
    points: dict[str, Touchpoint],
    *,
    rng: random.Random,
    now: datetime,
) -> None:
    began = now.date() - timedelta(days=plan.days)
    row = services.save_plan(
        plan_id=None,
        unit_id=group.root.pk,
        data=PlanData(
            name=plan.name,
            aim=plan.aim,
            touchpoint_id=points[plan.key].pk,
            population=plan.population,
            instrument="survey",
            questionnaire_id=Questionnaire.objects.get(unit=group.root, key=plan.questionnaire).pk,
            design="census" if plan.sample_pct == 100 else "sample",
            sample_pct=plan.sample_pct,
            quota=plan.quota,
            starts_on=began,
            ends_on=began + timedelta(days=60) if plan.state == PlanState.ENDED else None,
            occasion=plan.occasion,
            delay_minutes=plan.delay_minutes,
            send_hour=plan.send_hour,
            excluded_processes=plan.excluded,
        ),
        by=_ROBOT,
        now=now,
    )
    if plan.state != PlanState.DRAFT:
        services.set_plan_state(plan_id=row.pk, state=PlanState.RUNNING, by=_ROBOT, now=now)
        _answers(group, registry, plan, row, rng=rng, now=now)
    if plan.state == PlanState.ENDED:
        services.set_plan_state(plan_id=row.pk, state=PlanState.ENDED, by=_ROBOT, now=now)


def _answers(
    group: DemoGroup, registry: Registry, plan: _Plan, row: ListeningPlan, *, rng: random.Random, now: datetime
) -> None:
    """Write whom the events of a plan brought, who was asked, and what they answered."""
    version_id, rules = version_in_force(group.root.pk, plan.questionnaire), rules_in_force(group.root.pk)
    invitations: list[Invitation] = []
    towns = [place for place in range(len(TOWNS)) if registry.by_town[place]]
    weights = [TOWNS[place].weight for place in towns]
    span = 60 if plan.state == PlanState.ENDED else plan.days
    enough = min(plan.events, len(registry.customers) // 4)
    asked: dict[int, list[datetime]] = defaultdict(list)
    for customer_id, at in Invitation.objects.filter(sent_at__isnull=False).values_list("customer_id", "sent_at"):
        asked[customer_id].append(at)
    for number in range(enough):
        town = rng.choices(towns, weights)[0]
        customer: DemoCustomer = rng.choice(registry.by_town[town])
        # Most events are of the last months: the plan took in branch after branch.
        ago = min(span * rng.random() ** 1.6, span - 1) + (plan.days - span) + 0.2
        happened = now - timedelta(days=ago)
        invitation = Invitation(
            plan=row,
            occasion_id=-(number + 1),  # events of before the demonstration, which have no row
            happened_at=happened,
            unit_id=group.units[f"{TOWNS[town].slug}/{plan.department}"].pk,
            customer_id=customer.id,
            version_id=version_id,
            language=customer.language,
            created_at=happened,
            send_after=happened + timedelta(minutes=plan.delay_minutes),
            expires_at=happened + timedelta(days=24),
        )
        reason = _why_not(plan, rng)
        if not reason and any(abs(invitation.send_after - at) < rules.pause for at in asked[customer.id]):
            reason = CancelReason.RECENTLY_ASKED
        if reason:
            invitation.cancelled_at, invitation.cancel_reason = happened, reason
        elif invitation.send_after < now:
            invitation.sent_at = invitation.send_after
            asked[customer.id].append(invitation.send_after)
        invitations.append(invitation)
    Invitation.objects.bulk_create(invitations)
    responses = [
        _response(row, one, plan, rng=rng, now=now)
        for one in invitations
        if one.sent_at is not None and rng.random() < plan.response
    ]
    written = [response for response in responses if response.answered_at < now]
    Response.objects.bulk_create(written)
    items = ItemRows()
    for response in written:
        items.add(response.pk, response.unit_id, "recommend", response.answered_at, number=response.score)
    items.write()


def _why_not(plan: _Plan, rng: random.Random) -> str:
    drawn = rng.random()
    if plan.sample_pct < 100 and drawn * 100 >= plan.sample_pct:
        return "not_in_sample"
    if drawn < 0.09:
        return "recently_asked"
    if drawn < 0.12:
        return "not_allowed"
    if drawn < 0.135:
        return "employee"
    return "excluded_case" if plan.excluded and drawn < 0.17 else ""


def _response(row: ListeningPlan, one: Invitation, plan: _Plan, *, rng: random.Random, now: datetime) -> Response:
    happy = rng.random() < plan.happy
    score = rng.choice((9, 9, 10, 10, 10)) if happy else rng.choice((2, 4, 5, 6, 7, 7, 8, 8, 8))
    at = (one.sent_at or now) + timedelta(hours=rng.lognormvariate(1.8, 1.0))
    return Response(
        invitation=one,
        plan=row,
        unit_id=one.unit_id,
        version_id=one.version_id,
        touchpoint_id=row.touchpoint_id,
        customer_id=one.customer_id,
        language=one.language,
        invited_at=one.sent_at,
        score=score,
        text=rng.choice(WORDS[plan.key][0 if happy else 1]) if plan.key in WORDS and rng.random() < 0.4 else "",
        started_at=at,
        answered_at=at,
        completed_at=at,
        settled_at=at,
    )


def _find(group: DemoGroup, points: dict[str, Touchpoint], *, today: date, now: datetime) -> None:
    for days, place, key, instrument, sign, severity, title, quote in FINDINGS:
        finding = FindingData(
            touchpoint_id=points[key].pk,
            instrument=instrument,
            sign=sign,
            severity=severity,
            title=title,
            quote=quote,
            found_on=today - timedelta(days=days),
        )
        services.add_finding(unit_id=group.units[place].pk, data=finding, by=_ROBOT, now=now)


def _visit(group: DemoGroup, points: dict[str, Touchpoint], *, today: date, now: datetime) -> None:
    for number, (days, place, grid, key, login, summary, seen) in enumerate(VISITS):
        person = group.person(f"{login}@bellandi.example")
        services.add_visit(
            unit_id=group.units[place].pk,
            data=VisitData(
                key=f"demonstration-visit-{number}",
                grid=grid,
                touchpoint_id=points[key].pk,
                visited_on=today - timedelta(days=days),
                summary=summary,
                items={
                    line: VisitItemData(
                        seen=Seen(yes=answer) if isinstance(answer, bool) else Seen(score=answer), note=note
                    )
                    for line, (answer, note) in seen.items()
                },
            ),
            by=Actor(kind=_ROBOT.kind, id=person.pk, name=person.full_name),
            now=now,
        )
