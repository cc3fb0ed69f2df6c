"""Adding, reaching, consents, flags, vehicles over time, and the fast path of mail."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from corsia.customers import queries, services
from corsia.customers.models import ContactPoint, Customer, Holding
from corsia.customers.services.addresses import AddressEmpty
from corsia.customers.services.contacts import ContactEmpty, ContactKnown
from corsia.customers.services.holdings import (
    EndsBeforeStart,
    HoldingKnown,
    OwnedBySince,
    RelationImpossible,
    RelationKnown,
)
from corsia.customers.services.intake import split_name
from corsia.customers.services.records import BornInFuture, CodeTooLong, CustomerUnnamed
from corsia.customers.vocabulary import ConsentChannel, ContactState, CustomerKind, Flag, Purpose, VehicleRole
from corsia.events.customers import ConsentStated, CustomerAdded, HoldingChanged
from corsia.kernel import scope
from corsia.kernel.actors import Actor
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import ADDED_AT, ROBOT, car, company, gives, household, person
from tests.factories.organisation import actor_in, small_group
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def test_a_customer_belongs_to_the_dealer_group_whoever_adds_them(group) -> None:
    agent = actor_in(group.brescia_care)
    mario = person(
        group.brescia_care, emails=["Mario@Example.it", "mario@example.it"], phones=["333 1234567"], by=agent
    )

    assert mario.unit_id == group.root.pk
    assert mario.display_name == "Mario Rossi"
    stored = ContactPoint.objects.order_by("pk").values_list("kind", "value", "is_primary")
    assert list(stored) == [("email", "mario@example.it", True), ("phone", "+393331234567", True)]
    assert stated_facts() == [
        CustomerAdded(unit_id=group.root.pk, occurred_at=ADDED_AT, customer_id=mario.pk, source="")
    ]
    assert AuditEntry.objects.get().verb == "added"


def test_somebody_of_another_group_adds_nobody_here(group) -> None:
    stranger = actor_in(small_group("altro").brescia)
    with pytest.raises(NotAllowed):
        person(group.brescia, by=stranger)
    assert Customer.objects.count() == 0


def test_a_customer_without_a_name_is_called_by_their_address_and_without_anything_refused(group) -> None:
    assert person(group.brescia, "", emails=["info@example.it"]).display_name == "info@example.it"
    with pytest.raises(CustomerUnnamed):
        person(group.brescia, " ")


def test_doubtful_values_are_kept_as_they_were_typed(group) -> None:
    mario = person(group.brescia, emails=["mario@"], phones=["chiedere alla moglie"], tax_code="RSSMRA85T10A562X")
    card = queries.customer_card(mario.pk)
    page = queries.customer_page(queries.family_of(mario.pk), on=NOON.date())
    assert [reach.value for reach in (*card.emails, *card.phones)] == ["mario@", "chiedere alla moglie"]
    assert all(reach.doubt for reach in (*card.emails, *card.phones))
    assert mario.tax_code == "RSSMRA85T10A562X"
    assert page.tax_code_doubt


def test_impossible_values_are_refused_and_nothing_is_stored(group) -> None:
    with pytest.raises(CodeTooLong):
        person(group.brescia, tax_code="RSSMRA85T10A562SX")
    with pytest.raises(BornInFuture):
        person(group.brescia, born_on=date(2027, 1, 1))
    assert Customer.objects.count() == 0


def test_after_midnight_today_is_the_day_of_the_branch(group) -> None:
    half_past_midnight = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)  # the 11th in Rome

    born = person(group.brescia, now=half_past_midnight, born_on=date(2026, 3, 11))

    assert born.born_on == date(2026, 3, 11)
    with pytest.raises(BornInFuture):
        person(group.brescia, "Giulia Neri", now=half_past_midnight, born_on=date(2026, 3, 12))


def test_editing_writes_down_what_changed_and_the_new_name_is_found(group) -> None:
    mario = person(group.brescia)
    services.edit_customer(
        customer_id=mario.pk,
        data=services.CustomerData(first_name="Mario", last_name="Bianchi", note="prefers mornings"),
        by=ROBOT,
        now=NOON,
    )
    assert AuditEntry.objects.filter(verb="edited").get().data == {"last_name": ["Rossi", "Bianchi"]}
    assert [hit.id for hit in queries.search("bianchi")] == [mario.pk]
    assert queries.search("rossi") == []


def test_a_birth_date_that_the_tax_code_denies_is_doubted(group) -> None:
    mario = person(group.brescia, tax_code="RSSMRA85T10A562S", born_on=date(1985, 10, 12))
    assert queries.customer_page(queries.family_of(mario.pk), on=NOON.date()).birth_doubt
    luigi = person(group.brescia, "Luigi Rossi", tax_code="RSSMRA85T10A562S", born_on=date(1985, 12, 10))
    assert not queries.customer_page(queries.family_of(luigi.pk), on=NOON.date()).birth_doubt


class TestContacts:
    def test_the_first_is_primary_and_its_heir_takes_over(self, group) -> None:
        mario = person(group.brescia, emails=["a@example.it"])
        second = services.add_contact(customer_id=mario.pk, kind="email", value="b@example.it", by=ROBOT, now=NOON)
        assert not second.is_primary
        services.make_primary(contact_id=second.pk, by=ROBOT, now=NOON)
        assert queries.customer_card(mario.pk).email == "b@example.it"
        services.remove_contact(contact_id=second.pk, by=ROBOT, now=NOON)
        assert queries.customer_card(mario.pk).email == "a@example.it"
        assert ContactPoint.objects.get().is_primary

    def test_the_same_address_twice_and_an_empty_one_are_refused(self, group) -> None:
        mario = person(group.brescia, emails=["a@example.it"])
        with pytest.raises(ContactKnown):
            services.add_contact(customer_id=mario.pk, kind="email", value=" A@EXAMPLE.it", by=ROBOT, now=NOON)
        with pytest.raises(ContactEmpty):
            services.add_contact(customer_id=mario.pk, kind="phone", value="  ", by=ROBOT, now=NOON)

    def test_an_extension_is_kept_and_shown(self, group) -> None:
        mario = person(group.brescia, phones=["02/1234567 int. 12"])
        (phone,) = queries.customer_card(mario.pk).phones
        assert (phone.value, phone.doubt) == ("+39021234567;ext=12", "")
        assert phone.shown.startswith("02 123 4567")

    def test_a_bounce_marks_every_user_of_the_address_but_not_a_refusal(self, group) -> None:
        for name in ("Mario Rossi", "Anna Rossi"):
            person(group.brescia, name, emails=["casa@example.it"])
        refused = ContactPoint.objects.order_by("pk").last()
        services.set_contact_state(contact_id=refused.pk, state=ContactState.REFUSED, by=ROBOT, now=NOON)
        assert services.mark_bouncing(email="CASA@example.it", reason="5.1.1 unknown user", now=NOON) == 1
        states = ContactPoint.objects.order_by("pk").values_list("state", "state_reason")
        assert list(states) == [("bouncing", "5.1.1 unknown user"), ("refused", "")]
        assert queries.customer_card(ContactPoint.objects.order_by("pk").first().customer_id).email == ""

    def test_a_postal_address_needs_street_and_town(self, group) -> None:
        mario = person(group.brescia)
        with pytest.raises(AddressEmpty):
            services.add_address(customer_id=mario.pk, street="Via Roma 1", city=" ", by=ROBOT, now=NOON)
        first = services.add_address(customer_id=mario.pk, street="Via Roma 1", city="Brescia", by=ROBOT, now=NOON)
        services.add_address(customer_id=mario.pk, street="Via Po 2", city="Torino", by=ROBOT, now=NOON)
        assert queries.customer_card(mario.pk).city == "Brescia"
        services.remove_address(address_id=first.pk, by=ROBOT, now=NOON)
        assert queries.customer_card(mario.pk).city == "Torino"


class TestConsents:
    def state(self, customer, channel=ConsentChannel.ANY):
        return queries.consent_of(customer.pk, Purpose.MARKETING, channel).is_given

    def say(self, customer, is_given, channel=ConsentChannel.ANY, minutes=0) -> None:
        services.record_consent(
            customer_id=customer.pk,
            purpose=Purpose.MARKETING,
            channel=channel,
            is_given=is_given,
            source="counter",
            by=ROBOT,
            now=NOON + timedelta(minutes=minutes),
        )

    def test_never_asked_is_no_consent(self, group) -> None:
        assert self.state(person(group.brescia)) is None

    def test_the_latest_statement_that_covers_the_channel_counts(self, group) -> None:
        mario = person(group.brescia)
        self.say(mario, True)
        assert self.state(mario, ConsentChannel.EMAIL) is True
        self.say(mario, False, ConsentChannel.EMAIL, minutes=1)
        assert (self.state(mario, ConsentChannel.EMAIL), self.state(mario, ConsentChannel.SMS)) == (False, True)
        self.say(mario, False, minutes=2)
        assert self.state(mario, ConsentChannel.SMS) is False
        shown = [state for state in queries.customer_card(mario.pk).consents if state.is_given is not None]
        assert [(state.purpose, state.channel, state.is_given) for state in shown] == [
            (Purpose.MARKETING, ConsentChannel.ANY, False)
        ]

    def test_each_statement_is_told_and_kept(self, group) -> None:
        mario = person(group.brescia)
        self.say(mario, True)
        self.say(mario, False, minutes=1)
        assert [fact.is_given for fact in stated_facts(ConsentStated)] == [True, False]

    def test_flags_are_set_and_taken_off_once(self, group) -> None:
        mario = person(group.brescia)
        for _ in range(2):
            services.set_flag(customer_id=mario.pk, flag=Flag.IN_DISPUTE, by=ROBOT, now=NOON)
        assert queries.customer_card(mario.pk).flags == (Flag.IN_DISPUTE,)
        for _ in range(2):
            services.clear_flag(customer_id=mario.pk, flag=Flag.IN_DISPUTE, by=ROBOT, now=NOON)
        assert queries.customer_card(mario.pk).flags == ()
        verbs = AuditEntry.objects.filter(verb__startswith="flag").values_list("verb", flat=True)
        assert list(verbs) == ["flag_set", "flag_cleared"]


class TestVehiclesOverTime:
    def test_a_new_owner_ends_the_old_ones_time(self, group) -> None:
        panda = car(group.brescia)
        mario, luigi = person(group.brescia), person(group.brescia, "Luigi Verdi")
        gives(mario, panda, since=date(2020, 1, 1))
        gives(luigi, panda, since=date(2026, 3, 1))
        assert [(holder.name, holder.until) for holder in queries.holders_of(vehicle_id=panda.pk)] == [
            ("Luigi Verdi", None),
            ("Mario Rossi", date(2026, 3, 1)),
        ]
        told = [(fact.customer_id, fact.is_current) for fact in stated_facts(HoldingChanged)]
        assert told == [(mario.pk, True), (mario.pk, False), (luigi.pk, True)]
        card = queries.customer_card(mario.pk)
        assert (card.vehicles, [vehicle.name for vehicle in card.past_vehicles]) == ((), ["Fiat Panda"])

    def test_an_owner_cannot_begin_before_the_one_who_is_there(self, group) -> None:
        panda = car(group.brescia)
        gives(person(group.brescia), panda, since=date(2024, 1, 1))
        with pytest.raises(OwnedBySince) as refusal:
            gives(person(group.brescia, "Luigi Verdi"), panda, since=date(2023, 1, 1))
        assert refusal.value.data == {"name": "Mario Rossi", "since": "01/01/2024"}
        assert Holding.objects.count() == 1

    def test_a_driver_takes_nothing_from_the_owner(self, group) -> None:
        panda, mario, anna = car(group.brescia), person(group.brescia), person(group.brescia, "Anna Rossi")
        gives(mario, panda)
        gives(anna, panda, VehicleRole.DRIVER)
        assert Holding.objects.filter(until=None).count() == 2
        with pytest.raises(HoldingKnown):
            gives(anna, panda, VehicleRole.DRIVER)

    def test_a_time_ends_after_it_began(self, group) -> None:
        held = gives(person(group.brescia), car(group.brescia), since=date(2024, 1, 1))
        with pytest.raises(EndsBeforeStart):
            services.end_holding(holding_id=held.pk, until=date(2024, 1, 1), by=ROBOT, now=NOON)
        services.end_holding(holding_id=held.pk, until=date(2024, 1, 2), by=ROBOT, now=NOON)
        services.end_holding(holding_id=held.pk, until=date(2025, 1, 2), by=ROBOT, now=NOON)
        assert Holding.objects.get().until == date(2024, 1, 2)

    def test_members_belong_to_households_and_companies_only(self, group) -> None:
        mario, family, firm = person(group.brescia), household(group.brescia), company(group.brescia)
        services.relate(whole_id=family.pk, part_id=mario.pk, by=ROBOT, now=NOON)
        services.relate(whole_id=firm.pk, part_id=mario.pk, job="Titolare", by=ROBOT, now=NOON)
        page = queries.customer_page(queries.family_of(mario.pk), on=NOON.date())
        assert [(member.name, member.job) for member in page.memberships] == [
            ("Famiglia Rossi", ""),
            ("Autotrasporti Bianchi S.r.l.", "Titolare"),
        ]
        with pytest.raises(RelationKnown):
            services.relate(whole_id=firm.pk, part_id=mario.pk, by=ROBOT, now=NOON)
        with pytest.raises(RelationImpossible):
            services.relate(whole_id=mario.pk, part_id=firm.pk, by=ROBOT, now=NOON)


class TestMailIntake:
    def find(self, group, email="nuovo@example.it", name="Mario Rossi") -> Customer:
        return services.find_or_add_by_email(group_id=group.root.pk, email=email, name=name, source="email", now=NOON)

    def test_a_known_address_costs_one_statement_and_adds_nobody(self, group) -> None:
        mario = person(group.brescia, emails=["mario@example.it"])
        with CaptureQueriesContext(connection) as counted:
            found = self.find(group, "Mario@Example.it")
        assert (found.pk, found.is_ambiguous, len(counted)) == (mario.pk, False, 1)
        assert Customer.objects.count() == 1

    def test_a_new_address_becomes_a_customer_once(self, group) -> None:
        first, again = self.find(group), self.find(group)
        assert first.pk == again.pk
        assert (first.display_name, first.first_name, first.last_name) == ("Mario Rossi", "Mario", "Rossi")
        assert [hit.id for hit in queries.search("rosis")] == [first.pk]
        assert len(stated_facts(CustomerAdded)) == 1

    def test_a_merged_record_stands_for_its_survivor(self, group) -> None:
        mario, old = person(group.brescia), person(group.brescia, "M Rossi", emails=["mario@example.it"])
        services.merge_customers(survivor_id=mario.pk, absorbed_id=old.pk, by=ROBOT, now=NOON)
        found = self.find(group, "mario@example.it")
        assert (found.pk, found.is_ambiguous) == (mario.pk, False)

    def test_a_shared_address_gives_the_one_with_the_latest_fact_and_says_so(self, group) -> None:
        mario = person(group.brescia, emails=["casa@example.it"])
        anna = person(group.brescia, "Anna Rossi", emails=["casa@example.it"])
        services.record_consent(
            customer_id=mario.pk, purpose=Purpose.SURVEY, is_given=True, source="x", by=ROBOT, now=NOON
        )
        found = self.find(group, "casa@example.it")
        assert (found.pk, found.is_ambiguous) == (mario.pk, True)
        assert anna.pk != found.pk

    def test_another_groups_customer_is_not_ours(self, group) -> None:
        other = small_group("altro")
        theirs = person(other.brescia, emails=["nuovo@example.it"])
        assert self.find(group).pk != theirs.pk

    def test_a_company_and_a_bare_mailbox_are_told_from_a_person(self, group) -> None:
        firm = self.find(group, "info@bianchi.example", "Officine Bianchi S.r.l.")
        assert (firm.kind, firm.company_name) == (CustomerKind.COMPANY, "Officine Bianchi S.r.l.")
        bare = self.find(group, "info@verdi.example", "")
        assert (bare.kind, bare.display_name) == (CustomerKind.PERSON, "info@verdi.example")

    @pytest.mark.parametrize(
        ("signed", "first", "last"),
        [
            ("Mario Rossi", "Mario", "Rossi"),
            ("Rossi, Mario", "Mario", "Rossi"),
            ("DE ROSSI Mario", "Mario", "De Rossi"),
            ("Maria Grazia Bianchi", "Maria", "Grazia Bianchi"),
            ("mario@example.it", "", ""),
            ("Mario", "Mario", ""),
            ("", "", ""),
        ],
    )
    def test_names_are_split_as_people_sign(self, signed: str, first: str, last: str) -> None:
        assert split_name(signed) == (first, last)


def test_the_card_takes_as_many_statements_for_one_thing_as_for_three(group) -> None:
    counts = []
    for number in (1, 3):
        mario = person(group.brescia, emails=[f"{number}{i}@example.it" for i in range(number)])
        for i in range(number):
            gives(mario, car(group.brescia, f"AB{number}{i}0CD"))
        with CaptureQueriesContext(connection) as counted:
            queries.customer_card(mario.pk)
        counts.append(len(counted))
    assert counts == [6, 6]


class TestStory:
    def test_facts_are_told_newest_first_and_page_by_page(self, group) -> None:
        mario = person(group.brescia, source="counter")
        for minute in range(5):
            services.record_consent(
                customer_id=mario.pk,
                purpose=Purpose.MARKETING,
                is_given=minute % 2 == 0,
                source="x",
                by=ROBOT,
                now=NOON + timedelta(minutes=minute),
            )
        ids = queries.family_ids(mario.pk)
        pages, before = [], ""
        while True:
            story = queries.story_of(ids, before=before, limit=2)
            pages.append([event.at for event in story.events])
            before = story.before
            if not before:
                break
        told = [at for page in pages for at in page]
        assert told == [*(NOON + timedelta(minutes=minute) for minute in (4, 3, 2, 1, 0)), ADDED_AT]
        assert [len(page) for page in pages] == [2, 2, 2]

    def test_facts_of_units_outside_the_scope_are_not_told(self, group) -> None:
        from django.db import transaction

        from corsia.events.cases import CaseOpened
        from corsia.kernel.facts import publish

        mario = person(group.brescia)
        with transaction.atomic():
            for unit in (group.brescia, group.verona):
                publish(
                    CaseOpened(
                        unit_id=unit.pk,
                        occurred_at=NOON,
                        customer_id=mario.pk,
                        case_id=unit.pk,
                        process="care",
                        origin="email",
                        title=f"Spia accesa {unit.name}",
                    )
                )
        units = frozenset({group.brescia.pk})
        with scope.entered(scope.Scope(units=units, shared=units | {group.root.pk})):
            details = [event.detail for event in queries.story_of([mario.pk]).events]
        assert details == [f"#{group.brescia.pk} · Spia accesa Brescia", ""]

    def test_a_family_is_told_as_one(self, group) -> None:
        mario, old = person(group.brescia), person(group.brescia, "M Rossi")
        services.merge_customers(survivor_id=mario.pk, absorbed_id=old.pk, by=ROBOT, now=NOON)
        kinds = [event.icon for event in queries.story_of(queries.family_ids(mario.pk)).events]
        assert kinds == ["arrows-join", "user-plus", "user-plus"]

    @pytest.mark.parametrize("cursor", ["x", "2026-01-01|", "|5", "9" * 50])
    def test_a_broken_cursor_gives_the_first_page(self, group, cursor: str) -> None:
        mario = person(group.brescia)
        assert queries.story_of([mario.pk], before=cursor) == queries.story_of([mario.pk])


def test_a_branch_agent_may_edit_the_groups_customer_and_a_strangers_agent_may_not(group) -> None:
    mario = person(group.brescia)
    agent: Actor = actor_in(group.verona_care)
    services.set_flag(customer_id=mario.pk, flag=Flag.VIP, by=agent, now=NOON)
    consultant = actor_in(group.root, Role.CONSULTANT)
    with pytest.raises(NotAllowed):
        services.set_flag(customer_id=mario.pk, flag=Flag.MOVED, by=consultant, now=NOON)
    other = small_group("altro")
    units = frozenset({other.root.pk})
    with scope.entered(scope.Scope(units=units, shared=units)), pytest.raises(NotFound):
        services.set_flag(customer_id=mario.pk, flag=Flag.MOVED, by=actor_in(other.root), now=NOON)
    assert queries.customer_card(mario.pk).flags == (Flag.VIP,)
