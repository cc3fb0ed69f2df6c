"""Terms: nothing goes until somebody says so; then exactly what is past its term, in the units that said so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.cases import services as cases
from corsia.cases.models import Case, Tag
from corsia.customers.models import Customer, Holding
from corsia.kernel import audit, scope
from corsia.kernel.errors import Invalid, NotAllowed
from corsia.kernel.models import AuditEntry, FactRecord
from corsia.kernel.privacy import terms
from corsia.listening.models import Response
from corsia.messaging.models import Inbound, Message, Outgoing
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from corsia.privacy import services
from corsia.privacy.models import Erasure, RetentionRun, RetentionTerm
from corsia.privacy.queries.retention import due, is_run_due, rules
from corsia.privacy.vocabulary import ErasureReason
from tests.factories.organisation import TODAY, person_in
from tests.privacy.world import Place, Somebody, a_place, rows_of_table, somebody, traces

pytestmark = pytest.mark.django_db
YEARS_11 = timedelta(days=4020)


@pytest.fixture
def place(group, now) -> Place:
    return a_place(group, now=now)


@pytest.fixture
def zorbax(place, now) -> Somebody:
    return somebody(place, "ZORBAX", now=now)


def switch(place: Place, unit, *, now, is_on: bool = True, **days: int) -> None:
    with scope.system("test"):
        services.save_terms(unit_id=unit.pk, is_on=is_on, days=days, by=place.boss, now=now)


def night(now) -> dict[str, int]:
    with scope.system("test"):
        return services.enforce_terms(now=now)


def close(one: Somebody, place: Place, *, now) -> None:
    with scope.system("test"):
        cases.close_case(case_id=one.case.pk, by=place.boss, now=now)


def test_nothing_goes_until_a_manager_switches_it_on(place: Place, zorbax: Somebody, now) -> None:
    close(zorbax, place, now=now + timedelta(hours=1))
    before = rows_of_table()

    assert night(now + YEARS_11) == {}

    after = rows_of_table()
    assert {table for table in before if before[table] != after[table]} == {"privacy_retentionrun"}


def test_after_all_terms_nothing_personal_is_left(place: Place, zorbax: Somebody, now) -> None:
    """Eleven years later, with everything at its default: as if they had asked for it."""
    close(zorbax, place, now=now + timedelta(hours=1))
    with scope.system("test"):
        Holding.objects.update(until=now.date() + timedelta(days=9))
    switch(place, place.group.root, now=now)

    night(now + YEARS_11)

    assert traces("ZORBAX") == []
    assert Erasure.unscoped.values_list("customer_id", "reason").get() == (zorbax.customer.pk, ErasureReason.TERM)
    assert audit.broken_seals() == []
    assert night(now + YEARS_11 + timedelta(days=1)) == {}


def test_an_open_case_keeps_its_texts_and_its_customer(place: Place, zorbax: Somebody, now) -> None:
    switch(place, place.group.root, now=now)

    night(now + YEARS_11)

    with scope.system("test"):
        assert Case.objects.get(pk=zorbax.case.pk).remedy == "ZORBAX remedy"
        assert Message.objects.filter(text__contains="ZORBAX").count() == 4
        assert Tag.objects.filter(case=zorbax.case).exists()
        assert Customer.objects.get(pk=zorbax.customer.pk).first_name == "ZORBAX"


def test_each_thing_goes_by_its_own_term(place: Place, zorbax: Somebody, now) -> None:
    close(zorbax, place, now=now + timedelta(hours=1))
    switch(place, place.group.root, now=now)

    def left() -> tuple[bool, bool, bool, bool, bool]:
        with scope.system("test"):
            return (
                Inbound.objects.exclude(raw=b"").exists(),
                Notification.objects.exists(),
                Outgoing.objects.exists(),
                Response.objects.exclude(text="").exists(),
                Case.objects.exclude(remedy="").exists(),
            )

    assert left() == (True, True, True, True, True)
    seen = []
    for days in (89, 91, 181, 366, 731):
        night(now + timedelta(days=days))
        seen.append(left())
    assert seen == [
        (True, True, True, True, True),
        (False, True, True, True, True),
        (False, False, True, True, True),
        (False, False, False, True, True),
        (False, False, False, False, True),
    ]


def test_a_unit_below_may_differ_and_its_neighbour_does_not(place: Place, zorbax: Somebody, now) -> None:
    close(zorbax, place, now=now + timedelta(hours=1))
    switch(place, place.group.root, now=now)
    switch(place, place.group.brescia, now=now, cases=30)

    with scope.system("test"):
        holding = rules()
    assert holding[place.desk.unit.pk].days["cases"] == 30
    assert holding[place.group.verona.pk].days["cases"] == 3652
    assert RetentionTerm.unscoped.count() == 1

    night(now + timedelta(days=29))
    assert Case.unscoped.get(pk=zorbax.case.pk).remedy == "ZORBAX remedy"
    night(now + timedelta(days=32))
    assert Case.unscoped.get(pk=zorbax.case.pk).remedy == ""


def test_the_preview_counts_what_the_night_takes(place: Place, zorbax: Somebody, now) -> None:
    close(zorbax, place, now=now + timedelta(hours=1))
    switch(place, place.group.root, now=now)
    later = now + timedelta(days=800)
    units = frozenset(unit for unit in rules())

    shown = {str(one.title): one.rows for one in due(now=later, units=units)}
    taken = night(later)

    assert sorted(shown.values()) == sorted(
        rows
        for label, rows in taken.items()
        if label in ("messaging.outgoing", "listening.response", "conversations.draft")
    )


def test_only_who_manages_privacy_in_the_unit_sets_its_terms(place: Place, now) -> None:
    verona = actor_of(person_in(place.group.verona, Role.CARE_MANAGER), today=TODAY)
    agent = actor_of(place.agent, today=TODAY)

    for by in (verona, agent):
        with pytest.raises(NotAllowed):
            services.save_terms(unit_id=place.group.brescia.pk, is_on=True, days={}, by=by, now=now)
    for days in ({"cases": 0}, {"nonsense": 3}):
        with pytest.raises(Invalid):
            services.save_terms(unit_id=place.group.root.pk, is_on=True, days=days, by=place.boss, now=now)


def test_old_values_of_the_trail_go_and_its_seals_hold(place: Place, zorbax: Somebody, now) -> None:
    switch(place, place.group.root, now=now, trail=30, told=30)

    night(now + timedelta(days=60))

    assert "ZORBAX" not in str(list(AuditEntry.objects.filter(unit_id__isnull=False).values_list("data", flat=True)))
    assert "ZORBAX" not in str(list(FactRecord.objects.values_list("payload", flat=True)))
    assert audit.broken_seals() == []


@pytest.mark.parametrize(
    ("hours_ago", "hour", "is_due"),
    [(None, 3, True), (None, 14, False), (24, 2, True), (3, 2, False), (24, 14, False), (31, 14, True)],
)
def test_a_missed_night_is_made_up_for(hours_ago, hour, is_due) -> None:
    local = datetime(2026, 3, 10, hour, 23, tzinfo=UTC)
    last = None if hours_ago is None else local - timedelta(hours=hours_ago)

    assert is_run_due(last, local_now=local) is is_due


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    closed=st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=1, max_size=6),
    days=st.integers(1, 40),
    passed=st.integers(0, 60),
    is_on=st.booleans(),
)
def test_any_history_against_the_rule_by_hand(place: Place, now, closed, days, passed, is_on) -> None:
    """Texts are gone exactly where the case was closed more than `days` before, and somebody switched it on."""
    with scope.system("test"):
        switch(place, place.group.root, now=now, is_on=is_on, cases=days)
        made = []
        for after in closed:
            case = cases.open_case(
                unit_id=place.desk.unit.pk, process_key="information", subject="Spia", origin="phone",
                customer_id=None, by=place.boss, now=now,
            )  # fmt: skip
            Case.objects.filter(pk=case.pk).update(remedy="words")
            if after is not None:
                cases.close_case(case_id=case.pk, by=place.boss, now=now + timedelta(days=after))
            made.append((case.pk, after))
        at = now + timedelta(days=passed)

        night(at)

        expected = {pk: "" if is_on and after is not None and passed - after > days else "words" for pk, after in made}
        assert dict(Case.objects.filter(pk__in=expected).values_list("pk", "remedy")) == expected
    assert RetentionRun.objects.exists()
    assert {term.key for term in terms()} >= {"cases"}
