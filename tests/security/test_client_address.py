"""From which address a request came: proxies of ours are believed, everybody else's headers say nothing."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from corsia.kernel.client_address import client_address, hops_of, networks_of
from corsia.kernel.models import AuditEntry
from corsia.organisation import middleware
from tests.factories.organisation import PersonFactory

LOGIN, PASSWORD = "/account/login/", "correct horse battery"
OURS = networks_of(["10.1.0.0/16", "::1", "192.0.2.7"])


@pytest.fixture(autouse=True)
def fresh_counters(db):
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def one_instant(monkeypatch) -> None:
    """Let all requests arrive in the same instant: doors count by the minute of the clock."""
    arrived = middleware.timezone.now()
    monkeypatch.setattr(middleware.timezone, "now", lambda: arrived)


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("198.51.100.4", [], "198.51.100.4"),
        ("198.51.100.4", ["203.0.113.9"], "198.51.100.4"),  # a stranger's own header
        ("10.1.0.5", [], "10.1.0.5"),
        ("10.1.0.5", ["198.51.100.4"], "198.51.100.4"),
        ("10.1.0.5", ["203.0.113.9", "198.51.100.4"], "198.51.100.4"),  # the left one was typed by the client
        ("10.1.0.5", ["198.51.100.4", "192.0.2.7", " 10.1.9.9 "], "198.51.100.4"),  # three proxies in a row
        ("10.1.0.5", ["10.1.0.1", "10.1.0.2"], "10.1.0.1"),  # somebody of our own network
        ("10.1.0.5", ["198.51.100.4", "unknown"], "10.1.0.5"),
        ("10.1.0.5", ["198.51.100.4", ""], "10.1.0.5"),
        ("10.1.0.5", ["198.51.100.4", "x' OR 1=1"], "10.1.0.5"),
        ("10.1.0.5", ["198.51.100.4:51234"], "198.51.100.4"),
        ("::1", ["[2001:db8::17]:443"], "2001:db8::17"),
        ("::1", ["2001:db8::17"], "2001:db8::17"),
        ("::ffff:10.1.0.5", ["198.51.100.4"], "198.51.100.4"),
        ("::ffff:198.51.100.4", ["203.0.113.9"], "198.51.100.4"),
        ("10.1.0.5", ["fe80::1%eth0"], "fe80::1"),
        ("", ["203.0.113.9"], ""),
        ("testclient", ["203.0.113.9"], "testclient"),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_is_the_client(peer: str, hops: list[str], client: str) -> None:
    assert client_address(peer, hops, OURS) == client


STRANGERS = st.ip_addresses(v=4).filter(lambda address: not any(address in network for network in OURS)).map(str)


@given(st.lists(st.text(max_size=20) | st.ip_addresses().map(str), max_size=6), STRANGERS)
def test_nothing_that_a_client_types_moves_its_address(typed: list[str], client: str) -> None:
    """Our proxy adds the address it saw behind whatever the header held before."""
    assert client_address("10.1.0.5", [*typed, client], OURS) == client
    assert client_address(client, typed, OURS) == client


@pytest.mark.parametrize(
    ("value", "hops"),
    [
        ("for=198.51.100.4", ["198.51.100.4"]),
        ('For="[2001:db8::17]:4711"; proto=https, by=10.1.0.1;for=10.1.0.2', ['"[2001:db8::17]:4711"', "10.1.0.2"]),
        ("for=203.0.113.9, proto=https", ["203.0.113.9", ""]),
        ("xfor=203.0.113.9", [""]),
        ("for=_hidden", ["_hidden"]),
        ("", []),
    ],
)
def test_the_standard_header_is_read_too(value: str, hops: list[str]) -> None:
    assert hops_of("forwarded", value) == hops


def test_a_proxy_that_is_no_address_stops_the_start(settings) -> None:
    settings.CORSIA_TRUSTED_PROXIES = ["10.0.0.0/33"]
    with pytest.raises(ImproperlyConfigured, match="CORSIA_TRUSTED_PROXIES"):
        Client().get(LOGIN)


def failing(count: int, *, peer=lambda number: "127.0.0.1", forwarded=lambda number: {}) -> list[bool]:
    """Return for each of `count` sign-ins, of another unknown name each, whether it was looked at."""
    answers = [
        Client(REMOTE_ADDR=peer(number), headers=forwarded(number)).post(
            LOGIN, {"login": f"unknown{number}@example.it", "password": "wrong"}
        )
        for number in range(count)
    ]
    return [not is_locked(answer) for answer in answers]


def is_locked(answer) -> bool:
    text = answer.content.decode()
    return answer.status_code == 429 or "Troppi tentativi" in text or "Too many" in text


def test_a_stranger_who_names_many_addresses_is_counted_as_one() -> None:
    seen = failing(7, forwarded=lambda number: {"X-Forwarded-For": f"198.51.100.{number}"})

    assert seen == [True] * 5 + [False] * 2


def test_behind_our_proxy_each_client_is_counted_apart(settings) -> None:
    settings.CORSIA_TRUSTED_PROXIES = ["127.0.0.1"]

    apart = failing(7, forwarded=lambda number: {"X-Forwarded-For": f"203.0.113.66, 198.51.100.{number}"})
    one = failing(7, forwarded=lambda number: {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"})

    assert apart == [True] * 7
    assert one == [True] * 5 + [False] * 2


def test_a_whole_ipv6_network_counts_as_one_client() -> None:
    inside = failing(7, peer=lambda number: f"2001:db8:0:1::{number:x}")
    beside = failing(7, peer=lambda number: f"2001:db8:0:{number + 2:x}::1")

    assert inside == [True] * 5 + [False] * 2
    assert beside == [True] * 7


@pytest.mark.parametrize(
    ("peers", "statuses"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1"], [404, 404, 429]),
        (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"], [404, 404, 404]),
        (["198.51.100.4", "::ffff:198.51.100.4", "198.51.100.4"], [404, 404, 429]),
        (["198.51.100.4", "198.51.100.5", "198.51.100.6"], [404, 404, 404]),
    ],
)
def test_public_doors_count_the_same_way(one_instant, peers: list[str], statuses: list[int]) -> None:
    """Thirty answers a minute: 29 were given from the first address before."""
    use = lambda peer: Client(REMOTE_ADDR=peer).post("/portal/survey/1-x/", {"score": "0"}).status_code  # noqa: E731
    for _ in range(28):
        assert use(peers[0]) == 404

    assert [use(peer) for peer in peers] == statuses


def test_a_full_door_says_when_to_come_back(one_instant) -> None:
    answers = [Client().post("/portal/survey/1-x/", {"score": "0"}) for _ in range(31)]

    assert {answer.status_code for answer in answers[:30]} == {404}
    assert (answers[30].status_code, answers[30].headers["Retry-After"]) == (429, "60")  # in whole minutes


def test_the_audit_trail_and_the_own_devices_name_the_address(settings) -> None:
    settings.CORSIA_TRUSTED_PROXIES = ["127.0.0.1"]
    somebody = PersonFactory(email="known@example.it")
    browser = Client(headers={"X-Forwarded-For": "203.0.113.9, 2001:db8::17"})

    assert browser.post(LOGIN, {"login": "known@example.it", "password": PASSWORD}).status_code == 302

    entry = AuditEntry.objects.get(verb="signed_in")
    assert (entry.actor_id, entry.object_kind, entry.object_id) == (somebody.pk, "organisation.person", somebody.pk)
    assert entry.data == {"address": "2001:db8::17"}
    page = browser.get("/organisation/me/").content.decode()
    assert "2001:db8::17" in page
    assert "203.0.113.9" not in page


def test_the_scheme_is_taken_from_our_proxy_only(settings) -> None:
    """A forged scheme would let a page over plain HTTP pass for a safe one."""
    settings.SECURE_SSL_REDIRECT = True

    assert Client(headers={"X-Forwarded-Proto": "https"}).get("/system/alive/").status_code == 301
    settings.CORSIA_TRUSTED_PROXIES = ["127.0.0.1"]
    assert Client(headers={"X-Forwarded-Proto": "https"}).get("/system/alive/").status_code == 200
    assert Client(headers={"X-Forwarded-Proto": "http"}).get("/system/alive/").status_code == 301


def test_a_header_of_the_other_kind_is_not_read(settings) -> None:
    """A proxy sets one of the two and passes on the other as the client wrote it."""
    settings.CORSIA_TRUSTED_PROXIES = ["127.0.0.1"]
    both = lambda number: {"X-Forwarded-For": "198.51.100.4", "Forwarded": f"for=203.0.113.{number}"}  # noqa: E731
    assert failing(6, forwarded=both) == [True] * 5 + [False]

    cache.clear()
    settings.CORSIA_PROXY_HEADER = "forwarded"
    assert failing(6, forwarded=both) == [True] * 6
