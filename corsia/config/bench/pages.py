"""How long the server takes for the four pages people open most, at 100,000 and at 1,000,000 cases."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.data import FIRST, LAST
from corsia.kernel import scope
from corsia.organisation.models import Person

ROUNDS = 300
WARM_UP = 30
QUERIES_GOAL, P50_GOAL, P95_GOAL = 20, 25, 60


def signed_in(person: Person) -> Client:
    """Return a client with a session of that person, made without a password."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    client = Client(SERVER_NAME="127.0.0.1", HTTP_ACCEPT_ENCODING="gzip")  # compressed, as browsers ask for it
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def measure(*, count: int, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Yield p50, p95 (milliseconds of server time, whole middleware chain, compressed) and queries of each page.

    As the care manager of the whole group, who sees every row, and as an agent of one department of twenty.
    """
    rng = random.Random(11)
    people = {
        "manager": Person.objects.get(email="p0@bench.example"),
        "agent": Person.objects.get(email="p1@bench.example"),
    }
    for role, person in people.items():
        client = signed_in(person)
        case_ids = _case_ids(person, rng)
        pages: dict[str, Callable[[], str]] = {
            "inbox list": partial(reverse, "conversations:inbox"),
            "case page": partial(_case_url, case_ids, rng),
            "customer page": partial(_customer_url, case_ids, rng),
            "search": partial(_search_url, rng),
        }
        for name, url in pages.items():
            yield from _page(client, role, name, url, count, rounds)


def _case_url(cases: list[tuple[int, int]], rng: random.Random) -> str:
    return reverse("cases:case", args=[rng.choice(cases)[0]])


def _customer_url(cases: list[tuple[int, int]], rng: random.Random) -> str:
    return reverse("customers:customer", args=[rng.choice(cases)[1]])


def _search_url(rng: random.Random) -> str:
    return f"{reverse('customers:palette')}?q={rng.choice(FIRST)[:4]}+{rng.choice(LAST)}"


def _page(client: Client, role: str, name: str, url: Callable[[], str], count: int, rounds: int) -> Iterator[Figure]:
    conditions = f"{machine()}; {count:,} cases, {count * 5:,} messages; as {role}; {rounds} requests after {WARM_UP}"
    times: list[float] = []
    for number in range(WARM_UP + rounds):
        address = url()
        started = time.perf_counter()
        response = client.get(address)
        elapsed = (time.perf_counter() - started) * 1000
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}")
        if number >= WARM_UP:
            times.append(elapsed)
    with CaptureQueriesContext(connection) as captured:
        client.get(url())
    figure = f"{name} ({role})"
    yield Figure("pages", f"{figure} p50", round(percentile(times, 0.5), 1), "ms", f"<= {P50_GOAL}", conditions)
    yield Figure("pages", f"{figure} p95", round(percentile(times, 0.95), 1), "ms", f"<= {P95_GOAL}", conditions)
    yield Figure("pages", f"{figure} queries", len(captured), "queries", f"<= {QUERIES_GOAL}", conditions)


def _case_ids(person: Person, rng: random.Random) -> list[tuple[int, int]]:
    """Return cases and their customers that the person may see: half open, half of the past."""
    with scope.system("bench"), connection.cursor() as cursor:
        cursor.execute(
            _SOME_CASES,
            [person.pk],
        )
        rows = [(int(case), int(customer)) for case, customer in cursor.fetchall()]
    rng.shuffle(rows)
    return rows


_SOME_CASES = """
WITH mine AS (
    SELECT below.id FROM organisation_membership m
    JOIN organisation_unit top ON top.id = m.unit_id
    JOIN organisation_unit below ON below.path LIKE top.path || '%%'
    WHERE m.person_id = %s)
(SELECT id, customer_id FROM cases_case WHERE unit_id IN (SELECT id FROM mine) AND closed_at IS NULL LIMIT 300)
UNION ALL
(SELECT id, customer_id FROM cases_case TABLESAMPLE BERNOULLI (1)
    WHERE unit_id IN (SELECT id FROM mine) AND closed_at IS NOT NULL LIMIT 300)
"""
