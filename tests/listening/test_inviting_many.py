"""All whom an event has reached are chosen together as they would be one by one."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from corsia.customers.models import ContactPoint, Customer, Milestone
from corsia.customers.services import record_consent, set_flag
from corsia.customers.vocabulary import ConsentChannel, ContactKind, Flag, Purpose
from corsia.kernel.actors import system
from corsia.kernel.errors import NotAllowed
from corsia.listening.models import Invitation, ListeningPlan, Response
from corsia.listening.services import AsksNobodyYet, invite_since
from corsia.listening.services.inviting import _invite_by
from corsia.messaging.models import CountedContact
from corsia.messaging.occasions import OCCASIONS
from corsia.organisation.vocabulary import Role
from corsia.vehicles.models import Vehicle
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import actor_in, person_in
from tests.factories.surveys import reachable
from tests.listening.test_plans import nps, planned, ready  # noqa: F401  (fixtures)

pytestmark = pytest.mark.usefixtures("everything")
DAY = timedelta(days=1)
ORDER = "customers.order_closed"


def closed(unit, customer: Customer, *, at=NOON - 3 * DAY, **fields) -> Milestone:
    """Put a closed order straight into the table: nobody heard of it."""
    return Milestone.objects.create(
        kind="order_closed", unit=unit, customer=customer, reached_at=at, day=at.date(), stated_at=at,
        **{"reference": "C-1", **fields},
    )  # fmt: skip


def told() -> list[tuple]:
    rows = Invitation.objects.order_by("occasion_id").values_list(
        "occasion_id", "unit_id", "customer_id", "vehicle_id", "version_id", "language", "happened_at",
        "cancel_reason", "cancel_detail", "cancelled_at",
    )  # fmt: skip
    return list(rows)


def everybody(group) -> list[Milestone]:
    """Return closed orders of customers of every kind that the rules know of."""
    now, found = NOON - 300 * DAY, []

    def somebody(email: str, **fields) -> Customer:
        return reachable(group, now=now, email=email, **fields)

    def of(customer: Customer, unit=group.brescia_care, **fields) -> Customer:
        found.append(closed(unit, customer, **fields))
        return customer

    for number in range(12):
        of(somebody(f"plain{number}@example.it"), unit=(group.brescia_care, group.verona_care)[number % 2])
    refused = of(somebody("no@example.it"))
    for given, at in ((True, NOON - 9 * DAY), (False, NOON - 8 * DAY)):
        record_consent(
            customer_id=refused.pk, purpose=Purpose.SURVEY, channel=ConsentChannel.ANY, is_given=given, source="x",
            by=ROBOT, now=at,
        )  # fmt: skip
    agreed = of(somebody("yes@example.it"))
    record_consent(
        customer_id=agreed.pk, purpose=Purpose.SURVEY, channel=ConsentChannel.EMAIL, is_given=True, source="x",
        by=ROBOT, now=NOON - 8 * DAY,
    )  # fmt: skip
    for flag in (Flag.DO_NOT_CONTACT, Flag.IN_DISPUTE, Flag.DECEASED, Flag.DO_NOT_CALL):
        set_flag(customer_id=of(somebody(f"{flag}@example.it")).pk, flag=flag, by=ROBOT, now=NOON)
    of(somebody("laura@bellandi.example"))
    person_in(group.root, email="Laura@Bellandi.example")
    a_case(
        group.brescia_care, now=NOON - DAY, customer=of(somebody("waits@example.it")), process_key="complaint"
    )  # fmt: skip
    asked = of(somebody("asked@example.it"))
    Invitation.objects.create(
        case=a_case(group.brescia_care, now=NOON - 40 * DAY, customer=asked), customer=asked, unit=group.brescia_care,
        language="it", created_at=NOON - 30 * DAY, send_after=NOON - 30 * DAY, sent_at=NOON - 30 * DAY,
        expires_at=NOON,
    )  # fmt: skip
    tired = of(somebody("tired@example.it"))
    for number in range(8):
        CountedContact.objects.create(
            customer=tired, taken_by=group.root, channel="email", purpose="survey", at=NOON - timedelta(hours=number),
            key=f"tired:{number}",
        )  # fmt: skip
    survivor = of(somebody("survivor@example.it"))
    merged = Customer.objects.create(
        unit=group.root, display_name="Merged", created_at=now, merged_into=survivor, language="en"
    )  # fmt: skip
    set_flag(customer_id=survivor.pk, flag=Flag.DO_NOT_CONTACT, by=ROBOT, now=NOON)
    of(merged, reference="C-2")
    return found


def test_many_are_chosen_as_one_by_one(ready, nps) -> None:  # noqa: F811
    events = everybody(ready)
    plan = planned(
        ready.root, nps, occasion=ORDER, design="sample", sample_pct=70, excluded_processes=("complaint",)
    )  # fmt: skip
    before = set(Invitation.objects.values_list("pk", flat=True))
    with transaction.atomic():
        for event in sorted(events, key=lambda row: (row.reached_at, row.pk)):
            happened = OCCASIONS[ORDER].find(event.pk)
            assert happened is not None
            _invite_by(plan, happened, now=NOON)
        one_by_one = told()
        transaction.set_rollback(True)
    assert set(Invitation.objects.values_list("pk", flat=True)) == before

    chosen = invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON)

    assert told() == one_by_one
    reasons = Counter(row[7] for row in one_by_one if row[0] is not None)
    assert set(reasons) >= {"", "not_in_sample", "not_allowed"}
    assert (chosen.reached, chosen.waiting) == (len(events), reasons[""])


def test_every_reason_is_found_where_nobody_is_left_out_by_chance(ready, nps) -> None:  # noqa: F811
    events = everybody(ready)
    plan = planned(ready.root, nps, occasion=ORDER, excluded_processes=("complaint",))

    invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON)

    reasons = Counter(Invitation.objects.filter(plan=plan).values_list("cancel_reason", flat=True))
    assert reasons == {
        "": 14, "not_allowed": 7, "employee": 1, "excluded_case": 1, "recently_asked": 1,
    }  # fmt: skip
    assert len(events) == 24


def test_twice_is_once_and_what_is_fresh_is_left_to_its_own_moment(ready, nps) -> None:  # noqa: F811
    customer = reachable(ready, now=NOON)
    closed(ready.brescia_care, customer)
    closed(ready.brescia_care, reachable(ready, now=NOON, email="b@example.it"), at=NOON - timedelta(hours=5))
    closed(ready.brescia_care, reachable(ready, now=NOON, email="c@example.it"), at=NOON - 40 * DAY)
    plan = planned(ready.root, nps, occasion=ORDER)

    first = invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON)
    again = invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON + timedelta(hours=1))

    assert ((first.reached, first.waiting), (again.reached, again.waiting)) == ((1, 1), (0, 0))
    row = Invitation.objects.get()
    assert (row.customer_id, row.created_at, row.send_after) == (customer.pk, NOON, NOON)


def test_of_several_events_of_one_customer_the_latest_counts(ready, nps) -> None:  # noqa: F811
    customer = reachable(ready, now=NOON)
    early = closed(ready.brescia_care, customer, at=NOON - 9 * DAY, reference="C-1")
    late = closed(ready.verona_care, customer, at=NOON - 2 * DAY, reference="C-2")
    plan = planned(ready.root, nps, occasion=ORDER)

    invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON)

    reasons = dict(Invitation.objects.values_list("occasion_id", "cancel_reason"))
    assert reasons == {early.pk: "recently_asked", late.pk: ""}


def test_make_words_unit_and_quota_hold(ready, nps) -> None:  # noqa: F811
    fiat = Vehicle.objects.create(unit=ready.root, make="Fiat", model="Panda", created_at=NOON)
    wanted = closed(ready.brescia_care, reachable(ready, now=NOON), vehicle=fiat, detail="Tagliando 100%")
    closed(ready.brescia_care, reachable(ready, now=NOON, email="b@example.it"), detail="Tagliando 100%")
    closed(ready.brescia_care, reachable(ready, now=NOON, email="c@example.it"), vehicle=fiat, detail="Tagliando 1009")
    full = closed(
        ready.verona_care, reachable(ready, now=NOON, email="d@example.it"), vehicle=fiat, detail="tagliando 100%"
    )
    plan = planned(ready.root, nps, occasion=ORDER, make=" fiat", words="100% TAGLIANDO", quota=1)
    Response.objects.create(
        plan=plan,
        unit=ready.verona_care,
        score=9,
        started_at=NOON,
        answered_at=NOON,
        completed_at=NOON,
        settled_at=NOON,
    )

    invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON)

    reasons = dict(Invitation.objects.values_list("occasion_id", "cancel_reason"))
    assert reasons == {wanted.pk: "", full.pk: "quota_full"}


def test_only_a_running_plan_with_an_event_asks_and_only_for_whoever_manages_it(ready, nps) -> None:  # noqa: F811
    plan = planned(ready.root, nps, occasion=ORDER, is_running=False)
    with pytest.raises(AsksNobodyYet):
        invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=ROBOT, now=NOON)
    ListeningPlan.objects.update(state="running", occasion="")
    with pytest.raises(AsksNobodyYet):
        invite_since(plan_id=plan.pk, since=NOON - 30 * DAY, by=system("x"), now=NOON)
    with pytest.raises(NotAllowed):
        invite_since(
            plan_id=plan.pk, since=NOON, by=actor_in(ready.brescia, Role.BRANCH_MANAGER), now=NOON
        )  # fmt: skip
    assert not ContactPoint.objects.filter(kind=ContactKind.PHONE).exists()
