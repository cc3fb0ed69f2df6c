"""Some hundred cases as they come: reopened, merged, internal, with robots, mails taken back, answers at night."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from corsia.cases.models import Case, Deadline, Recovery, RecoveryItem, Segment, Tag
from corsia.cases.queries.definitions import definition, startable_process
from corsia.customers.models import Customer
from corsia.knowledge.models import Article, ArticleDay, Category
from corsia.listening.models import (
    Invitation,
    ListeningPlan,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    Touchpoint,
)
from corsia.messaging.models import Message, Outgoing
from corsia.organisation.models import Person, Unit
from corsia.organisation.queries import working_hours_of
from corsia.organisation.working_time import between
from corsia.vehicles.models import Vehicle
from tests.factories.cases import a_customer, ready_group
from tests.factories.organisation import Group, person_in
from tests.factories.surveys import response_to

FIRST, LAST = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC)  # over a change of the clock
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
PROCESSES = ("information", "complaint", "spare-parts")
HOLDERS = ("us", "customer", "part", "manufacturer")
CAUSES = ("", "", "Ricambio in ritardo", "Promessa non mantenuta")


@dataclass
class World:
    group: Group
    people: dict[int, list[Person]]  # unit -> who works there
    vehicles: list[Vehicle]
    customers: list[Customer]
    articles: list[Article] = field(default_factory=list)


def a_world(group: Group, *, cases: int, seed: int) -> World:
    """Fill a group with cases of half a year."""
    rng = random.Random(seed)
    ready_group(group, now=FIRST)
    world = World(
        group=group,
        people={
            group.brescia_care.pk: [person_in(group.brescia_care) for _ in range(6)],
            group.verona_care.pk: [person_in(group.verona_care) for _ in range(3)],
        },
        vehicles=[
            Vehicle.objects.create(unit=group.root, make=make, model=model)
            for make, model in (("Fiat", "Panda"), ("Fiat", "500"), ("Jeep", "Compass"), ("", ""))
        ],
        customers=[a_customer(group, now=FIRST, name=f"Cliente {number}") for number in range(40)],
    )
    made = [_case(world, rng) for _ in range(cases)]
    for case in rng.sample([case for case in made if case.closed_at], cases // 20):
        survivor = rng.choice(made)
        if survivor.pk != case.pk:
            Case.objects.filter(pk=case.pk).update(merged_into=survivor, merged_at=case.closed_at)
    _recoveries(world, made, rng)
    _articles(world, rng)
    _plans(world, rng)
    return world


def some_instant(rng: random.Random) -> datetime:
    return FIRST + (LAST - FIRST) * rng.random()


def _case(world: World, rng: random.Random) -> Case:
    unit = rng.choice([world.group.brescia_care] * 2 + [world.group.verona_care])
    process = startable_process(chain=[world.group.root.pk], key=rng.choice(PROCESSES))
    version = definition(process.version_id)
    opened = some_instant(rng)
    closed = opened + timedelta(hours=rng.lognormvariate(3.2, 1.4)) if rng.random() < 0.85 else None
    if closed and closed > NOW:
        closed = None
    end = rng.choice(("solved", "solved", "solved", "lost", "cancelled")) if closed else ""
    case = Case.objects.create(
        unit=unit,
        version_id=version.id,
        phase_id=version.start.id,
        customer=rng.choice([*world.customers, None]),
        vehicle=rng.choice([*world.vehicles, None]),
        assignee=rng.choice([*world.people[unit.pk], None]),
        subject="Richiesta",
        origin=rng.choice(("email", "web_form", "phone", "counter")),
        priority=rng.randint(1, 4),
        root_cause=rng.choice(CAUSES),
        opened_at=opened,
        phase_entered_at=opened,
        last_activity_at=closed or opened,
        closed_at=closed,
        end_kind=end,
        reopened_times=rng.choice((0, 0, 0, 1, 2)),
    )
    for label in rng.sample(("freni", "urgente", "recensione"), rng.choice((0, 0, 1, 2))):
        Tag.objects.create(case=case, label=label)
    _segments(case, unit, rng)
    _deadlines(case, rng)
    _talk(world, case, unit, rng)
    if closed and rng.random() < 0.6:
        _survey(case, unit, rng)
    return case


def _segments(case: Case, unit: Unit, rng: random.Random) -> None:
    cuts = sorted(rng.random() for _ in range(rng.randint(0, 2)))
    until = case.closed_at or NOW
    marks = [case.opened_at, *(case.opened_at + (until - case.opened_at) * cut for cut in cuts), case.closed_at]
    for start, end in pairwise(marks):
        seconds = int(between(working_hours_of(unit.pk), start, end).total_seconds()) if end else None
        Segment.objects.create(
            case=case, holder=rng.choice(HOLDERS), started_at=start, ended_at=end, working_seconds=seconds
        )


def _deadlines(case: Case, rng: random.Random) -> None:
    for clock in ("first_answer", "solution", "phase"):
        started = case.opened_at + timedelta(minutes=rng.choice((0, 0, 30)))
        met = started + timedelta(hours=rng.lognormvariate(2.5, 1.3)) if rng.random() < 0.85 else None
        broken = rng.random() < 0.2
        dropped = started + timedelta(hours=1) if met is None and rng.random() < 0.5 else None
        Deadline.objects.create(
            case=case,
            clock=clock,
            limit_minutes=rng.choice((60, 240, 960, 2880)),
            started_at=started,
            met_at=met,
            dropped_at=dropped,
            missed_at=started + timedelta(minutes=61) if broken else None,
        )


def _talk(world: World, case: Case, unit: Unit, rng: random.Random) -> None:
    at = case.opened_at
    for number in range(rng.randint(0, 7)):
        direction = rng.choice(("in", "in", "out", "out", "note"))
        message = Message.objects.create(
            case=case,
            unit=unit,
            direction=direction,
            channel=rng.choice(("email", "web_form", "phone", "counter")) if direction != "note" else "note",
            customer=case.customer,
            author=rng.choice([*world.people[unit.pk], None]) if direction != "in" else None,
            text="…",
            is_automatic=rng.random() < 0.15,
            at=at,
        )
        if direction == "out" and rng.random() < 0.6:
            state = rng.choice(("sent", "sent", "sent", "bounced", "cancelled", "waiting", "failed"))
            later = at + timedelta(seconds=rng.choice((20, 20, 36_000)))
            Outgoing.objects.create(
                unit=unit,
                message=message,
                reason="reply",
                to_address="c@example.it",
                subject="Re",
                body="…",
                header_id=f"{case.pk}.{number}@example.it",
                idempotency_key=f"{case.pk}.{number}",
                state=state,
                send_after=later,
                sent_at=later if state in ("sent", "bounced") else None,
                created_at=at,
            )
        at += timedelta(minutes=rng.choice((0, 7, 90, 900, 4000)), microseconds=rng.randrange(1_000_000))


def _survey(case: Case, unit: Unit, rng: random.Random) -> None:
    sent = case.closed_at + timedelta(hours=1) if rng.random() < 0.85 else None
    invitation = Invitation.objects.create(
        case=case,
        unit=unit,
        customer=case.customer or Customer.objects.order_by("pk").first(),
        assignee=case.assignee,
        language="it",
        created_at=case.closed_at,
        send_after=case.closed_at + timedelta(hours=1),
        expires_at=case.closed_at + timedelta(days=21),
        sent_at=sent,
    )
    if sent and rng.random() < 0.7:
        response_to(invitation, rng.randint(0, 10), at=sent + timedelta(hours=rng.uniform(0, 90)))


def _plans(world: World, rng: random.Random) -> None:
    root, responses = world.group.root, []
    for key, instrument, shares in (("dealer", "survey", 9), ("fleet", "phone", 3), ("rare", "ivr", 1)):
        asked = Questionnaire.objects.create(unit=root, key=key, name_it=key, name_en=key)
        version = QuestionnaireVersion.objects.create(questionnaire=asked, number=1, definition={}, saved_at=FIRST)
        point = Touchpoint.objects.create(unit=root, key=key, name_it=key, name_en=key, stage="service")
        plan = ListeningPlan.objects.create(
            unit=root, name=key, touchpoint=point, questionnaire=asked, instrument=instrument,
            starts_on=FIRST.date(), changed_at=FIRST,
        )  # fmt: skip
        for _number in range(shares * 20):
            at = some_instant(rng)
            responses.append(
                Response(
                    plan=plan,
                    version=version,
                    touchpoint=rng.choice([point, point, None]),
                    unit=rng.choice([world.group.brescia_care] * 2 + [world.group.verona_care]),
                    channel=rng.choice(("email", "qr", "phone")),
                    language=rng.choice(("it", "en")),
                    score=rng.choice((None, *range(11))),
                    started_at=at,
                    answered_at=at,
                    completed_at=rng.choice((None, at)),
                    settled_at=at,
                )
            )
    after_remedy = Response(unit=world.group.brescia_care, score=0, started_at=FIRST, answered_at=FIRST + timedelta(1))
    Response.objects.bulk_create([*responses, after_remedy])


def _recoveries(world: World, made: list[Case], rng: random.Random) -> None:
    recovery = Recovery.objects.create(
        unit=world.group.root, name="Dimenticati", process_key="information", started_at=FIRST
    )
    for case in rng.sample(made, len(made) // 4):
        added = some_instant(rng)
        outcome = rng.choice(("recovered", "recovered", "lost", "unreachable", ""))
        RecoveryItem.objects.create(
            recovery=recovery,
            unit_id=case.unit_id,
            case=case,
            waiting_since=case.opened_at,
            rank_at=case.opened_at,
            added_at=added,
            outcome=outcome,
            ended_at=added + timedelta(days=rng.uniform(0, 20)) if outcome else None,
        )


def _articles(world: World, rng: random.Random) -> None:
    shelf = Category.objects.create(unit=world.group.root, key="base", name_it="Base", name_en="Basics")
    for number in range(3):
        article = Article.objects.create(
            unit=world.group.root, category=shelf, key=f"a{number}", title_it=f"Articolo {number}", created_at=FIRST
        )
        world.articles.append(article)
        for day in range(0, 170, 3):
            ArticleDay.objects.create(
                unit=rng.choice((world.group.brescia, world.group.verona)),
                article=article,
                day=(FIRST + timedelta(days=day)).date(),
                language="it",
                source=rng.choice(("site", "desk")),
                views=rng.randint(0, 30),
                used_in_reply=rng.randint(0, 5),
            )
