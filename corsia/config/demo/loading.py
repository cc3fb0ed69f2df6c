"""Load the invented group into an empty database, or refuse."""

import random
import time
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from corsia.config.demo import (
    agency,
    agreement,
    articles,
    calls,
    chats,
    colleagues,
    contact,
    dealer_system,
    dues,
    estimates,
    goodwill,
    improving,
    intake,
    interviews,
    journey,
    listening,
    operator_calls,
    orders,
    panels,
    parts,
    phones,
    planned,
    playbooks,
    recovery,
    sessions,
    signals,
    voices,
    workshop,
)
from corsia.config.demo.group import build_group
from corsia.config.demo.history import History
from corsia.config.demo.registry import Registry
from corsia.config.demo.today import Today
from corsia.kernel import scope
from corsia.kernel.errors import Refused
from corsia.organisation.models import Person, Unit

CUSTOMERS, VEHICLES, PAST_CASES, OPEN_CASES = 20_000, 25_000, 30_000, 120
SEED = 1907


class RealPeopleHere(Refused):
    code = "config.real_people_here"
    message = _(
        "This database has %(count)s people who are not invented, or units of its own. The demonstration is loaded "
        "into an empty database only: choose another one with DATABASE_URL."
    )


def is_loaded() -> bool:
    """Tell whether the group is there, whole."""
    return Person.objects.filter(is_demo=True).exists()


def load_demo(*, now: datetime, progress: Callable[[str], None], factor: float = 1.0) -> None:
    """Load the group, all or nothing; the same rows each time on the same day.

    Args:
        progress: gets a line of text for each step.
        factor: share of the customers, vehicles and cases; tests take a hundredth.

    Raises:
        RealPeopleHere: somebody works with this database.
    """
    strangers = Person.objects.filter(is_demo=False).count()
    if strangers or is_loaded() or Unit.objects.exists():
        raise RealPeopleHere(count=strangers)
    began = time.monotonic()

    def say(line: str) -> None:
        progress(f"{time.monotonic() - began:5.1f} s  {line}")

    rng = random.Random(f"{SEED}|{now.date().isoformat()}")
    with transaction.atomic(), scope.system("demonstration"), translation.override("it"):
        group = build_group(rng=rng, now=now)
        say("the group: 11 branches, 80 people")
        registry = Registry(group, rng=rng, now=now)
        registry.fill(customers=round(CUSTOMERS * factor), vehicles=round(VEHICLES * factor))
        say(f"{len(registry.customers)} customers and their vehicles")
        history = History(group, registry, rng=rng, now=now)
        written = history.fill(round(PAST_CASES * factor), progress=say)
        say(f"{written} past cases with messages, clocks and surveys")
        today = Today(group, registry, rng=rng, now=now)
        today.fill(max(12, round(OPEN_CASES * factor)))
        say("today's inbox")
        agency.load(group, registry, today, now=now)
        agreement.load(group.root, now=now)
        articles.load(group, now=now)
        say("the knowledge base and its help sites")
        phones.load(group, registry, today, now=now)
        say("WhatsApp and SMS of three branches")
        chats.load(group, now=now)
        say("web chats with their assistant")
        playbooks.load(group, rng=rng, now=now)
        say("the playbooks, and the cases that follow them")
        planned.load(group, registry, today, now=now)
        goodwill.load(group, today, now=now)
        listening.load(group, now=now)
        signals.load(group, factor=factor, now=now)
        say("contacts that follow from events, goodwill, and unhappy customers")
        dues.load(group, registry, today, now=now)
        say("what every vehicle is due for, two recalls, and owners who were told")
        contact.load(group=group.root, rng=rng, now=now)
        recovery.load(group, rng=rng, now=now)
        say("a backlog being recovered, discussions, work without a process")
        journey.load(group, registry, rng=rng, now=now)
        say("the customer journey: personas, vision, plans, findings, visits")
        colleagues.load(group, now=now)
        sessions.load(group, registry, rng=rng, now=now)
        say("a workshop, focus groups, interviews and a community that runs")
        calls.load(group, registry, today, now=now)
        say("a phone line with its robot, and today's calls")
        improving.load(group, now=now)
        say("two improvement groups, their actions and what went round")
        operator_calls.load(group, registry, rng=rng, now=now)
        interviews.load(group, registry, rng=rng, now=now)
        intake.load(group, factor=factor, now=now)
        panels.load(group, rng=rng, now=now)
        voices.load(group, factor=factor, now=now)
        visits = workshop.load(group, registry, factor=factor, now=now)
        say(f"eleven workshops with {visits} visits")
        estimates.load(group, registry, today, now=now)
        received = orders.load(group, now=now, factor=factor)
        kept = parts.load(now=now)
        dealer_system.load(group, registry, today, now=now)
        say(f"{received} work orders, {kept} parts in stock, files of the dealer's system")
        today.leave_nothing_to_do()
        say("interviews by keypad and by people, those of an institute, and doubtful answers")
