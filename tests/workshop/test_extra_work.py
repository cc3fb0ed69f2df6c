"""Extra work waits for the customer's word, and the word is sealed with what was shown."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.events import workshop as facts
from corsia.kernel.actors import customer
from corsia.kernel.errors import NotAllowed
from corsia.organisation.actors import actor_of
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Approval, Order, OrderLine
from corsia.workshop.queries.extra_work import is_sealed, offer_of, proposed_lines
from corsia.workshop.rules.sealing import canonical, digest_of_shown, seal
from corsia.workshop.rules.stages import stage_now
from corsia.workshop.services.approvals import (
    Decision,
    NameMissing,
    OfferChanged,
    Proposal,
    decide,
    propose_extra,
    withdraw_line,
)
from corsia.workshop.services.reception import LineData
from corsia.workshop.services.refusals import PriceUnusable, SignatureUnusable, WordsMissing
from tests.factories.customers import ROBOT
from tests.factories.orders import PNG, Floor, floor_of, proposed, received, worked
from tests.factories.organisation import TODAY, actor_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

EIGHT = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
NINE = EIGHT + timedelta(hours=1)
MARIO = customer("Cliente")


@pytest.fixture
def floor() -> Floor:
    return floor_of()


def shown_to(order: Order, language: str = "it") -> str:
    return digest_of_shown(offer_of(order, proposed_lines(order), language=language))


def by_link(order: Order, *lines: OrderLine, yes: bool = True, **fields) -> Approval:
    values = {"name": "Mario Rossi", "shown": shown_to(order)} | fields
    data = Decision(line_ids=[line.pk for line in lines], is_approved=yes, **values)
    return decide(order_id=order.pk, data=data, by=MARIO, now=NINE)


def test_a_yes_by_the_link_is_sealed_word_for_word(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    extra = proposed(order, at=EIGHT)

    approval = by_link(order, extra, signature=PNG)

    shown = {
        "order": "2026/1",
        "language": "it",
        "currency": "EUR",
        "lines": [
            {
                "id": extra.pk,
                "text": "Pastiglie anteriori",
                "reason": "Restano 2 mm su 10.",
                "quantity": "1.00",
                "price_cents": 18_900,
            }
        ],
        "total_cents": 18_900,
    }
    said = {
        "shown": shown,
        "is_approved": True,
        "name": "Mario Rossi",
        "signature": hashlib.sha256(PNG).hexdigest(),
        "decided_at": "2026-03-10T08:00:00.000000+00:00",
        "way": "link",
        "taken_by": None,
    }
    independent = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert approval.shown == shown
    assert bytes(approval.digest) == hashlib.sha256(independent).digest()
    assert is_sealed(Approval.objects.get())
    extra.refresh_from_db()
    order.refresh_from_db()
    assert (extra.state, extra.decided_at, order.stage) == ("approved", NINE, "received")
    assert [(fact.is_approved, fact.total_cents) for fact in stated_facts(facts.ExtraWorkDecided)] == [(True, 18_900)]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Mario Bianchi"},
        {"is_approved": False},
        {"decided_at": NINE + timedelta(microseconds=1)},
        {"way": "desk"},
        {"signature": None},
    ],
)
def test_whatever_is_changed_afterwards_breaks_the_seal(floor: Floor, change) -> None:
    order = received(floor, at=EIGHT)
    approval = by_link(order, proposed(order, at=EIGHT), signature=PNG)

    Approval.objects.filter(pk=approval.pk).update(**change)

    assert not is_sealed(Approval.objects.get())


def test_another_price_in_what_was_shown_breaks_the_seal(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    approval = by_link(order, proposed(order, at=EIGHT))

    approval.shown["lines"][0]["price_cents"] = 1
    approval.save(update_fields=["shown"])

    assert not is_sealed(Approval.objects.get())


def test_a_no_leaves_the_line_declined_and_the_order_goes_on(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    worked(floor, order.lines.get(), at=EIGHT)
    extra = proposed(order, at=NINE)

    approval = by_link(order, extra, yes=False)

    extra.refresh_from_db()
    order.refresh_from_db()
    assert (approval.is_approved, extra.state, order.stage) == (False, "declined", "working")


def test_what_changed_after_it_was_shown_is_shown_again(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    extra = proposed(order, at=EIGHT)
    before = shown_to(order)
    OrderLine.objects.filter(pk=extra.pk).update(price_cents=99_900)

    with pytest.raises(OfferChanged):
        by_link(order, extra, shown=before)
    with pytest.raises(OfferChanged):
        by_link(order, extra, shown=shown_to(order, "en"))
    with pytest.raises(OfferChanged):
        by_link(order, extra, order.lines.get(position=0))
    with pytest.raises(OfferChanged):
        by_link(order)

    assert not Approval.objects.exists()


def test_a_decision_is_taken_once(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    extra = proposed(order, at=EIGHT)
    shown = shown_to(order)
    by_link(order, extra, shown=shown)

    with pytest.raises(OfferChanged):
        by_link(order, extra, shown=shown, yes=False)

    assert [one.is_approved for one in Approval.objects.all()] == [True]


@pytest.mark.parametrize(
    ("refusal", "fields"), [(NameMissing, {"name": " "}), (SignatureUnusable, {"signature": b"x"})]
)
def test_nobody_decides_without_a_name_or_with_a_false_picture(floor: Floor, refusal, fields) -> None:
    order = received(floor, at=EIGHT)
    extra = proposed(order, at=EIGHT)

    with pytest.raises(refusal):
        by_link(order, extra, **fields)

    extra.refresh_from_db()
    assert extra.state == "proposed"


def test_at_the_desk_a_person_writes_down_what_was_said(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    extra = proposed(order, at=EIGHT)
    data = Decision(line_ids=[extra.pk], is_approved=True, name="Mario Rossi")

    with pytest.raises(NotAllowed):
        decide(order_id=order.pk, data=data, by=actor_in(floor.shop.unit, Role.MECHANIC), now=NINE)
    approval = decide(order_id=order.pk, data=data, by=actor_of(floor.desk, today=TODAY), now=NINE)

    assert (approval.way, approval.taken_by) == ("desk", floor.desk)
    assert is_sealed(approval)


def test_a_proposal_says_why_and_for_how_much(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    for refusal, reason, cents in ((WordsMissing, " ", 100), (PriceUnusable, "Consumate", 0)):
        data = Proposal(line=LineData(kind="labour", text="Pastiglie", price_cents=cents), reason=reason)
        with pytest.raises(refusal):
            propose_extra(order_id=order.pk, data=data, by=ROBOT, now=EIGHT)

    assert order.lines.count() == 1


def test_a_line_somebody_worked_on_is_not_withdrawn(floor: Floor) -> None:
    order = received(floor, at=EIGHT)
    line, extra = order.lines.get(), proposed(order, at=EIGHT)
    worked(floor, line, at=EIGHT)

    with pytest.raises(OfferChanged):
        withdraw_line(line_id=line.pk, by=ROBOT, now=NINE)
    withdraw_line(line_id=extra.pk, by=ROBOT, now=NINE)

    assert sorted(order.lines.values_list("state", flat=True)) == ["approved", "declined"]
    assert not Approval.objects.exists()


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_one_content_has_one_form_whatever_its_order(content) -> None:
    turned = dict(reversed(content.items()))

    assert canonical(content) == canonical(turned)
    assert json.loads(canonical(content)) == content


def test_a_fraction_is_never_sealed() -> None:
    with pytest.raises(ValueError, match="fraction"):
        seal(
            shown={"lines": [{"price": 1.5}]}, is_approved=True, name="M", signature=b"", decided_at=NINE, way="link",
            taken_by=None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "lines", "is_begun", "then"),
    [
        ("received", ["approved"], False, "received"),
        ("received", ["approved"], True, "working"),
        ("working", ["approved", "proposed"], True, "working"),
        ("working", ["done", "proposed"], True, "waiting"),
        ("waiting", ["done", "declined"], True, "working"),
        ("checking", ["done"], True, "checking"),
        ("ready", ["done", "approved"], True, "working"),
        ("ready", ["done", "proposed"], True, "waiting"),
        ("waiting", [], False, "received"),
    ],
)
def test_the_stage_follows_the_lines(stage, lines, is_begun, then) -> None:
    assert stage_now(stage, lines=set(lines), is_begun=is_begun) == then
