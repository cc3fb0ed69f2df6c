"""Doubtful answers: seeded frauds are found, honest ones are not, and nothing is left out before a person says so."""

import math
from datetime import datetime, timedelta

import pytest

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.customers.services import add_contact
from corsia.kernel.models import AuditEntry
from corsia.listening.models import FlaggedAnswer, IntegrityFlag, Invitation, Response
from corsia.listening.queries.integrity import both_numbers, count_doubts, doubts
from corsia.listening.rules import integrity as rules
from corsia.listening.rules.nps import Tally
from corsia.listening.services import decide, find_doubts, save_begging_words
from corsia.listening.services.integrity import DecidedAlready, NoteMissing
from corsia.messaging.models import Message
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case, a_customer
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.factories.surveys import reachable, surveyed_group

NIGHT = NOON + timedelta(hours=16)
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def ready(group):
    return surveyed_group(group, now=NOON - timedelta(days=300))


def said(unit, customer, score: int, *, at: datetime = NOON, case: Case | None = None, **fields) -> Response:
    """Put an answered invitation into the tables."""
    case = case or a_case(unit, now=at - timedelta(days=3), customer=customer)
    invitation = Invitation.objects.create(
        case=case,
        customer=customer,
        unit=unit,
        language="it",
        created_at=at - timedelta(days=2),
        send_after=at - timedelta(days=1),
        sent_at=at - timedelta(days=1),
        expires_at=at + timedelta(days=20),
    )
    values = {"started_at": at, "answered_at": at, "completed_at": at, "settled_at": at} | fields
    return Response.objects.create(
        invitation=invitation, unit=unit, customer=customer, case=case, score=score, **values
    )


def somebody(ready, number: int) -> Customer:
    return a_customer(ready, now=NOON - timedelta(days=200), first_name=f"Cliente {number}")


def found() -> list[tuple[str, int, list[int]]]:
    rows = IntegrityFlag.objects.order_by("kind", "pk")
    return [(row.kind, row.seen, sorted(row.answers.values_list("response_id", flat=True))) for row in rows]


def test_many_customers_on_one_device_are_found_and_a_family_is_not(ready) -> None:
    fraud = [
        said(ready.brescia_care, somebody(ready, n), 10, device="d" * 64, at=NOON - timedelta(days=n)) for n in range(4)
    ]
    for n in (10, 11):
        said(ready.brescia_care, somebody(ready, n), 9, device="f" * 64, at=NOON - timedelta(hours=n))
    twice = somebody(ready, 20)
    for day in range(4):
        said(ready.brescia_care, twice, 9, device="e" * 64, at=NOON - timedelta(days=day))
    for n in range(5):
        said(
            ready.brescia_care,
            somebody(ready, 30 + n),
            9,
            device="k" * 64,
            channel="kiosk",
            at=NOON - timedelta(days=n, hours=3),
        )

    assert find_doubts(now=NIGHT) == 1

    assert found() == [("device", 4, sorted(one.pk for one in fraud))]
    assert IntegrityFlag.objects.get().of == 4


def test_more_of_the_same_joins_an_open_doubt_and_what_was_decided_is_not_asked_again(ready) -> None:
    for n in range(3):
        said(ready.brescia_care, somebody(ready, n), 10, device="d" * 64)
    find_doubts(now=NIGHT)
    said(ready.brescia_care, somebody(ready, 4), 10, device="d" * 64, at=NIGHT + timedelta(hours=1))

    assert find_doubts(now=NIGHT + timedelta(days=1)) == 0
    flag = IntegrityFlag.objects.get()
    assert (flag.seen, flag.answers.count()) == (4, 4)
    decide(flag_id=flag.pk, decision="valid", note="Cena aziendale", by=ROBOT, now=NIGHT)
    said(ready.brescia_care, somebody(ready, 5), 10, device="d" * 64, at=NIGHT + timedelta(days=1, hours=1))
    assert find_doubts(now=NIGHT + timedelta(days=2)) == 0
    for n in (6, 7):
        said(ready.brescia_care, somebody(ready, n), 10, device="d" * 64, at=NIGHT + timedelta(days=2, hours=1))
    assert find_doubts(now=NIGHT + timedelta(days=3)) == 1
    assert IntegrityFlag.objects.get(decision="").answers.count() == 3


def test_our_own_addresses_are_found_and_public_mailboxes_are_not(ready) -> None:
    person_in(ready.verona_care, Role.AGENT, email="rossi@gmail.com")
    mine = said(ready.brescia_care, reachable(ready, now=NOON, email="Rossi@gmail.com".lower()), 10)
    ours = said(ready.brescia_care, reachable(ready, now=NOON, email="magazzino@bellandi.example"), 10)
    said(ready.brescia_care, reachable(ready, now=NOON, email="bianchi@gmail.com"), 10)

    find_doubts(now=NIGHT)

    assert found() == [("staff", 1, [mine.pk]), ("staff", 1, [ours.pk])]
    assert list(IntegrityFlag.objects.order_by("pk").values_list("detail", flat=True)) == ["", "bellandi.example"]


def test_an_address_changed_by_one_of_us_just_before_is_found(ready) -> None:
    agent = actor_in(ready.brescia_care, Role.AGENT)
    changed, long_ago, by_itself = (somebody(ready, n) for n in range(3))
    sent = NOON - timedelta(days=1)
    for customer, at, by in (
        (changed, sent - timedelta(hours=5), agent),
        (long_ago, sent - timedelta(days=4), agent),
        (by_itself, sent - timedelta(hours=5), ROBOT),
    ):
        value = f"c{customer.pk}@example.it"
        add_contact(customer_id=customer.pk, kind="email", value=value, by=by, now=at)
    doubtful, *_others = (said(ready.brescia_care, one, 10) for one in (changed, long_ago, by_itself))

    find_doubts(now=NIGHT)

    assert found() == [("contact", 5, [doubtful.pk])]


def written(case: Case, text: str, *, at: datetime, **fields) -> None:
    values = {"direction": "out", "channel": "email"} | fields
    Message.objects.create(case=case, unit=case.unit, customer=case.customer, text=text, at=at, **values)


def test_begging_words_are_found_in_what_we_wrote_and_nowhere_else(ready) -> None:
    cases = [a_case(ready.brescia_care, now=NOON - timedelta(days=9), customer=somebody(ready, n)) for n in range(5)]
    before = NOON - timedelta(days=2)
    written(cases[0], "Le arriverà un questionario: mi  DIA\n10, per favore!", at=before)
    written(cases[1], "mi dia 10", at=before, direction="in")
    written(cases[2], "mi dia 10", at=before, is_automatic=True)
    written(cases[3], "mi dia 10", at=NOON + timedelta(hours=1))
    written(cases[4], "mi dia 10 minuti", at=NOON - timedelta(days=40))
    answers = [
        said(ready.brescia_care, case.customer, 10, case=case, at=NOON - timedelta(hours=n))
        for n, case in enumerate(cases)
    ]

    find_doubts(now=NIGHT)

    assert found() == [("begging", 1, [answers[0].pk])]
    assert IntegrityFlag.objects.get().detail == "mi dia 10"


def test_a_house_has_its_own_begging_words(ready) -> None:
    save_begging_words(unit_id=ready.brescia.pk, words=["Cinque  stelle", "", "ab"], by=ROBOT, now=NOON)
    near, far = (
        a_case(unit, now=NOON - timedelta(days=9), customer=somebody(ready, n))
        for n, unit in enumerate((ready.brescia_care, ready.verona_care))
    )
    for case in (near, far):
        written(case, "Ci metta cinque stelle", at=NOON - timedelta(days=2))
        said(case.unit, case.customer, 10, case=case)

    find_doubts(now=NIGHT)

    assert [row.unit for row in IntegrityFlag.objects.all()] == [ready.brescia_care]


def test_many_answers_at_once_are_found_where_they_are_not_usual(ready) -> None:
    at = NOON.replace(minute=2)
    burst = [said(ready.brescia_care, somebody(ready, n), 10, at=at + timedelta(minutes=n)) for n in range(7)]
    busy = [Response(unit=ready.verona_care, channel="web", score=9) for _ in range(800)]
    for place, row in enumerate(busy):
        row.started_at = row.answered_at = row.settled_at = NOON - timedelta(days=2 + place % 50, minutes=-(place % 59))
    Response.objects.bulk_create(busy)
    for n in range(7):
        said(ready.verona_care, somebody(ready, 100 + n), 10, at=at + timedelta(minutes=n))

    find_doubts(now=NIGHT)

    flags = list(IntegrityFlag.objects.filter(since__date=NOON.date()))
    assert [(row.kind, row.unit, row.seen, row.detail) for row in flags] == [("burst", ready.brescia_care, 7, "10.0")]
    assert sorted(flags[0].answers.values_list("response_id", flat=True)) == sorted(one.pk for one in burst)


def planned(ready, unit, count: int, *, at: datetime, reason: str = "") -> None:
    customer = somebody(ready, 1)
    Invitation.objects.bulk_create(
        Invitation(
            follows=None, plan=None, case=a_case(unit, now=at, customer=customer), customer=customer, unit=unit,
            language="it", created_at=at, send_after=at, expires_at=at + timedelta(days=20),
            sent_at=None if reason else at, cancelled_at=at if reason else None, cancel_reason=reason,
        )
        for _ in range(count)
    )  # fmt: skip


def test_a_unit_that_stops_asking_is_found(ready) -> None:
    for unit in (ready.brescia_care, ready.verona_care):
        planned(ready, unit, 40, at=NOON - timedelta(days=90))
        planned(ready, unit, 2, at=NOON - timedelta(days=90), reason="by_hand")
    planned(ready, ready.brescia_care, 7, at=NOON - timedelta(days=8), reason="by_hand")
    planned(ready, ready.brescia_care, 3, at=NOON - timedelta(days=8))
    planned(ready, ready.verona_care, 10, at=NOON - timedelta(days=8), reason="recently_asked")
    planned(ready, ready.verona_care, 10, at=NOON - timedelta(days=8))

    assert find_doubts(now=NIGHT) == 1
    assert find_doubts(now=NIGHT + timedelta(days=1)) == 0

    flag = IntegrityFlag.objects.get()
    assert (flag.kind, flag.unit, flag.seen, flag.of, round(flag.usual)) == ("frozen", ready.brescia_care, 3, 10, 95)


def test_nothing_is_left_out_before_a_person_sets_it_aside(ready) -> None:
    for n in range(20):
        said(ready.brescia_care, somebody(ready, n), 3, at=NOON - timedelta(days=8, hours=n))
    for n in range(5):
        said(ready.brescia_care, somebody(ready, 50 + n), 10, device="d" * 64, at=NOON - timedelta(hours=n))
    find_doubts(now=NIGHT)
    period = {"since": NOON - timedelta(days=30), "until": NIGHT, "survey": "case"}
    flag = IntegrityFlag.objects.get(kind="device")

    before = both_numbers(**period)
    with pytest.raises(NoteMissing):
        decide(flag_id=flag.pk, decision="aside", note="  ", by=ROBOT, now=NIGHT)
    decide(flag_id=flag.pk, decision="aside", note="Compilate allo sportello", by=ROBOT, now=NIGHT)
    after = both_numbers(**period)

    assert (before.everything, before.aside) == (Tally(promoters=5, detractors=20), Tally())
    assert (after.everything, after.aside) == (before.everything, Tally(promoters=5))
    assert (round(after.score.points), round(after.without.points)) == (-60, -100)
    assert count_doubts() == {"aside": 1}
    [row] = doubts(decision="aside")
    assert (row.count, len(row.answers), row.flag.note) == (5, 5, "Compilate allo sportello")
    [entry] = AuditEntry.objects.filter(verb="doubt_decided")
    assert entry.data == {"decision": "aside"}
    with pytest.raises(DecidedAlready):
        decide(flag_id=flag.pk, decision="valid", note="No", by=ROBOT, now=NIGHT)


def test_honest_answers_raise_no_doubt(ready) -> None:
    for n in range(40):
        said(ready.brescia_care, somebody(ready, n), 9 - n % 4, at=NOON - timedelta(hours=5 * n), device=f"{n:064d}")

    assert find_doubts(now=NIGHT) == 0
    assert FlaggedAnswer.objects.count() == 0


def test_the_page_lists_doubts_with_their_reasons_and_takes_a_decision(ready) -> None:
    for n in range(3):
        said(ready.brescia_care, somebody(ready, n), 10, device="d" * 64, text="Tutto perfetto")
    find_doubts(now=NIGHT)
    client, consultant = (signed_in(person_in(ready.root, role)) for role in (Role.CARE_MANAGER, Role.CONSULTANT))
    flag = IntegrityFlag.objects.get()

    shown = client.get("/listening/integrity/").text
    assert "3 risposte di 3 clienti" in shown
    assert "Tutto perfetto" in shown
    assert f"/listening/integrity/{flag.pk}/decide/" not in consultant.get("/listening/integrity/").text
    assert (
        consultant.post(f"/listening/integrity/{flag.pk}/decide/", {"decision": "aside", "note": "x"}).status_code
        == 403
    )
    client.post(f"/listening/integrity/{flag.pk}/decide/", {"decision": "aside", "note": "Stesso tablet"})
    assert "Stesso tablet" in client.get("/listening/integrity/?decision=aside").text


def test_the_chance_of_a_burst_is_that_of_poisson() -> None:
    assert rules.burst_chance(0, usual=2.0) == 1.0
    assert rules.burst_chance(3, usual=1.0) == pytest.approx(1 - math.exp(-1) * 2.5)
    assert rules.burst_chance(60, usual=2.0) == pytest.approx(
        math.fsum(math.exp(k * math.log(2) - 2 - math.lgamma(k + 1)) for k in range(60, 120)), rel=0.05
    )
    # What is stated on the page: about one false alarm in a year of half hours.
    for usual in (0.2, 1.0, 3.0, 8.0):
        least = next(k for k in range(1, 100) if rules.is_burst(k, usual=usual))
        assert rules.burst_chance(least, usual=usual) * 365.25 * 48 <= 1.0
        assert least == rules.BURST_FROM or rules.burst_chance(least - 1, usual=usual) * 365.25 * 48 > 1.0


def test_the_chance_of_a_frozen_sample_is_binomial() -> None:
    # Share of the past (98 + 1) / (100 + 2); chance of at most 1 of 2... of ten, by hand:
    p = 99 / 102
    expected = (1 - p) ** 10 + 10 * p * (1 - p) ** 9
    assert rules.frozen_chance(1, 10, past_asked=98, past_of=100) == pytest.approx(expected)
    assert rules.frozen_chance(10, 10, past_asked=98, past_of=100) == pytest.approx(1.0)
    assert rules.frozen_chance(0, 7, past_asked=98, past_of=100) is None
    assert rules.frozen_chance(0, 10, past_asked=30, past_of=39) is None


def test_domains_and_patterns() -> None:
    people = ["a@studio.example", "b@studio.example", "c@group.example", "d@group.example", "e@group.example"]
    mailboxes = ["Assistenza@Bellandi.example", "x@gmail.com", "broken"]
    assert rules.own_domains(mailboxes=mailboxes, people=people) == {"bellandi.example", "group.example"}
    assert rules.begging_patterns(["Voto  100%", "voto 100%", " "]) == ["%voto 100\\%%"]
    assert all(word == word.lower() for word in rules.all_begging())
