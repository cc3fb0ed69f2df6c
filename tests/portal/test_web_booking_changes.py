"""A booked visit behind its link: in the calendar, moved, cancelled; and the personal page of a car."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from corsia.customers.models import Holding
from corsia.customers.services import end_holding
from corsia.events import workshop as facts
from corsia.kernel import scope
from corsia.kernel.models import FactRecord
from corsia.kernel.tokens import sign
from corsia.vehicles.models import Due
from corsia.vehicles.vocabulary import DueKind
from corsia.workshop.links import BOOKING, booking_token, car_token, visit_token
from corsia.workshop.models import Allocation, Visit
from corsia.workshop.services import booking, delivery, reception, reminders
from corsia.workshop.services.reception import Reception
from corsia.workshop.vocabulary import Source, VisitState
from tests.factories.customers import ADDED_AT, ROBOT
from tests.factories.orders import Floor, floor_of, made_ready
from tests.factories.organisation import small_group
from tests.factories.workshop import SERVICE, shop_of, visit_in
from tests.facts import stated_facts

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def floor() -> Floor:
    return floor_of(shop_of(small_group()))


@pytest.fixture
def visit(floor: Floor) -> Visit:
    return visit_in(floor.shop, floor.mario, floor.panda, at=working_day(7))


def working_day(days: int, hour: int = 9) -> datetime:
    """Return an hour of a day on which the workshop is open, so many days or a few more from now."""
    at = (timezone.now() + days * DAY).replace(hour=hour, minute=0, second=0, microsecond=0)
    while at.weekday() > 4 or (at.month, at.day) in {(1, 1), (1, 6), (12, 8), (12, 25), (12, 26)}:
        at += DAY
    return at


def page(visit: Visit, more: str = "") -> str:
    return f"/portal/visit/{booking_token(visit.pk)}/{more}"


def held_by(floor: Floor) -> int:
    return Holding.unscoped.get(customer=floor.mario).pk


def car_page(floor: Floor, *, days: int = 30) -> str:
    return f"/portal/car/{car_token(held_by(floor), until=timezone.now().date() + days * DAY)}/"


def due(floor: Floor, *, days: int = 20, kind: DueKind = DueKind.SERVICE, km: int | None = 30_000) -> Due:
    return Due.unscoped.create(
        unit=floor.panda.unit, vehicle=floor.panda, kind=kind, cycle="1", due_on=timezone.now().date() + days * DAY,
        earliest=timezone.now().date() + 10 * DAY, latest=timezone.now().date() + 40 * DAY, reason="km", km_due=km,
        km_a_year=15_000, recomputed_at=ADDED_AT,
    )  # fmt: skip


def slots_on(text: str) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', text)


def unfolded(content: bytes) -> dict[str, str]:
    """Read a calendar file strictly, as RFC 5545 says: our own small parser, that knows nothing of the writer."""
    assert content.endswith(b"\r\n")
    lines: list[bytes] = []
    for line in content.split(b"\r\n")[:-1]:
        assert len(line) <= 75
        assert b"\n" not in line
        line.decode()  # no letter is cut in two
        if line.startswith(b" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    nested: list[str] = []
    found: dict[str, str] = {}
    for line in (one.decode() for one in lines):
        name, colon, value = line.partition(":")
        assert colon
        assert re.fullmatch(r"[A-Z-]+", name)
        if name == "BEGIN":
            nested.append(value)
        elif name == "END":
            assert nested.pop() == value
        else:
            key = ".".join([*nested[1:], name])
            assert key not in found
            found[key] = re.sub(r"\\([\\;,nN])", lambda mark: "\n" if mark[1] in "nN" else mark[1], value)
    assert nested == []
    return found


def test_the_page_shows_the_visit_and_offers_the_calendar(floor: Floor, visit: Visit) -> None:
    answer = Client().get(page(visit))
    text = answer.content.decode()

    assert "Lavoro TAG30" in text
    assert floor.panda.plate in text
    assert "calendar.ics" in text
    assert "Disdici" in text
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "Your workshop visit" in Client().get(page(visit) + "?l=en").content.decode()


@pytest.mark.parametrize("change", ["other", "cut", "purpose", "never", "word"])
def test_a_link_that_was_not_made_here_opens_nothing(floor: Floor, visit: Visit, change: str) -> None:
    token = {
        "other": f"{visit.pk + 1}-{booking_token(visit.pk).partition('-')[2]}",
        "cut": booking_token(visit.pk)[:-1],
        "purpose": visit_token(visit.pk),
        "never": booking_token(999_999_999),
        "word": "abc",
    }[change]

    for more in ("", "move/", "cancel/", "calendar.ics"):
        assert Client().get(f"/portal/visit/{token}/{more}").status_code == 404
    for more in ("move/", "cancel/"):
        assert Client().post(f"/portal/visit/{token}/{more}").status_code == 404
    assert Visit.unscoped.get().state == VisitState.BOOKED


def test_a_slot_that_is_only_held_has_no_page(floor: Floor, visit: Visit) -> None:
    Visit.unscoped.filter(pk=visit.pk).update(state=VisitState.HELD, held_until=timezone.now())

    assert Client().get(page(visit)).status_code == 404


def test_the_calendar_file_is_strictly_right_and_follows_the_visit(floor: Floor, visit: Visit) -> None:
    floor.shop.unit.__class__.objects.filter(pk=floor.shop.unit.parent_id).update(
        street="Via dell'Industria, 12; scala «B»", city="Brescia", postcode="25100", phone="030 111 222"
    )
    first = unfolded(Client().get(page(visit, "calendar.ics")).content)
    new_at = working_day(9, 8)
    with scope.system("test"):
        booking.move(visit_id=visit.pk, unit_id=visit.unit_id, starts_at=new_at, by=ROBOT, now=timezone.now())
    second = unfolded(Client().get(page(visit, "calendar.ics")).content)
    with scope.system("test"):
        booking.cancel(visit_id=visit.pk, reason="x", by=ROBOT, now=timezone.now())
    third = unfolded(Client().get(page(visit, "calendar.ics")).content)

    assert {one["VEVENT.UID"] for one in (first, second, third)} == {first["VEVENT.UID"]}
    assert [one["VEVENT.SEQUENCE"] for one in (first, second, third)] == ["0", "1", "2"]
    assert [one["VEVENT.STATUS"] for one in (first, second, third)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert first["VEVENT.DTSTART"] == visit.drop_off_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    assert second["VEVENT.DTSTART"] == new_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    assert "Via dell'Industria, 12; scala «B»" in first["VEVENT.LOCATION"]
    assert first["VEVENT.SUMMARY"] == "Officina: Lavoro TAG30"
    assert first["VEVENT.URL"].endswith(page(visit))
    assert first["VEVENT.VALARM.TRIGGER"] == "-PT24H"
    assert "VEVENT.VALARM.TRIGGER" not in third
    assert "030 111 222" in first["VEVENT.DESCRIPTION"]


def test_a_customer_moves_the_visit_and_looking_moves_nothing(floor: Floor, visit: Visit) -> None:
    text = Client().get(page(visit, "move/")).content.decode()
    before = visit.drop_off_at
    slot = next(one for one in slots_on(text) if datetime.fromisoformat(one.partition("|")[2]) != before)

    answer = Client().post(page(visit, "move/"), {"slot": slot})

    visit.refresh_from_db()
    assert answer.status_code == 302
    assert visit.drop_off_at == datetime.fromisoformat(slot.partition("|")[2])
    assert Allocation.unscoped.get().starts_at == visit.drop_off_at
    [moved] = stated_facts(facts.VisitMoved)
    assert moved.visit_id == visit.pk
    assert "È spostato" in Client().get(answer.headers["Location"]).content.decode()


def test_a_slot_that_is_gone_leaves_the_visit_where_it_was(floor: Floor, visit: Visit) -> None:
    at = working_day(8)
    for name, bay in (("anna", "1"), ("luca", "2"), ("hans", "D")):
        visit_in(floor.shop, floor.giulia, None, at=at, technician=name, bay=bay)

    answer = Client().post(page(visit, "move/"), {"slot": f"{visit.unit_id}|{at.isoformat()}"})

    before = visit.drop_off_at
    visit.refresh_from_db()
    assert (answer.status_code, visit.drop_off_at) == (409, before)
    assert slots_on(answer.content.decode())


def test_a_customer_cancels_and_may_say_why(floor: Floor, visit: Visit) -> None:
    assert Client().get(page(visit, "cancel/") + "?why=sold").status_code == 200
    assert Visit.unscoped.get().state == VisitState.BOOKED

    for _twice in range(2):
        assert Client().post(page(visit, "cancel/"), {"why": "sold"}).status_code == 302

    visit.refresh_from_db()
    assert (visit.state, visit.end_reason) == (VisitState.CANCELLED, "Dal cliente sul sito: Non ho più l'auto")
    assert not Allocation.unscoped.exists()
    assert len(stated_facts(facts.VisitCancelled)) == 1
    assert "disdetto" in Client().get(page(visit)).content.decode()


def test_within_the_notice_it_says_to_call(floor: Floor) -> None:
    floor.shop.unit.__class__.objects.filter(pk=floor.shop.unit.parent_id).update(phone="030 111 222")
    soon = visit_in(floor.shop, floor.mario, floor.panda, at=timezone.now() + timedelta(hours=23))
    slot = {"slot": f"{soon.unit_id}|{working_day(8).isoformat()}"}

    text = Client().get(page(soon)).content.decode()

    assert "Disdici" not in text
    assert "030 111 222" in text
    assert Client().post(page(soon, "cancel/")).status_code == 409
    assert Client().post(page(soon, "move/"), slot).status_code == 409
    soon.refresh_from_db()
    assert soon.state == VisitState.BOOKED


def test_my_car_shows_what_is_due_and_books_it_in_two_taps(floor: Floor) -> None:
    due(floor)
    browser = Client()
    text = browser.get(car_page(floor)).content.decode()

    assert "Tagliando e freni" in text  # the package of 30,000 km
    assert "Quattro volte su cinque" in text
    [address] = set(re.findall(r'action="(/portal/book/[^"?]+)', text))
    hidden = dict(re.findall(r'<input type="hidden" name="(package|job|car)" value="([^"]+)"', text))
    first_tap = browser.post(address, hidden | {"slot": slots_on(text)[0]})
    assert first_tap.status_code == 302
    assert 'name="email"' not in browser.get(first_tap.headers["Location"]).content.decode()
    second_tap = browser.post(first_tap.headers["Location"], {"wish": "Anche la spia"})

    booked = Visit.unscoped.get()
    assert (booked.state, booked.source, booked.wish) == (VisitState.BOOKED, Source.WEB, "Anche la spia")
    assert (booked.customer_id, booked.vehicle_id) == (floor.mario.pk, floor.panda.pk)
    assert "È prenotato" in browser.get(second_tap.headers["Location"]).content.decode()
    assert "Ce ne occupiamo noi" not in browser.get(car_page(floor)).content.decode()  # it is booked already


def test_the_link_of_a_car_ends_with_its_time_and_with_the_ownership(floor: Floor) -> None:
    assert Client().get(car_page(floor, days=0)).status_code == 200
    assert Client().get(car_page(floor, days=-1)).status_code == 404
    token = car_token(held_by(floor), until=date(2100, 1, 1))
    forged = f"{token.rpartition('-')[0]}-{sign(BOOKING, 'x', length=32)}"
    later = token.replace(str(date(2100, 1, 1).toordinal()), str(date(2101, 1, 1).toordinal()))
    for wrong in (forged, later, "abc", f"{token}0"):
        assert Client().get(f"/portal/car/{wrong}/").status_code == 404
    with scope.system("test"):
        end_holding(holding_id=held_by(floor), until=timezone.now().date() + DAY, by=ROBOT, now=timezone.now())

    gone = Client().get(f"/portal/car/{token}/")

    assert gone.status_code == 404
    assert "Panda" not in gone.content.decode()
    book = f"/portal/book/{floor.panda.unit.code}/when/"
    assert Client().get(book, {"car": token, "job": floor.shop.jobs[SERVICE].pk}).status_code == 404


def test_my_car_shows_nothing_of_who_had_it_before(floor: Floor) -> None:
    now = timezone.now()
    with scope.system("test"):
        for customer, wish in ((floor.mario, "mine"), (floor.giulia, "before")):
            order = reception.receive(
                unit_id=floor.shop.unit.pk, customer_id=customer.pk, vehicle_id=floor.panda.pk,
                data=Reception(promised_at=now + DAY, km=41_234 if wish == "mine" else 39_999), by=ROBOT, now=now,
            )  # fmt: skip
            delivery.close_order(
                order_id=made_ready(order, at=now).pk, invoice_reference="", km=None, by=ROBOT, now=now
            )

    text = Client().get(car_page(floor)).content.decode()

    assert text.count("41.234 km") == 1
    assert "39.999" not in text


def test_tomorrows_visits_are_told_once_and_moved_ones_anew(floor: Floor, visit: Visit) -> None:
    eve = (visit.drop_off_at - DAY).astimezone(ROME).replace(hour=8, minute=59)
    with scope.system("test"):
        assert reminders.remind(now=eve) == 0  # too early in the morning to write
        assert reminders.remind(now=eve + timedelta(hours=1)) == 1
        assert reminders.remind(now=eve + timedelta(hours=2)) == 0
        booking.move(visit_id=visit.pk, unit_id=visit.unit_id, starts_at=working_day(9), by=ROBOT, now=timezone.now())
        visit.refresh_from_db()
        assert reminders.remind(now=visit.drop_off_at - DAY + timedelta(hours=2)) == 1

    told = [fact.payload["visit_id"] for fact in FactRecord.objects.filter(kind="workshop.VisitNear")]
    assert told == [visit.pk, visit.pk]


def test_who_booked_yesterday_or_cancelled_is_not_reminded(floor: Floor, visit: Visit) -> None:
    fresh = visit_in(floor.shop, floor.giulia, floor.ypsilon, at=visit.drop_off_at, technician="anna", bay="2")
    Visit.unscoped.filter(pk=fresh.pk).update(made_at=fresh.drop_off_at - timedelta(hours=23))
    with scope.system("test"):
        booking.cancel(visit_id=visit.pk, reason="x", by=ROBOT, now=timezone.now())
        assert reminders.remind(now=visit.drop_off_at - timedelta(hours=20)) == 0

    fresh.refresh_from_db()
    assert fresh.reminded_at is not None
