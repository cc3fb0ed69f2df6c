"""Two years of past cases with their messages, clocks and surveys, written with COPY into all tables."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from corsia.cases.models import Case, Deadline, Segment
from corsia.cases.queries.definitions import VersionDefinition, definition, startable_process
from corsia.cases.vocabulary import NEVER, EndKind, Holder, Origin, Priority
from corsia.config.demo.copying import analyze, json
from corsia.config.demo.group import DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.past_rows import PastRows
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
from corsia.config.demo.simulation import PastCase, live_through
from corsia.config.demo.story import score, slowness, words_key
from corsia.kernel.models import AuditEntry, FactRecord
from corsia.listening.models import Invitation, Response, ResponseItem
from corsia.messaging.models import Message, Thread
from corsia.messaging.rules.incoming import preview
from corsia.organisation.models import Person
from corsia.organisation.queries import tree

ROME = ZoneInfo("Europe/Rome")
DAYS = 730
WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
# When customers write: hour of the day to its share.
_HOURS = {
    7: 3,
    8: 9,
    9: 13,
    10: 13,
    11: 11,
    12: 7,
    13: 6,
    14: 8,
    15: 9,
    16: 8,
    17: 7,
    18: 6,
    19: 4,
    20: 4,
    21: 4,
    22: 2,
}
_WEEK = (21, 19, 17, 16, 15, 8, 4)


@dataclass(frozen=True)
class Story:
    """One past case before it becomes rows."""

    topic: Topic
    version: VersionDefinition
    town: int
    place: str
    customer: DemoCustomer
    vehicle: int  # index among the customer's vehicles
    agent: Person | None
    priority: int
    past: PastCase


def facts_about(story_customer: DemoCustomer, vehicle: int, *, branch: str, agent: str, rng: random.Random) -> Facts:
    """Return what sentences about somebody may mention."""
    car = story_customer.vehicles[vehicle]
    days = WEEKDAYS_EN if story_customer.language == "en" else WEEKDAYS
    return Facts(
        name=story_customer.name,
        vehicle=car.label,
        plate=car.plate,
        km=car.km,
        branch=branch,
        day=rng.choice(days),
        agent=agent,
    )


class History(PastRows):
    """Makes past cases and writes them."""

    def __init__(self, group: DemoGroup, registry: Registry, *, rng: random.Random, now: datetime) -> None:
        self.group, self.registry, self.rng, self.now = group, registry, rng, now
        self.places = tree()
        self._reachable = [with_vehicle(customers) for customers in registry.by_town]
        self._versions: dict[str, VersionDefinition] = {}
        self._asked: dict[int, datetime] = {}
        super().__init__()

    def fill(self, count: int, *, progress: Callable[[str], None]) -> int:
        """Write about `count` past cases and return how many they were."""
        written = 0
        for opened_at in self._openings(count):
            story = self._live(opened_at)
            if story is None:
                continue
            self._write(story)
            written += 1
            if written % 10_000 == 0:
                progress(f"  {written} past cases")
                self._flush()
        self._flush()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_customer c SET last_surveyed_at = i.latest FROM (SELECT customer_id, max(sent_at) AS"
                " latest FROM listening_invitation GROUP BY customer_id) i WHERE i.customer_id = c.id"
            )
        analyze(Case, Segment, Deadline, Message, Thread, Invitation, Response, ResponseItem, FactRecord, AuditEntry)
        return written

    def _openings(self, count: int) -> list[datetime]:
        """Return the instants at which customers wrote, in order: week, hours of the day, a little growth."""
        rng = self.rng
        today = self.now.astimezone(ROME).date()
        days = [today - timedelta(days=ago) for ago in range(DAYS, 1, -1)]
        weights = [_WEEK[day.weekday()] * (0.9 + 0.2 * place / len(days)) for place, day in enumerate(days)]
        hours, shares = list(_HOURS), list(_HOURS.values())
        openings = []
        for day in rng.choices(days, weights=weights, k=round(count * 1.001)):
            wall = datetime(day.year, day.month, day.day, rng.choices(hours, shares)[0], tzinfo=ROME)
            openings.append(wall.astimezone(UTC) + timedelta(seconds=rng.randrange(3600)))
        return sorted(openings)

    def _live(self, opened_at: datetime) -> Story | None:
        rng = self.rng
        town = rng.choices(range(len(TOWNS)), weights=[place.weight for place in TOWNS])[0]
        if not self._reachable[town]:
            return None
        customer = rng.choice(self._reachable[town])
        topic = self._topic(customer.language)
        place = f"{TOWNS[town].slug}/{topic.department}"
        version = self.version(topic.process)
        priority = rng.choices((Priority.NORMAL, Priority.HIGH, Priority.LOW, Priority.URGENT), weights=(82, 11, 5, 2))[
            0
        ]
        past = live_through(
            topic,
            version,
            self.places.hours(self.group.units[place].pk),
            opened_at=opened_at,
            priority=priority,
            slow=slowness(TOWNS[town].slug, self.now - opened_at),
            until=self.now - timedelta(hours=2),
            rng=rng,
        )
        if past is None:
            return None
        workers = self.group.workers.get(place)
        return Story(
            topic=topic,
            version=version,
            town=town,
            place=place,
            customer=customer,
            vehicle=rng.randrange(len(customer.vehicles)),
            agent=rng.choice(workers) if workers else None,
            priority=priority,
            past=past,
        )

    def _topic(self, language: str) -> Topic:
        known = [topic for topic in topics() if topic.language == language]
        return self.rng.choices(known, weights=[topic.weight for topic in known])[0]

    def version(self, process_key: str) -> VersionDefinition:
        """Return the version of a process in use at the group."""
        if process_key not in self._versions:
            process = startable_process(chain=[self.group.root.pk], key=process_key)
            if process is None:
                raise LookupError(f"The process {process_key} is not installed.")
            self._versions[process_key] = definition(process.version_id)
        return self._versions[process_key]

    def _write(self, story: Story) -> None:
        rng, past, version = self.rng, story.past, story.version
        unit_id = self.group.units[story.place].pk
        end_kind = rng.choices((EndKind.SOLVED, EndKind.CANCELLED, EndKind.LOST), weights=(94, 3, 3))[0]
        end = version.end_phase(end_kind) or version.phases[-1]
        working = [phase for phase in version.phases if not phase.end_kind and not phase.holder]
        origin = rng.choices((Origin.EMAIL, Origin.WEB_FORM, Origin.PHONE, Origin.COUNTER), weights=(62, 14, 16, 8))[0]
        agent = story.agent
        about = facts_about(
            story.customer,
            story.vehicle,
            branch=TOWNS[story.town].name,
            agent=agent.full_name if agent else "Assistenza clienti",
            rng=rng,
        )
        title = subject(story.topic, about, rng)
        is_complaint = bool(story.topic.causes)
        case_id = self._cases.add(
            *(unit_id, version.id, end.id, story.customer.id, story.customer.vehicles[story.vehicle].id),
            *(agent.pk if agent else None, title[:200], origin.value, story.priority, story.customer.language),
            *(Holder.US.value, f"RIF-{rng.randrange(100_000, 999_999)}" if version.process_key == "warranty" else ""),
            rng.choice(story.topic.causes) if is_complaint else "",
            rng.choice(story.topic.remedies) if is_complaint else "",
            *(past.opened_at, past.closed_at, past.closed_at, NEVER, NEVER, past.closed_at, end.end_kind),
            *(working[-1].id, 0),
        )
        for stretch in past.held:
            self._segments.add(case_id, stretch.holder.value, stretch.start, stretch.end, stretch.working_seconds, "")
        for promise in past.kept:
            self._deadlines.add(
                *(case_id, promise.clock.value, promise.limit_minutes, promise.started_at, promise.due_at),
                *(promise.warn_at, promise.met_at, promise.dropped_at, promise.missed_at),
            )
        self._fact(
            "cases.CaseOpened",
            story,
            case_id,
            past.opened_at,
            process=version.process_key,
            origin=origin.value,
            title=title,
        )
        self._converse(story, case_id, unit_id, title=title, origin=origin, about=about)
        sends_survey = end.end_kind != EndKind.CANCELLED
        self._fact(
            "cases.CaseClosed",
            story,
            case_id,
            past.closed_at,
            process=version.process_key,
            end_kind=end.end_kind,
            assignee_id=agent.pk if agent else None,
            sends_survey=sends_survey,
            language=story.customer.language,
        )
        self._log(case_id, unit_id, past.opened_at, None, "opened", process=version.process_key, origin=origin.value)
        self._log(case_id, unit_id, past.closed_at, agent, "closed", end_kind=end.end_kind)
        if end.end_kind == EndKind.SOLVED:
            self._survey(story, case_id, unit_id)

    def _converse(self, story: Story, case_id: int, unit_id: int, *, title: str, origin: Origin, about: Facts) -> None:
        rng, topic, customer, agent = self.rng, story.topic, story.customer, story.agent
        mailbox = self.group.mailboxes[story.place]
        by_hand = origin in (Origin.PHONE, Origin.COUNTER)
        last_text, last_id, count = "", "", 0
        channel = origin.value
        for place, said in enumerate(story.past.said):
            header = f"{case_id:x}.{place}.{rng.getrandbits(40):010x}@bellandi.example"
            if said.is_ours:
                text = our_answer(topic, about, rng, goes_on=said.is_news)
                author_id, author, sender, to = (
                    (agent.pk if agent else None),
                    about.agent,
                    mailbox.address,
                    customer.email,
                )
                via, direction = "email", "out"
            else:
                text = self._customers_words(story, about, place=place, by_hand=by_hand)
                author_id, author, sender, to = None, customer.name, customer.email, mailbox.address
                via, direction = (channel if place == 0 else "email"), "in"
                channel = via
                if place == 0 and by_hand:
                    author_id, sender, to, header = (agent.pk if agent else None), "", "", ""
            message_id = self._messages.add(
                *(case_id, unit_id, direction, via, customer.id, author_id, author[:200], sender, to, ""),
                *((title if place == 0 else f"Re: {title}")[:300], text, "", "", header, last_id, False, False, ""),
                said.at,
            )
            last_text, count = text, count + 1
            last_id = header or last_id
            kind = "messaging.MessageSent" if said.is_ours else "messaging.MessageReceived"
            self._fact(kind, story, case_id, said.at, message_id=message_id, channel=via, preview=preview(text))
        if topic.notes and rng.random() < 0.3:
            at = story.past.said[1].at - timedelta(minutes=rng.randint(1, 4))
            at = max(at, story.past.opened_at)
            self._messages.add(
                *(case_id, unit_id, "note", "note", None, agent.pk if agent else None, about.agent, "", "", ""),
                *("", about.fill(rng.choice(topic.notes)), "", "", "", "", False, False, "", at),
            )
        self._threads.add(
            *(case_id, channel, story.past.said[-1].at, "out" if story.past.said[-1].is_ours else "in"),
            *(preview(last_text), count, 0, customer.email, mailbox.pk),
        )

    def _customers_words(self, story: Story, about: Facts, *, place: int, by_hand: bool) -> str:
        if place > 0:
            return customers_answer(story.topic, about, self.rng)
        words = spoken if by_hand else first_message
        return words(story.topic, about, self.rng)

    def _survey(self, story: Story, case_id: int, unit_id: int) -> None:
        rng, customer, closed = self.rng, story.customer, story.past.closed_at
        send_after = closed + timedelta(hours=1)
        base = (
            *(case_id, unit_id, customer.id, story.agent.pk if story.agent else None, customer.language),
            *(closed, send_after, send_after + timedelta(days=21)),
        )
        refused_at = self.registry.refused.get(customer.id)
        asked = self._asked.get(customer.id)
        if refused_at is not None and refused_at < closed:
            self._invitations.add(*base, None, closed, "not_allowed", "no_consent")
            return
        if asked is not None and closed - asked < timedelta(days=60):
            self._invitations.add(*base, None, closed, "recently_asked", f"{asked:%d/%m/%Y}")
            return
        self._asked[customer.id] = send_after
        invitation_id = self._invitations.add(*base, send_after, None, "", "")
        self._fact("listening.SurveySent", story, case_id, send_after, invitation_id=invitation_id)
        at = send_after + timedelta(hours=rng.lognormvariate(1.6, 1.1))
        if rng.random() < 0.36 and at < min(self.now, send_after + timedelta(days=21)):
            self._answer(story, case_id, unit_id, invitation_id, send_after, at)

    def _answer(
        self, story: Story, case_id: int, unit_id: int, invitation_id: int, sent_at: datetime, at: datetime
    ) -> None:
        rng, slug = self.rng, TOWNS[story.town].slug
        given = score(
            slug, at=at, now=self.now, was_late=story.past.was_late, is_complaint=bool(story.topic.causes), rng=rng
        )
        text = ""
        if rng.random() < 0.46:
            key = words_key(slug, at=at, now=self.now, given=given, language=story.customer.language, rng=rng)
            text = rng.choice(survey_words()[key])
        calls = given < 7 and rng.random() < 0.3
        response_id = self._responses.add(
            *(invitation_id, unit_id, story.customer.id, case_id, "email", story.customer.language),
            *(given, text, calls, sent_at, at, at, at, at, ""),
        )
        self._items.add(response_id, unit_id, "recommend", at, number=given)
        if text:
            asked = "why_promoter" if given > 8 else "why_passive" if given > 6 else "why_detractor"
            self._items.add(response_id, unit_id, asked, at, text=text)
        if calls:
            self._items.add(response_id, unit_id, "call_me", at, number=1)
        self._fact(
            "listening.SurveyAnswered",
            story,
            case_id,
            at,
            response_id=response_id,
            invitation_id=invitation_id,
            score=given,
            is_detractor=given <= 6,
            wants_callback=calls,
            is_complete=True,
            low_items=int(given <= 6),
            text=text,
        )
        if given <= 6:
            done = at + timedelta(hours=rng.uniform(1, 20))
            agent_id = story.agent.pk if story.agent else None
            title = f"Richiamare {story.customer.display}: {given}/10"[:200]
            done_at = done if done < self.now else None
            self._tasks.add(
                case_id, title, agent_id, "", at + timedelta(hours=4), at, done_at, agent_id if done_at else None, True
            )

    def _fact(self, kind: str, story: Story, case_id: int, at: datetime, **values: Any) -> None:
        unit_id = self.group.units[story.place].pk
        payload = {
            "unit_id": unit_id,
            "occurred_at": at.isoformat(),
            "case_id": case_id,
            "customer_id": story.customer.id,
            **values,
        }
        self._facts.add(kind, json(payload), unit_id, story.customer.id, at, 0)
