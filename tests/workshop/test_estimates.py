"""Estimates: made of jobs, sent, seen and answered behind a link, sealed, and booked at the prices agreed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from corsia.events import workshop as facts
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from corsia.workshop.links import estimate_token
from corsia.workshop.models import Estimate, EstimateAnswer, EstimateLine, JobPart, Visit
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.estimates import agreed_bundle, estimate_page, estimate_rows
from corsia.workshop.services import estimates
from corsia.workshop.services.estimates import (
    Answer,
    AnswerNameMissing,
    EstimateEmpty,
    EstimateExpired,
    EstimateNotOpen,
    EstimateSent,
    ValidityPast,
)
from corsia.workshop.services.reception import LineData, Reception, receive
from tests.factories.customers import ROBOT
from tests.factories.orders import Floor, floor_of
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.factories.workshop import BRAKES, SERVICE, visit_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = timezone.now().replace(microsecond=0) - timedelta(hours=2)
AT = {"by": ROBOT, "now": NOW}
UNTIL = NOW.date() + timedelta(days=20)
YES = Answer(is_approved=True, name=" Mario   Rossi ")


@pytest.fixture
def floor() -> Floor:
    """A service takes a filter of 30 euro: with it 150, of which the package leaves 200 for both of its jobs."""
    found = floor_of()
    JobPart.unscoped.create(job=found.shop.jobs[SERVICE], code="OF", name="Filtro", quantity=2, price_cents=1_500)
    return found


def made(floor: Floor, *codes: str) -> Estimate:
    return estimates.make_estimate(
        unit_id=floor.shop.unit.pk,
        customer_id=floor.giulia.pk,
        vehicle_id=floor.ypsilon.pk,
        bundle=bundle(job_ids=[floor.shop.jobs[code].pk for code in codes]) if codes else None,
        **AT,
    )


def sent(floor: Floor, *codes: str, until: date = UNTIL) -> Estimate:
    return estimates.send_estimate(estimate_id=made(floor, *codes).pk, valid_until=until, note="A voce", **AT)


def lines_of(estimate: Estimate) -> list[tuple[str, str, int]]:
    return list(estimate.lines.order_by("position").values_list("kind", "text", "price_cents"))


def test_an_estimate_holds_labour_and_parts_of_its_jobs_and_what_is_typed(floor: Floor) -> None:
    first, second = made(floor, SERVICE, BRAKES), made(floor)
    data = LineData(kind="outside", text="Vetro", quantity=Decimal(1), price_cents=9_900)
    line = estimates.add_estimate_line(estimate_id=first.pk, data=data, **AT)

    assert ((first.year, first.number), second.number) == ((NOW.year, 1), 2)
    assert lines_of(first) == [
        ("labour", "Lavoro TAG30", 12_000),
        ("part", "Filtro", 3_000),
        ("labour", "Lavoro FRENI", 12_000),
        ("outside", "Vetro", 9_900),
    ]
    assert [one["text"] for one in estimate_page(first.pk, language="en", now=NOW).shown["lines"]] == [
        "Job TAG30",
        "Filtro",
        "Job FRENI",
        "Vetro",
    ]
    estimates.drop_estimate_line(line_id=line.pk, **AT)
    assert sum(cents for _kind, _text, cents in lines_of(first)) == 27_000
    with pytest.raises(EstimateEmpty):
        estimates.send_estimate(estimate_id=second.pk, valid_until=UNTIL, note="", **AT)
    with pytest.raises(ValidityPast):
        estimates.send_estimate(estimate_id=first.pk, valid_until=NOW.date() - timedelta(days=2), note="", **AT)


def test_what_was_sent_stays_and_is_told_once(floor: Floor) -> None:
    estimate = sent(floor, SERVICE)

    with pytest.raises(EstimateSent):
        estimates.send_estimate(estimate_id=estimate.pk, valid_until=UNTIL, note="", **AT)
    with pytest.raises(EstimateSent):
        estimates.drop_estimate_line(line_id=EstimateLine.objects.first().pk, **AT)
    [fact] = stated_facts(facts.EstimateSent)
    assert (fact.estimate_id, fact.number, fact.valid_until) == (estimate.pk, f"P {NOW.year}/1", UNTIL.isoformat())


def test_the_customer_sees_it_behind_its_link_and_accepts_once(floor: Floor) -> None:
    estimate = sent(floor, SERVICE)
    address = f"/portal/p/{estimate_token(estimate.pk)}/"
    page = Client().get(address)
    text = page.content.decode()
    shown = text.partition('name="shown" value="')[2][:64]

    assert "Job TAG30" in text  # Giulia reads English
    assert Client().get(address, {"l": "it"}).content.decode().count("Lavoro TAG30") == 1
    stale = Client().post(address + "?l=it", {"approved": "yes", "name": "Giulia", "shown": shown})
    assert stale.status_code == 422  # another language was shown
    assert Client().post(address, {"approved": "yes", "name": " ", "shown": shown}).status_code == 422
    assert not EstimateAnswer.objects.exists()
    done = Client().post(address, {"approved": "yes", "name": "Giulia Verdi", "shown": shown})
    again = Client().post(address, {"approved": "no", "name": "Giulia Verdi", "shown": shown})

    assert (done.status_code, again.status_code) == (302, 422)
    answer = EstimateAnswer.objects.get()
    assert (answer.name, answer.way, answer.is_approved, answer.taken_by) == ("Giulia Verdi", "link", True, None)
    found = estimate_page(estimate.pk, language="en", now=NOW)
    assert (found.estimate.state, found.is_sealed) == ("accepted", True)
    EstimateAnswer.objects.update(shown=answer.shown | {"total_cents": 1})
    assert estimate_page(estimate.pk, language="en", now=NOW).is_sealed is False
    assert Client().get(f"/portal/p/{estimate.pk}-{'0' * 32}/").status_code == 404


def test_a_draft_and_one_that_was_taken_back_are_shown_to_nobody(floor: Floor) -> None:
    draft, back = made(floor, SERVICE), sent(floor, SERVICE)
    estimates.withdraw_estimate(estimate_id=back.pk, **AT)

    for one in (draft, back):
        assert Client().get(f"/portal/p/{estimate_token(one.pk)}/").status_code == 404
    with pytest.raises(EstimateNotOpen):
        estimates.answer_estimate(estimate_id=back.pk, data=YES, **AT)


def test_an_expired_one_is_not_accepted_any_more(floor: Floor) -> None:
    estimate = sent(floor, SERVICE, until=NOW.date() + timedelta(days=1))
    later = NOW + timedelta(days=4)

    assert [row.is_expired for row in estimate_rows(show="expired", now=later)] == [True]
    assert estimate_rows(show="expired", now=NOW) == []
    assert [row.age_days for row in estimate_rows(now=later)] == [4]
    with pytest.raises(EstimateExpired):
        estimates.answer_estimate(estimate_id=estimate.pk, data=YES, by=ROBOT, now=later)
    with pytest.raises(AnswerNameMissing):
        estimates.answer_estimate(estimate_id=estimate.pk, data=Answer(is_approved=True, name=" "), **AT)
    with pytest.raises(NotAllowed):
        estimates.answer_estimate(
            estimate_id=estimate.pk, data=YES, by=actor_in(floor.shop.unit, Role.MECHANIC), now=NOW
        )


def test_what_was_accepted_is_booked_at_its_prices_with_one_click(floor: Floor) -> None:
    estimate = sent(floor, SERVICE)
    with pytest.raises(NotFound):
        agreed_bundle(estimate.pk, customer_id=floor.giulia.pk)
    estimates.answer_estimate(estimate_id=estimate.pk, data=YES, **AT)
    job = floor.shop.jobs[SERVICE]
    job.price_cents = 99_000  # the catalogue costs more by now
    job.save()
    client = signed_in(person_in(floor.shop.unit.parent, Role.BRANCH_MANAGER))

    page = client.get(f"/workshop/estimates/{estimate.pk}/").content.decode()
    url = page.partition(f'href="/workshop/book/?customer={floor.giulia.pk}')[2].partition('"')[0]
    offers = client.get(f"/workshop/book/?customer={floor.giulia.pk}" + url.replace("&amp;", "&")).content.decode()
    at = offers.partition('name="at" value="')[2].partition('"')[0]
    held = client.post(
        "/workshop/book/hold/",
        {
            "customer": floor.giulia.pk, "vehicle": floor.ypsilon.pk, "job": job.pk, "estimate": estimate.pk,
            "unit": floor.shop.unit.pk, "at": at,
        },
    )  # fmt: skip

    assert held.status_code == 302
    visit = Visit.objects.get()
    assert visit.jobs.get().price_cents == 15_000
    estimate.refresh_from_db()
    assert estimate.visit == visit
    assert AuditEntry.objects.filter(verb__endswith="estimate_booked").count() == 1
    with pytest.raises(NotFound):
        agreed_bundle(estimate.pk, customer_id=floor.mario.pk)


def test_what_was_typed_into_an_accepted_one_stands_in_the_order_as_agreed(floor: Floor) -> None:
    estimate = made(floor, SERVICE)
    typed = LineData(kind="outside", text="Verniciatura specchio", quantity=Decimal(1), price_cents=8_500)
    estimates.add_estimate_line(estimate_id=estimate.pk, data=typed, **AT)
    estimates.send_estimate(estimate_id=estimate.pk, valid_until=UNTIL, note="", **AT)
    visit = visit_in(floor.shop, floor.giulia, floor.ypsilon, at=NOW + timedelta(days=1), code=SERVICE)
    with pytest.raises(estimates.EstimateNotOpen):
        estimates.tie_to_visit(estimate_id=estimate.pk, visit_id=visit.pk, **AT)
    estimates.answer_estimate(estimate_id=estimate.pk, data=YES, **AT)
    estimates.tie_to_visit(estimate_id=estimate.pk, visit_id=visit.pk, **AT)

    order = receive(data=Reception(), visit_id=visit.pk, by=ROBOT, now=visit.drop_off_at)

    last = order.lines.order_by("position").last()
    assert (last.kind, last.text, last.price_cents, last.state, last.is_extra) == (
        "outside", "Verniciatura specchio", 8_500, "approved", False,
    )  # fmt: skip
    assert order.lines.filter(kind="outside").count() == 1


def test_the_desk_makes_one_from_the_booking_page_and_prints_it(floor: Floor) -> None:
    client = signed_in(person_in(floor.shop.unit.parent, Role.BRANCH_MANAGER))
    asked = {"customer": floor.mario.pk, "vehicle": floor.panda.pk, "job": floor.shop.jobs[SERVICE].pk}

    made_at = client.post("/workshop/estimates/make/", asked | {"unit": floor.shop.unit.pk})["Location"]
    added = client.post(made_at + "lines/", {"kind": "outside", "text": "Vetro", "quantity": "1", "price": "12,50"})
    sent_by = client.post(made_at + "send/", {"valid_until": UNTIL.isoformat(), "note": ""})
    paper = client.get(made_at + "paper.pdf")

    assert (added.status_code, sent_by.status_code) == (302, 302)
    assert Estimate.objects.get().state == "sent"
    assert paper.content[:5] == b"%PDF-"
    assert client.get("/workshop/estimates/").content.decode().count("162,50") == 1
