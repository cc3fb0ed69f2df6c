"""Today's inbox in motion: open cases of all kinds, made by the product's own services, hour by hour."""

import random
from datetime import datetime, timedelta

from django.db import connection

from corsia.cases import services as cases
from corsia.cases.models import Case
from corsia.cases.queries.definitions import definition
from corsia.cases.services import due
from corsia.cases.vocabulary import EndKind, Holder, Priority, PurchaseChannel, RequiredField
from corsia.config.demo.group import CARE, DemoGroup
from corsia.config.demo.history import facts_about
from corsia.config.demo.names import TOWNS
from corsia.config.demo.phrases import (
    Facts,
    Topic,
    customers_answer,
    first_message,
    our_answer,
    spoken,
    subject,
    survey_words,
    topics,
)
from corsia.config.demo.registry import DemoCustomer, Registry, with_vehicle
from corsia.conversations.services import drafts, writing
from corsia.kernel.actors import Actor
from corsia.kernel.facts import name_of, run_reaction, subscriptions
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, token_of
from corsia.listening.models import Invitation
from corsia.listening.services import answer_survey
from corsia.messaging import services as messaging
from corsia.messaging.models import Message, Outgoing
from corsia.messaging.vocabulary import Channel, OutboxState
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person
from corsia.organisation.queries import tree
from corsia.organisation.working_time import add, between
from corsia.portal.rules.submission import subject_of

# Most come to the counter, the others buy where it suits them.
CHANNELS = (*[PurchaseChannel.COUNTER] * 4, *PurchaseChannel)
_TAGS = ("urgente", "auto sostitutiva", "cliente storico", "richiamare", "flotta")


class Today:
    """Lets customers write during the last working days and has the group work on it, up to now."""

    def __init__(self, group: DemoGroup, registry: Registry, *, rng: random.Random, now: datetime) -> None:
        self.group, self.registry, self.rng, self.now = group, registry, rng, now
        self._reacted = FactRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self._actors: dict[int, Actor] = {}

    def fill(self, count: int) -> None:
        """Make `count` open cases, then find what is overdue by now."""
        for opened_at in self._openings(count):
            self._one(opened_at)
        self._disappointed()
        for find in (due.find_missed_deadlines, due.find_warnings, due.find_neglected):
            find(now=self.now)
        self.leave_nothing_to_do()

    def _openings(self, count: int) -> list[datetime]:
        """Return instants of the last working days, most of them of the last one; in order."""
        rng, hours = self.rng, tree().hours(self.group.units[f"brescia/{CARE}"].pk)
        start = self.now - timedelta(days=9)
        working = between(hours, start, self.now)
        shares = [rng.betavariate(5.5, 0.8) for _ in range(count)]
        instants = [add(hours, start, max(timedelta(minutes=1), working * share)) for share in shares]
        return sorted(min(instant, self.now - timedelta(minutes=2)) for instant in instants)

    def _one(self, opened_at: datetime) -> None:
        rng = self.rng
        # Every third case is Brescia's, where the people to sign in as work.
        town = 0 if rng.random() < 0.36 else rng.choices(range(len(TOWNS)), [place.weight for place in TOWNS])[0]
        reachable = with_vehicle(self.registry.by_town[town])
        customer = rng.choice(reachable or with_vehicle(self.registry.customers))
        known = [topic for topic in topics() if topic.language == customer.language]
        topic = rng.choices(known, [topic.weight for topic in known])[0]
        place = f"{TOWNS[town].slug}/{topic.department}"
        if place not in self.group.workers:
            place = f"{TOWNS[town].slug}/{CARE}"  # a small branch whose care desk does that work too
        workers = self.group.workers[place]
        agent = self.group.person("laura.pedretti@bellandi.example") if self._is_lauras(place) else rng.choice(workers)
        about = facts_about(
            customer, rng.randrange(len(customer.vehicles)), branch=TOWNS[town].name, agent=agent.full_name, rng=rng
        )
        case_id = self._arrives(topic, about, customer, place, agent, opened_at)
        self.react()
        age = self.now - opened_at
        if age < timedelta(hours=2) or rng.random() < 0.16:
            return  # nobody has looked at it yet
        self._worked_on(case_id, topic, about, customer, agent, opened_at)

    def _is_lauras(self, place: str) -> bool:
        return place == f"brescia/{CARE}" and self.rng.random() < 0.55

    def _arrives(
        self, topic: Topic, about: Facts, customer: DemoCustomer, place: str, agent: Person, at: datetime
    ) -> int:
        rng, unit = self.rng, self.group.units[place]
        car = next(vehicle for vehicle in customer.vehicles if vehicle.plate == about.plate)
        draw = rng.random()
        if draw < 0.2:
            filed = messaging.record_entry_by_hand(
                channel=Channel.PHONE if draw < 0.13 else Channel.COUNTER,
                text=spoken(topic, about, rng),
                subject=subject(topic, about, rng),
                unit_id=unit.pk,
                process_key=topic.process,
                customer_id=customer.id,
                vehicle_id=car.id,
                by=self.actor(agent),
                now=at,
            )
        else:
            text = first_message(topic, about, rng)
            is_form = draw < 0.36
            mailbox = self.group.mailboxes[place]
            filed = messaging.file_message(
                messaging.IncomingMessage(
                    channel=Channel.WEB_FORM if is_form else Channel.EMAIL,
                    at=at,
                    unit_id=unit.pk,
                    process_key=topic.process,
                    mailbox_id=None if is_form else mailbox.pk,
                    from_address=customer.email,
                    from_name=customer.display,
                    to_addresses=() if is_form else (mailbox.address,),
                    subject=subject_of(text) if is_form else subject(topic, about, rng),
                    text=text,
                    header_id="" if is_form else self._header(),
                    vehicle_id=car.id,
                    language=customer.language,
                )
            )
        if filed.case_id is None:
            raise LookupError("A first message must open a case.")
        return filed.case_id

    def _header(self) -> str:
        return f"{self.rng.getrandbits(64):016x}@posta.example"

    def _worked_on(
        self, case_id: int, topic: Topic, about: Facts, customer: DemoCustomer, agent: Person, opened_at: datetime
    ) -> None:
        rng, by = self.rng, self.actor(agent)
        hours = tree().hours(Case.objects.get(pk=case_id).unit_id)
        at = add(hours, opened_at, timedelta(minutes=rng.randint(4, 100)))
        if at >= self.now:
            return
        case = Case.objects.get(pk=case_id)
        if case.assignee_id is None:
            cases.take(case_id=case_id, by=by, now=at)
        elif case.assignee_id != agent.pk:
            agent = Person.objects.get(pk=case.assignee_id)
            by = self.actor(agent)
        self._beside(case_id, topic, about, by, at)
        start = definition(case.version_id).start
        channel = ""
        if RequiredField.PURCHASE_CHANNEL in start.requires:
            channel = rng.choice(CHANNELS)
            cases.describe(case_id=case_id, details=cases.Details(purchase_channel=channel), by=by, now=at)
        ways = start.ways_for(channel)
        # Whoever takes a case moves it on, but for the forgetful.
        if ways and rng.random() < 0.88:
            cases.enter_phase(case_id=case_id, phase_key=ways[0], by=by, now=at)
        if rng.random() < 0.14:
            drafts.keep_draft(case_id=case_id, is_note=False, text=our_answer(topic, about, rng)[:220], by=by, now=at)
            return
        writing.send_reply(case_id=case_id, text=our_answer(topic, about, rng), by=by, now=at)
        cases.we_answered(case_id=case_id, by=by, now=at + timedelta(seconds=20))
        self.react()
        self._goes_on(case_id, topic, about, customer, by, at)

    def _beside(self, case_id: int, topic: Topic, about: Facts, by: Actor, at: datetime) -> None:
        rng = self.rng
        if topic.causes or rng.random() < 0.1:
            cases.set_priority(
                case_id=case_id, priority=rng.choice((Priority.HIGH, Priority.HIGH, Priority.URGENT)), by=by, now=at
            )
        if topic.notes and rng.random() < 0.35:
            writing.add_note(case_id=case_id, text=about.fill(rng.choice(topic.notes)), mentioned_ids=[], by=by, now=at)
        if rng.random() < 0.25:
            cases.add_tag(case_id=case_id, label=rng.choice(_TAGS), by=by, now=at)
        if rng.random() < 0.22:
            cases.add_task(
                case_id=case_id,
                title=rng.choice(
                    (
                        "Verificare disponibilità in officina",
                        "Richiamare il cliente",
                        "Chiedere preventivo al magazzino",
                    )
                ),
                assignee_id=by.id,
                due_at=at + timedelta(hours=rng.randint(4, 60)),
                by=by,
                now=at,
            )

    def _goes_on(
        self, case_id: int, topic: Topic, about: Facts, customer: DemoCustomer, by: Actor, at: datetime
    ) -> None:
        rng = self.rng
        later = at + timedelta(minutes=rng.randint(5, 50))
        draw = rng.random()
        if later >= self.now:
            return
        waits = [holder for holder, _odds in topic.waits if holder != Holder.CUSTOMER]
        if draw < 0.3 and waits:
            cases.hand_to(case_id=case_id, holder=rng.choice(waits), reason="", by=by, now=later)
        elif draw < 0.42:
            cases.hand_to(case_id=case_id, holder=Holder.CUSTOMER, reason="", by=by, now=later)
        elif draw < 0.68:
            back = at + timedelta(hours=rng.uniform(0.5, 20))
            if back < self.now:
                self._customer_answers(case_id, topic, about, customer, back)
        elif draw < 0.74:
            cases.snooze(case_id=case_id, until=self.now + timedelta(hours=rng.randint(3, 70)), by=by, now=later)
        elif draw < 0.8 and not topic.causes:
            self._solved(case_id, by, later)

    def _customer_answers(self, case_id: int, topic: Topic, about: Facts, customer: DemoCustomer, at: datetime) -> None:
        sent = Message.objects.filter(case_id=case_id, direction="out").order_by("-pk").first()
        if sent is None or not sent.header_id:
            return
        case = Case.objects.get(pk=case_id)
        mailbox = sent.from_address
        messaging.file_message(
            messaging.IncomingMessage(
                channel=Channel.EMAIL,
                at=at,
                unit_id=case.unit_id,
                from_address=customer.email,
                from_name=customer.display,
                to_addresses=(mailbox,),
                subject=sent.subject,
                text=customers_answer(topic, about, self.rng),
                header_id=self._header(),
                in_reply_to=(sent.header_id,),
                references=(sent.header_id,),
            )
        )
        self.react()

    def _solved(self, case_id: int, by: Actor, at: datetime) -> None:
        """Close a case an hour or so ago: its survey is on its way."""
        case = Case.objects.get(pk=case_id)
        version = definition(case.version_id)
        if any(phase.requires or phase.requires_tasks_done for phase in version.phases):
            return
        cases.close_case(case_id=case_id, by=by, now=max(at, self.now - timedelta(minutes=50)), end_kind=EndKind.SOLVED)
        self.react()

    def _disappointed(self) -> None:
        """Let some of those who were asked lately answer badly: their cases are open again, with a callback."""
        lately = Invitation.objects.filter(sent_at__gt=self.now - timedelta(days=4), response=None, language="it")
        for invitation in lately.order_by("-pk")[: 6 if lately.count() > 20 else 1]:
            at = self.now - timedelta(minutes=self.rng.randint(20, 300))
            if at <= (invitation.sent_at or at):
                continue
            answer_survey(
                token=token_of(invitation.pk, ANSWER),
                score=self.rng.randint(1, 5),
                text=self.rng.choice(survey_words()["detractor"]),
                wants_callback=self.rng.random() < 0.5,
                now=at,
            )
            self.react()

    def react(self) -> None:
        """Let what the facts since the last call cause happen at their own instant, as a worker would have."""
        while records := list(FactRecord.objects.filter(pk__gt=self._reacted).order_by("pk")):
            for record in records:
                self._reacted = record.pk
                for kind, reactions in subscriptions().items():
                    if f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}" == record.kind:
                        for reaction in reactions:
                            run_reaction(fact_id=record.pk, reaction=name_of(reaction), now=record.occurred_at)

    def actor(self, person: Person) -> Actor:
        """Return somebody of the group as actor."""
        if person.pk not in self._actors:
            self._actors[person.pk] = actor_of(person, today=self.now.date())
        return self._actors[person.pk]

    def leave_nothing_to_do(self) -> None:
        """Mark past mails as sent and forget the jobs: everything they would do is done."""
        self.react()
        left = self.now - timedelta(minutes=1)
        for mail in Outgoing.objects.filter(state=OutboxState.WAITING, send_after__lt=left):
            mail.state, mail.sent_at, mail.attempts = OutboxState.SENT, mail.send_after, 1
            mail.save(update_fields=["state", "sent_at", "attempts"])
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
