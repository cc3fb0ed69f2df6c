"""Sessions of the group: a workshop and focus groups that were held, interviews with fleets, a community that runs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from corsia.config.demo.group import DemoGroup
from corsia.config.demo.registry import Registry
from corsia.config.demo.session_words import (
    AGENTS,
    ANSWERS,
    COMMUNITY,
    FLEETS,
    MODERATOR,
    POSTS,
    WORKSHOP,
)
from corsia.customers.models import Customer
from corsia.customers.vocabulary import CustomerKind
from corsia.kernel.actors import Actor
from corsia.listening import services
from corsia.listening.models import (
    Invitation,
    Note,
    Post,
    Session,
    SessionBlock,
    SessionParticipant,
    Touchpoint,
)
from corsia.listening.services import GuestData, PlanData, SessionData
from corsia.listening.vocabulary import ParticipantState, PlanState
from corsia.organisation.actors import actor_of
from corsia.organisation.queries import tree

MEMBERS = 96  # of the community
FIRST_DAY = 4  # days ago
# How a hundred invited people end up.
_CAME, _ACCEPTED, _INVITED, _DECLINED = 58, 14, 16, 8


def load(group: DemoGroup, registry: Registry, *, rng: random.Random, now: datetime) -> None:
    """Show what people said when somebody sat down with them."""
    points = {row.key: row for row in Touchpoint.objects.filter(unit=group.root)}
    people = _Customers(registry, rng)
    elena, marta = (group.person(f"{login}@bellandi.example") for login in ("elena.conti", "marta.villa"))
    by = actor_of(elena, today=now.date())
    today = now.astimezone(tree().time_zone(group.root.pk)).date()

    def plan(where: str, instrument: str, title: str, aim: str, key: str, days: int, **more: object) -> Session:
        values: dict[str, object] = {
            "instrument": instrument,
            "title": title,
            "aim": aim,
            "touchpoint_id": points[key].pk,
            "population": more.pop("population", "retail"),
            "starts_at": _at(group, today + timedelta(days=days), 10 if instrument == "interview" else 18),
            "moderator_id": elena.pk,
            "quota": more.pop("quota", 5),
        }
        outline = str(more.pop("outline"))
        return services.save_session(
            session_id=None,
            unit_id=group.units[where].pk,
            data=SessionData(**{**values, **more}),  # type: ignore[arg-type]
            outline=outline,
            by=by,
            now=now,
        )

    def listen(name: str, instrument: str, population: str, key: str, quota: int) -> int:
        data = PlanData(
            name=name,
            touchpoint_id=points[key].pk,
            population=population,
            instrument=instrument,
            starts_on=today - timedelta(days=40),
            expected_answers=quota,
        )
        row = services.save_plan(plan_id=None, unit_id=group.root.pk, data=data, by=by, now=now)
        services.set_plan_state(plan_id=row.pk, state=PlanState.RUNNING, by=by, now=now)
        return int(row.pk)

    delivery = listen("Workshop con i clienti privati", "workshop", "retail", "order-to-delivery", 20)
    fleets = listen("Dieci gestori di flotta", "interview", "fleet_manager", "service-booking", 10)

    workshop = plan(
        "brescia",
        "workshop",
        "Ridisegniamo la consegna",
        "Che cosa deve sapere il cliente fra l'ordine e le chiavi, e da chi.",
        "order-to-delivery",
        -23,
        outline="retail-workshop",
        plan_id=delivery,
        quota=10,
        place="Salone di Brescia, sala riunioni",
    )
    _list(workshop, people.take(10), states=[*["came"] * 9, "absent"], now=now)
    _write(workshop, WORKSHOP, by=by, now=now)
    services.set_session_state(session_id=workshop.pk, state="held", by=by, now=now)

    agents = plan(
        "brescia",
        "focus",
        "La voce degli agenti",
        "Che cosa manca agli agenti per rispondere ai loro clienti.",
        "quotation",
        -11,
        outline="agents-focus",
        population="agent",
        place="Sede, sala 2",
        moderator_id=marta.pk,
    )
    for number, name in enumerate(
        ("Renzo Tagliani", "Ivana Sbardella", "Tullio Marenghi", "Nives Codega", "Aldo Pivetta")
    ):
        guest = services.add_guest(
            session_id=agents.pk,
            data=GuestData(name=name, email=f"agente{number + 1}@rete-agenti.example", agreed=True),
            by=by,
            now=now - timedelta(days=20),
        )
        services.set_participant_state(participant_id=guest.pk, state="came", by=by, now=now)
    _write(agents, AGENTS, by=by, now=now)
    services.set_session_state(session_id=agents.pk, state="held", by=by, now=now)

    for days, place, (title, firm, lines) in zip((-17, -9, -3), ("brescia", "bergamo", "verona"), FLEETS, strict=True):
        interview = plan(
            place,
            "interview",
            title,
            "Quanto costa un fermo, e per che cosa una flotta ci lascerebbe.",
            "service-booking",
            days,
            outline="fleet-interview",
            plan_id=fleets,
            population="fleet_manager",
            quota=1,
            place=f"Da {firm}",
        )
        guest = services.add_guest(session_id=interview.pk, data=GuestData(name=firm), by=by, now=now)
        services.set_participant_state(participant_id=guest.pk, state="came", by=by, now=now)
        _write(interview, lines, by=by, now=now)
        services.set_session_state(session_id=interview.pk, state="held", by=by, now=now)

    coming = plan(
        "verona",
        "focus",
        "Permuta: un prezzo solo",
        "Quando e come dire quanto vale l'usato, perché il conto non cambi dopo.",
        "trade-in",
        6,
        outline="",
        quota=8,
        place="Salone di Verona",
    )
    for name_it, name_en, minutes, text in COMMUNITY["trade-in"]:
        block = services.BlockData(name_it=name_it, name_en=name_en, minutes=minutes, text_it=text)
        services.save_block(session_id=coming.pk, block_id=None, data=block, by=by, now=now)
    _list(coming, people.take(8), states=[*["accepted"] * 5, "invited", "invited", "declined"], now=now)

    first = today - timedelta(days=FIRST_DAY)
    community = plan(
        "",
        "community",
        "Una settimana in corsia",
        "Sette domande in sette giorni: che cosa fa dire «da loro torno».",
        "contact-centre",
        -FIRST_DAY,
        outline="week-community",
        quota=100,
        ends_on=first + timedelta(days=6),
        starts_at=_at(group, first, 0),
        moderator_id=marta.pk,
    )
    states = ["came"] * _CAME + ["accepted"] * _ACCEPTED + ["invited"] * _INVITED + ["declined"] * _DECLINED
    rng.shuffle(states)
    members = _list(community, people.take(MEMBERS), states=states, now=now, days=FIRST_DAY + 3)
    _talk(group, community, members, moderator=marta.pk, by=by, rng=rng, now=now)


class _Customers:
    """Private customers whom nobody has asked for their opinion, in an order of their own."""

    def __init__(self, registry: Registry, rng: random.Random) -> None:
        asked = set(Invitation.objects.values_list("customer_id", flat=True))
        persons = set(Customer.objects.filter(kind=CustomerKind.PERSON).values_list("pk", flat=True))
        self._free = [one for one in registry.customers if one.id in persons and one.id not in asked]
        rng.shuffle(self._free)

    def take(self, number: int) -> list[tuple[int, str]]:
        """Return ids and languages; fewer where the group is small."""
        taken, self._free = self._free[:number], self._free[number:]
        return [(one.id, one.language) for one in taken]


def _at(group: DemoGroup, day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=tree().time_zone(group.root.pk))


def _list(
    session: Session, people: Sequence[tuple[int, str]], *, states: Sequence[str], now: datetime, days: int = 12
) -> list[SessionParticipant]:
    """Put customers on a list as if they had been invited some days before."""
    invited_at = min(session.starts_at, now) - timedelta(days=days)
    listed: list[SessionParticipant] = SessionParticipant.objects.bulk_create(
        SessionParticipant(
            session=session,
            number=number,
            customer_id=customer_id,
            language=language,
            state=ParticipantState(state),
            added_at=invited_at - timedelta(days=1),
            invited_at=invited_at,
            answered_at=None if state == ParticipantState.INVITED else invited_at + timedelta(hours=9 + number),
        )
        for number, ((customer_id, language), state) in enumerate(zip(people, states, strict=False), start=1)
    )
    return listed


def _write(session: Session, lines: Sequence[tuple[int, str, str]], *, by: Actor, now: datetime) -> None:
    """Write down the lines of a session: the part, what was typed, and the title of the finding it became."""
    blocks = list(SessionBlock.objects.filter(session=session).order_by("position"))
    minutes = 0
    for number, (place, typed, title) in enumerate(lines):
        minutes += 3
        at = min(session.starts_at + timedelta(minutes=minutes), now)
        note = services.add_note(
            session_id=session.pk,
            key=f"demonstration-{session.pk}-{number:03d}",
            typed=typed,
            block_id=blocks[place].pk,
            by=by,
            now=at,
        )
        if title:
            services.keep_finding(note_id=note.pk, title=title, by=by, now=now)


@dataclass(frozen=True)
class _Clock:
    """Gives each post of a day an instant of its own."""

    rng: random.Random
    now: datetime

    def on(self, day: date, group: DemoGroup) -> datetime:
        """Return an instant of waking hours, not after now."""
        hour = self.rng.choice((7, 8, 8, 12, 13, 13, 18, 19, 20, 21, 21, 22))
        at = datetime.combine(day, time(hour, self.rng.randrange(60)), tzinfo=tree().time_zone(group.root.pk))
        return min(at, self.now - timedelta(minutes=self.rng.randrange(1, 90)))

    def after(self, at: datetime) -> datetime:
        """Return an instant some hours later, not after now."""
        return min(at + timedelta(minutes=self.rng.randrange(12, 600)), self.now)


def _talk(
    group: DemoGroup,
    session: Session,
    members: Sequence[SessionParticipant],
    *,
    moderator: int,
    by: Actor,
    rng: random.Random,
    now: datetime,
) -> None:
    clock = _Clock(rng=rng, now=now)
    writers = [one for one in members if one.state == ParticipantState.CAME]
    today = now.astimezone(tree().time_zone(session.unit_id)).date()
    blocks = SessionBlock.objects.filter(session=session, day__lte=today).order_by("day", "position")
    for place, block in enumerate(blocks):
        words = POSTS[place]
        day = block.day or today
        # Every day a few fewer write, as people do.
        some = rng.sample(writers, min(len(writers), len(words)))
        heads = [
            Post(block=block, participant=who, text=text, at=clock.on(day, group))
            for who, text in zip(some, words, strict=False)
        ]
        heads = Post.objects.bulk_create(sorted(heads, key=lambda post: post.at))
        answers = []
        for text in ANSWERS[place] if heads else ():
            head = rng.choice(heads)
            answers.append(
                Post(block=block, participant=rng.choice(writers), parent=head, text=text, at=clock.after(head.at))
            )
        if heads:
            first = heads[0]
            answers.append(
                Post(block=block, author_id=moderator, parent=first, text=MODERATOR[place], at=clock.after(first.at))
            )
        Post.objects.bulk_create(answers)
    _keep_some(session, by=by, now=now)


def _keep_some(session: Session, *, by: Actor, now: datetime) -> None:
    """Make some posts quotes and findings, and hide the one that names a colleague."""
    posts = Post.objects.filter(block__session=session, participant__isnull=False)
    kept = {
        "la data l'ho saputa": ("minus", 5, "Nessuna notizia fra l'ordine e la consegna", "notizie"),
        "undici righe": ("minus", 4, "Fattura poco chiara", "fattura"),
        "la stessa persona": ("plus", 4, "Sempre la stessa persona", "persona"),
        "tre volte": ("minus", 4, "Il cliente deve raccontare tutto da capo", "ripetere"),
    }
    for words, (sign, severity, title, tag) in kept.items():
        post = posts.filter(text__icontains=words).order_by("pk").first()
        if post is None:
            continue
        note: Note = services.note_post(post_id=post.pk, as_finding=True, by=by, now=now)
        data = services.NoteData(
            text=note.text,
            participant_id=note.participant_id,
            sign=sign,
            severity=severity,
            tags=tag,
            title=title,
        )
        services.change_note(note_id=note.pk, data=data, by=by, now=now)
    rude = posts.filter(text__contains="Dinelli").order_by("pk").first()
    if rude is not None:
        services.hide_post(post_id=rude.pk, reason="Nomina una persona della nostra officina", by=by, now=now)
