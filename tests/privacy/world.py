"""A customer with a canary in every place where something personal can stand, and another one beside them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection

from corsia.cases import services as cases
from corsia.cases.models import Case
from corsia.conversations.models import Draft
from corsia.customers import services as customers
from corsia.customers.models import Customer
from corsia.events.messaging import MessageBounced
from corsia.kernel import scope
from corsia.kernel.actors import Actor, customer, system
from corsia.kernel.audit import audit, seal
from corsia.kernel.facts import publish
from corsia.kernel.models import ReactionFailure
from corsia.listening.models import Invitation
from corsia.messaging import services as messaging
from corsia.messaging.models import Inbound
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.vocabulary import InboundSource, InboundState, Outcome
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person
from corsia.organisation.services import notify
from corsia.organisation.vocabulary import Role
from tests.factories.customers import car, gives, person
from tests.factories.messaging import Desk, a_desk, mail_for, raw_mail
from tests.factories.organisation import TODAY, Group, person_in
from tests.factories.surveys import response_to

ROBOT = system("test")


@dataclass
class Somebody:
    """One customer with everything on them; every text contains the canary."""

    canary: str
    customer: Customer
    case: Case
    rows: dict[str, int] = field(default_factory=dict)


@dataclass
class Place:
    desk: Desk
    manager: Person
    agent: Person

    @property
    def group(self) -> Group:
        return self.desk.group

    @property
    def boss(self) -> Actor:
        return actor_of(self.manager, today=TODAY)


def a_place(group: Group, *, now: datetime) -> Place:
    desk = a_desk(group, now=now)
    return Place(desk, person_in(group.root, Role.CARE_MANAGER), person_in(group.brescia_care, Role.AGENT))


def somebody(place: Place, canary: str, *, now: datetime) -> Somebody:
    """Make a customer and let everything happen to them that can leave a text behind."""
    low, unit = canary.lower(), place.desk.unit
    agent = actor_of(place.agent, today=TODAY)
    with scope.system("test"):
        one = person(
            place.group.root,
            f"{canary} {canary}son",
            emails=[f"{low}@example.com"],
            phones=[f"+39030{number_of(canary):07d}"],
            note=f"{canary} likes coffee",
            source=f"{canary} fair",
            now=now,
        )
        customers.add_address(
            customer_id=one.pk,
            street=f"Via {canary} 1",
            postcode="25100",
            city=canary,
            province="BS",
            by=agent,
            now=now,
        )
        customers.record_consent(
            customer_id=one.pk, purpose="marketing", channel="any", is_given=True, source=f"{canary} paper", by=agent,
            now=now,
        )  # fmt: skip
        old = car(place.group.root, plate=plate_of(canary), make="Fiat", model="Panda")
        gives(one, old)
        raw = Inbound.objects.create(
            source=InboundSource.SMTP,
            dedupe_key=sha256(canary.encode()).digest(),
            raw=raw_mail(sender=f"{canary} <{low}@example.com>", text=f"I am {canary}"),
            size=100,
            envelope_from=f"{low}@example.com",
            envelope_to=place.desk.mailbox.address,
            received_at=now,
            state=InboundState.PARSED,
            outcome=Outcome.NEW_CASE,
            mailbox=place.desk.mailbox,
            unit=unit,
        )
        filed = messaging.file_message(
            mail_for(
                place.desk,
                at=now,
                from_address=f"{low}@example.com",
                from_name=f"{canary} {canary}son",
                subject=f"{canary} complains",
                text=f"{canary} wrote this",
                header_id=f"<{low}@example.com>",
                inbound_id=raw.pk,
                attachments=(NewFile(name=f"{canary}.txt", content=f"{canary} file".encode()),),
            )
        )
        case = Case.objects.get(pk=filed.case_id)
        later = now + timedelta(minutes=5)
        messaging.write_reply(case_id=case.pk, text=f"Dear {canary}", by=agent, now=later)
        messaging.write_note(
            case_id=case.pk, text=f"{canary} is angry", by=agent, now=later, mentions=[place.manager.pk]
        )
        cases.add_task(case_id=case.pk, title=f"Call {canary}", by=agent, now=later)
        cases.add_tag(case_id=case.pk, label=canary, by=agent, now=later)
        details = cases.Details(root_cause=f"{canary} cause", remedy=f"{canary} remedy", reference=f"{canary} 7")
        cases.describe(case_id=case.pk, details=details, by=agent, now=later)
        notify(
            [place.agent.pk], kind="cases.test", title=f"{canary} waits", url=f"/cases/{case.pk}/",
            dedupe_key=f"test:{case.pk}", now=now,
        )  # fmt: skip
        Draft.objects.create(case=case, person=place.agent, text=f"{canary} draft", updated_at=now)
        Inbound.objects.create(
            source=InboundSource.SMTP,
            dedupe_key=sha256(f"bounce {canary}".encode()).digest(),
            raw=f"Undelivered: {low}@example.com does not exist".encode(),
            size=60,
            received_at=now,
            state=InboundState.PARSED,
            outcome=Outcome.BOUNCE,
            reason=f"{canary} unknown",
        )
        invitation = Invitation.objects.create(
            unit=unit, case=case, customer=one, language="it", created_at=now, send_after=now, sent_at=now,
            expires_at=now + timedelta(days=20), cancel_detail=f"{canary} detail",
        )  # fmt: skip
        response_to(invitation, 3, at=now, text=f"{canary} unhappy")
        audit(invitation, "answered", by=customer(f"{canary} {canary}son"), now=now, text=f"{canary} said")
        fact_id = publish(
            MessageBounced(
                unit_id=unit.pk, occurred_at=now, message_id=filed.message_id or 0, case_id=case.pk,
                customer_id=one.pk, channel="email", preview=f"{canary} wrote", address=f"{low}@example.com",
                is_hard=True,
            )
        )  # fmt: skip
        ReactionFailure.objects.create(
            fact_id=fact_id, reaction="x", error=f"ValueError: {canary}", first_failed_at=now, last_failed_at=now
        )
        seal(now=now + timedelta(hours=1))
    return Somebody(canary, one, case)


def number_of(canary: str) -> int:
    """Return a number below ten million that belongs to this canary only."""
    return sum(ord(sign) * 31**place for place, sign in enumerate(canary)) % 10**7


def plate_of(canary: str) -> str:
    letters, number = "ABCDEFGHJKLMNPRSTVWXYZ", number_of(canary)
    return f"{letters[number % 22]}{letters[number // 22 % 22]}{number % 1000:03d}ZZ"


def traces(*canaries: str) -> list[str]:
    """Return table and column of every value in the whole database that contains one of the texts."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, 2"
        )
        for table, column in cursor.fetchall():
            kind = _kind(cursor, table, column)
            if kind in ("bigint", "integer", "boolean", "smallint"):
                continue
            shown = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            condition = " OR ".join(f"{shown} ILIKE %s" for _canary in canaries)
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", [f"%{one}%" for one in canaries])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def _kind(cursor, table: str, column: str) -> str:
    cursor.execute(
        "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s", [table, column]
    )
    return cursor.fetchone()[0]


def rows_of_table() -> dict[str, set[str]]:
    """Return every row of every table, as text."""
    from django.apps import apps

    contents = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f"SELECT t::text FROM {table} t")
            contents[table] = {row[0] for row in cursor.fetchall()}
    return contents
