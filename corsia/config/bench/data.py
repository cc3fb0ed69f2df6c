"""A large invented database, written with COPY and INSERT ... SELECT: the same rows for the same size, in minutes."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from corsia.cases import services as cases
from corsia.cases.models import ProcessVersion
from corsia.customers.search_keys import forgivable_words, keys_for, stored_variants
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.messaging import services as messaging
from corsia.messaging.models import Mailbox
from corsia.organisation.models import Membership, OpenHours, Person, Unit, WorkingCalendar
from corsia.organisation.vocabulary import Role, UnitKind

BORN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)  # "now" of the invented rows
BRANCHES = 20
PEOPLE = 200
OPEN_CASES = 3_000
MESSAGES_PER_CASE = 5
FIRST = [
    "Anna",
    "Luca",
    "Giulia",
    "Marco",
    "Elena",
    "Paolo",
    "Chiara",
    "Andrea",
    "Sara",
    "Matteo",
    "Laura",
    "Davide",
    "Marta",
    "Simone",
    "Irene",
    "Fabio",
]
LAST = [
    "Rossi",
    "Ferrari",
    "Russo",
    "Bianchi",
    "Romano",
    "Colombo",
    "Ricci",
    "Marino",
    "Greco",
    "Bruno",
    "Gallo",
    "Conti",
    "DeLuca",
    "Mancini",
    "Costa",
    "Giordano",
    "Rizzo",
    "Lombardi",
    "Moretti",
    "Barbieri",
    "Fontana",
    "Santoro",
    "Mariani",
    "Rinaldi",
    "Caruso",
    "Ferrara",
    "Galli",
    "Martini",
    "Leone",
    "Longo",
]
SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "ca",
    "ce",
    "co",
    "da",
    "de",
    "di",
    "fa",
    "fe",
    "ga",
    "go",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "no",
    "pa",
    "pe",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "ta",
    "te",
]

Progress = Callable[[str], None]


def build(*, count: int, progress: Progress) -> None:
    """Fill an empty, migrated database with `count` cases, five messages each, and a customer for every five cases."""
    robot = system("bench")
    with scope.system("bench"):
        root, departments = _organisation()
        people = _people(root, departments)
        cases.install_processes(unit_id=root.pk, by=robot, now=BORN)
        messaging.install_templates(unit_id=root.pk, by=robot, now=BORN)
        for department in departments:
            Mailbox.objects.create(unit=department, address=f"{department.code}@bench.example", name=department.name)
    progress("organisation, processes and templates are there")
    customers = max(1_000, count // 5)
    with scope.system("bench"):
        _customers(root, customers, progress)
        _cases(departments, people, customers=customers, count=count, progress=progress)
    with connection.cursor() as cursor:
        progress("analysing")
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_size (cases integer)")
        cursor.execute("INSERT INTO bench_size VALUES (%s)", [count])


def built_size() -> int:
    """Return how many cases this database was filled with; 0 when it was not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_size') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT COALESCE(max(cases), 0) FROM bench_size")
        return int(cursor.fetchone()[0])


def _unit(parent: Unit | None, kind: UnitKind, name: str, code: str) -> Unit:
    unit = Unit.objects.create(parent=parent, kind=kind, name=name, code=code, time_zone="Europe/Rome")
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def _organisation() -> tuple[Unit, list[Unit]]:
    root = _unit(None, UnitKind.GROUP, "Gruppo Prova", "bench")
    calendar = WorkingCalendar.objects.create(name="Sede", owner=root)
    OpenHours.objects.bulk_create(
        OpenHours(calendar=calendar, weekday=weekday, opens_at=opens, closes_at=closes)
        for weekday in range(6)
        for opens, closes in (("08:30", "12:30"), ("14:00", "18:30"))
    )
    Unit.objects.filter(pk=root.pk).update(calendar=calendar)
    departments = []
    for number in range(BRANCHES):
        branch = _unit(root, UnitKind.BRANCH, f"Sede {number + 1}", f"bench-{number + 1}")
        departments.append(_unit(branch, UnitKind.DEPARTMENT, f"Assistenza {number + 1}", f"care-{number + 1}"))
    return root, departments


def _people(root: Unit, departments: Sequence[Unit]) -> list[Person]:
    people = Person.objects.bulk_create(
        Person(
            email=f"p{number}@bench.example",
            first_name=FIRST[number % len(FIRST)],
            last_name=f"{LAST[number % len(LAST)]} {number}",
            password="!",  # noqa: S106  (nobody signs in with it)
            is_demo=True,
        )
        for number in range(PEOPLE)
    )
    Membership.objects.bulk_create(
        Membership(
            person=person,
            unit=root if number == 0 else departments[number % len(departments)],
            role=Role.CARE_MANAGER if number == 0 else Role.AGENT,
            since=date(2020, 1, 1),
        )
        for number, person in enumerate(people)
    )
    return people


def _copy(table: str, columns: str, rows: Iterator[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _customers(root: Unit, count: int, progress: Progress) -> None:
    rng = random.Random(7)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('customers_customer', 'id'))")
        first_id = cursor.fetchone()[0] + 1
    people = [
        (
            first_id + number,
            FIRST[rng.randrange(len(FIRST))],
            (LAST[rng.randrange(len(LAST))] if rng.random() < 0.7 else "".join(rng.choices(SYLLABLES, k=3)).title()),
            f"+3934{number:08d}",
            f"c{number}@bench.example",
        )
        for number in range(count)
    ]
    _copy(
        "customers_customer",
        "id, unit_id, kind, first_name, last_name, company_name, display_name, title, tax_code, vat_number, language, "
        "note, source, created_at, is_compared",
        (
            (i, root.pk, "person", f, last, "", f"{f} {last}", "", "", "", "it", "", "bench", BORN, True)
            for i, f, last, _p, _e in people
        ),
    )
    points = (point for i, _f, _l, phone, email in people for point in ((i, "email", email), (i, "phone", phone)))
    _copy(
        "customers_contactpoint",
        "customer_id, kind, value, label, is_primary, state, state_reason, created_at",
        ((i, kind, value, "", True, "unknown", "", BORN) for i, kind, value in points),
    )
    words: set[str] = set()

    def keys() -> Iterator[Sequence[Any]]:
        for i, first, last, phone, email in people:
            found = keys_for(names=[f"{first} {last}"], emails=[email], phones=[phone])
            words.update(forgivable_words(found))
            for key in found:
                yield (i, root.pk, key.kind.value, key.value)

    _copy("customers_searchkey", "customer_id, unit_id, kind, value", keys())
    _copy(
        "customers_searchword",
        "word, variants",
        ((word, "{" + ",".join(f'"{variant}"' for variant in stored_variants(word)) + "}") for word in sorted(words)),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), max(id)) FROM customers_customer"
        )
    progress(f"{count:,} customers")


def _cases(
    departments: Sequence[Unit], people: Sequence[Person], *, customers: int, count: int, progress: Progress
) -> None:
    version = ProcessVersion.unscoped.get(process__key="information", state="published")
    opening = version.phases.order_by("position")[:1].get()
    ending = version.phases.filter(end_kind="solved")[:1].get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM customers_customer")
        first_customer = cursor.fetchone()[0]
        started = time.monotonic()
        cursor.execute(
            _CASES,
            {
                "count": count,
                "open": OPEN_CASES,
                "units": [unit.pk for unit in departments],
                "people": [person.pk for person in people],
                "version": version.pk,
                "opening": opening.pk,
                "ending": ending.pk,
                "first_customer": first_customer,
                "customers": customers,
                "born": BORN,
            },
        )
        progress(f"{count:,} cases ({time.monotonic() - started:.0f} s)")
        for name, statement in _REST.items():
            started = time.monotonic()
            cursor.execute(statement, {"born": BORN, "each": MESSAGES_PER_CASE})
            progress(f"{name} ({time.monotonic() - started:.0f} s)")


# Case n of N was opened N-n steps ago over two years; the last OPEN_CASES are open.
_CASES = """
INSERT INTO cases_case (
    unit_id, version_id, phase_id, customer_id, assignee_id, subject, origin, priority, language, holder, reference,
    root_cause, remedy, opened_at, phase_entered_at, last_activity_at, due_at, neglected_from, closed_at, end_kind,
    reopened_times)
SELECT (%(units)s::bigint[])[1 + n %% array_length(%(units)s::bigint[], 1)],
    %(version)s,
    CASE WHEN n > %(count)s - %(open)s THEN %(opening)s ELSE %(ending)s END,
    %(first_customer)s + (n::bigint * 7919) %% %(customers)s,
    CASE WHEN n %% 6 = 0 THEN NULL ELSE (%(people)s::bigint[])[1 + n %% array_length(%(people)s::bigint[], 1)] END,
    (ARRAY['Tagliando', 'Spia motore accesa', 'Ricambio in ritardo', 'Fattura', 'Garanzia', 'Gomme'])[1 + n %% 6]
        || ' ' || n,
    (ARRAY['email', 'web_form', 'phone', 'counter'])[1 + n %% 4], 2, 'it', 'us', '', '', '',
    at, at, at + interval '3 hours',
    CASE WHEN n > %(count)s - %(open)s THEN %(born)s::timestamptz + ((n * 37) %% 9000) * interval '1 minute'
        ELSE '9000-01-01 00:00+00' END,
    CASE WHEN n > %(count)s - %(open)s THEN %(born)s::timestamptz + interval '20 days' ELSE '9000-01-01 00:00+00' END,
    CASE WHEN n > %(count)s - %(open)s THEN NULL ELSE at + interval '1 day' END,
    CASE WHEN n > %(count)s - %(open)s THEN '' ELSE 'solved' END, 0
FROM (
    SELECT n, %(born)s::timestamptz - (%(count)s - n) * (interval '730 days' / %(count)s) AS at
    FROM generate_series(1, %(count)s) n
) made
"""

_REST = {
    "threads": """
        INSERT INTO messaging_thread (
            case_id, channel, last_message_at, last_direction, preview, messages, unread, waiting_since, reply_address)
        SELECT id, origin, last_activity_at, 'in', 'Buongiorno, vorrei sapere quando posso passare', %(each)s,
            CASE WHEN closed_at IS NULL AND id %% 3 = 0 THEN 1 ELSE 0 END,
            CASE WHEN closed_at IS NULL THEN last_activity_at END, 'c' || customer_id || '@bench.example'
        FROM cases_case
    """,
    "messages": """
        INSERT INTO messaging_message (
            unit_id, case_id, direction, channel, customer_id, author_name, from_address, to_addresses, cc_addresses,
            subject, text, full_text, html, header_id, in_reply_to, is_automatic, is_sender_unproven, flags, at)
        SELECT c.unit_id, c.id, CASE WHEN k %% 2 = 1 THEN 'in' ELSE 'out' END, 'email', c.customer_id, 'Anna Rossi',
            'c' || c.customer_id || '@bench.example', 'care@bench.example', '', c.subject,
            'Buongiorno, vorrei sapere quando posso passare a ritirare la vettura. Grazie e cordiali saluti. ' || c.id,
            '', '', 'b' || c.id || '.' || k || '@bench.example', '', false, false, '',
            c.opened_at + k * interval '30 minutes'
        FROM cases_case c CROSS JOIN generate_series(1, %(each)s) k
        ORDER BY c.id, k
    """,
    "segments": """
        INSERT INTO cases_segment (case_id, holder, started_at, ended_at, working_seconds, reason)
        SELECT id, 'us', opened_at, closed_at, CASE WHEN closed_at IS NULL THEN NULL ELSE 28800 END, '' FROM cases_case
    """,
    "deadlines": """
        INSERT INTO cases_deadline (
            case_id, clock, limit_minutes, started_at, due_at, warn_at, met_at, missed_at, warned_at)
        SELECT c.id, k, 480, c.opened_at,
            CASE WHEN c.closed_at IS NULL THEN c.due_at ELSE c.opened_at + interval '8 h' END,
            NULL, CASE WHEN c.closed_at IS NULL THEN NULL ELSE c.opened_at + interval '2 h' END,
            CASE WHEN c.closed_at IS NULL AND c.due_at < %(born)s THEN c.due_at END, NULL
        FROM cases_case c CROSS JOIN unnest(ARRAY['first_answer', 'solution']) k
    """,
    "facts": """
        INSERT INTO kernel_factrecord (kind, payload, unit_id, subject_id, occurred_at, depth)
        SELECT 'cases.CaseOpened', jsonb_build_object('unit_id', unit_id, 'occurred_at', opened_at, 'case_id', id,
            'customer_id', customer_id, 'process', 'information', 'origin', origin, 'title', subject),
            unit_id, customer_id, opened_at, 0
        FROM cases_case
    """,
    "audit trail": """
        INSERT INTO kernel_auditentry (at, actor_kind, actor_name, verb, object_kind, object_id, unit_id, data)
        SELECT opened_at, 'system', 'bench', 'opened', 'cases.case', id, unit_id, '{}' FROM cases_case
    """,
}
