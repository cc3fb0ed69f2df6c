"""The live stream, on a real LISTEN: within the scope only, nothing lost in a gap, and no thread for an open page."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import Client

from corsia.conversations.web import door as doors
from corsia.conversations.web import ear as ears
from corsia.conversations.web import hub as hubs
from corsia.conversations.web import stream as streams
from corsia.kernel.live import tell
from corsia.organisation.vocabulary import Role
from tests.conversations.streams import PATH, Page, cookie_of, done, listening, run, told
from tests.factories.organisation import Group, person_in, signed_in, small_group

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(transactional_db) -> Group:
    return small_group()


def cut() -> None:
    """End the database connection on which the process listens."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query = 'LISTEN corsia_live'"
        )


def test_a_page_hears_of_its_own_units_and_of_no_other(house) -> None:
    laura, marta = person_in(house.brescia_care), person_in(house.verona_care)

    async def scene() -> None:
        async with listening(laura) as here, listening(marta) as there:
            await told(house.brescia_care.pk, 41)
            assert await here.next_event() == ("list", "41")
            assert await here.next_event() == ("case-41", "messaging.message")
            assert await there.is_silent()
            await told(house.verona_care.pk, 42)
            assert await there.next_event() == ("list", "42")
            assert await here.is_silent()

    run(scene())


def test_only_ids_travel_and_looking_does_not_move_the_list(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await told(house.brescia_care.pk, 41, "conversations.viewing")
            assert await here.next_event() == ("case-41", "conversations.viewing")
            assert await here.is_silent()

    run(scene())


def test_a_notice_reaches_its_person_alone(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    @sync_to_async
    def noticed() -> None:
        with transaction.atomic():
            tell("organisation.notice", unit_id=house.verona_care.pk, person=laura.pk)

    async def scene() -> None:
        async with listening(laura) as hers, listening(anna) as other:
            await noticed()
            assert await hers.next_event() == ("notice", "")
            assert await other.is_silent()

    run(scene())


def test_what_was_rolled_back_is_never_told(house) -> None:
    laura = person_in(house.brescia_care)

    @sync_to_async
    def told_and_taken_back() -> None:
        with transaction.atomic():
            tell("messaging.message", unit_id=house.brescia_care.pk, case=41)
            transaction.set_rollback(True)

    async def scene() -> None:
        async with listening(laura) as here:
            await told_and_taken_back()
            assert await here.is_silent()

    run(scene())


def test_what_nobody_understands_kills_nothing(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            for payload in ("", "{", "41", "[41]", '{"event": "live.ends"}', '{"case": 1, "unit": {}, "event": "x"}'):
                hubs.hub().hear(payload)
            await told(house.brescia_care.pk, 41)
            assert await here.next_event() == ("list", "41")

    run(scene())


# ---- who is let in ----


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page_and_hears_nothing(house) -> None:
    async def scene() -> None:
        for cookie in ("", "sessionid=nobodys"):
            page = await Page(cookie=cookie).answered()
            assert (page.status, page.headers["location"]) == (302, f"/account/login/?next={PATH}")
            await page.ends()
            assert page.events.empty()
        assert not hubs.hub().listeners

    run(scene())


def test_a_role_without_the_right_is_refused(house) -> None:
    clerk = person_in(house.brescia_care, Role.CONSULTANT)

    async def scene() -> None:
        page = await Page(cookie=await cookie_of(clerk)).answered()
        assert page.status == 403
        await page.ends()
        assert not hubs.hub().listeners

    run(scene())


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_the_stream_is_only_for_reading(house, method) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        page = await Page(cookie=await cookie_of(laura), method=method).answered()
        assert (page.status, page.headers["allow"]) == (405, "GET")
        await page.ends()

    run(scene())


def test_a_host_that_is_not_ours_is_refused(house, settings) -> None:
    settings.ALLOWED_HOSTS = ["care.example"]
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        page = await Page(cookie=await cookie_of(laura)).answered()
        assert page.status == 400

    run(scene())


def test_the_headers_are_those_of_every_page(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            assert here.headers["cache-control"] == "no-store, private"
            assert here.headers["x-accel-buffering"] == "no"
            assert here.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in here.headers["content-security-policy"]
            assert "content-length" not in here.headers

    run(scene())


def test_one_person_has_so_many_streams_and_another_is_not_concerned(house, monkeypatch) -> None:
    monkeypatch.setattr(doors, "MOST_STREAMS", 2)
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as one:
            async with listening(laura):
                third = await Page(cookie=await cookie_of(laura)).answered()
                assert (third.status, third.headers["retry-after"]) == (429, "30")
                async with listening(anna):
                    assert await one.is_silent(0.1)
            async with listening(laura):  # a page was closed: there is room again
                assert len(hubs.hub().listeners) == 2

    run(scene())


def test_a_server_that_cannot_keep_it_open_says_one_breath(house) -> None:
    """Under WSGI pages ask again every half minute, and read again what they show."""
    answer = signed_in(person_in(house.brescia_care)).get(PATH)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert answer.content == b"retry: 30000\n\nevent: hello\ndata: \n\n"
    assert Client().get(PATH).status_code == 302


# ---- nothing is lost ----


def test_a_page_that_was_away_hears_what_it_missed_and_nothing_twice(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        cookie = await cookie_of(laura)
        async with listening(laura, cookie=cookie) as before:
            await told(house.brescia_care.pk, 41)
            assert await before.next_event() == ("list", "41")
            assert await before.next_event() == ("case-41", "messaging.message")
        await told(house.brescia_care.pk, 42)
        await told(house.verona_care.pk, 43)
        await told(house.brescia_care.pk, 44)
        await asyncio.sleep(0.2)
        after = await Page(cookie=cookie, headers={"last-event-id": before.last_id}).answered()
        assert await after.next_event() == ("hello", "resumed")
        assert await after.next_event() == ("list", "42")
        assert await after.next_event() == ("case-42", "messaging.message")
        assert await after.next_event() == ("list", "44")
        assert await after.next_event() == ("case-44", "messaging.message")
        assert await after.is_silent()
        await after.goes()

    run(scene())


@pytest.mark.parametrize("last_id", ["", "0-0", "elsewhere-7", "-", "x", "1" * 40, "%s-99999999999999999999"])
def test_a_page_from_before_a_restart_is_not_told_that_it_goes_on(house, last_id) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        page = await Page(cookie=await cookie_of(laura), headers={"last-event-id": last_id}).answered()
        assert await page.next_event() == ("hello", "")
        assert await page.next_event() == ("reread", "")
        await page.goes()

    run(scene())


def test_what_was_told_while_a_page_was_drawn_is_told_to_it(house, monkeypatch) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura):
            monkeypatch.setattr(hubs, "DRAWN_SECONDS", 1.0)
            await asyncio.sleep(1.2)  # the process listens for longer than the page takes
            await told(house.brescia_care.pk, 41)
            await told(house.verona_care.pk, 42)
            await asyncio.sleep(0.2)
            page = await Page(cookie=await cookie_of(laura)).answered()
            assert await page.next_event() == ("hello", "")
            assert await page.next_event() == ("list", "41")
            assert await page.next_event() == ("case-41", "messaging.message")
            assert await page.is_silent(1.2)
            await page.goes()
            late = await Page(cookie=await cookie_of(laura)).answered()
            assert await late.next_event() == ("hello", "")
            assert await late.is_silent()
            await late.goes()

    run(scene())


def test_after_a_lost_connection_every_stream_ends_and_the_page_reads_again(house, monkeypatch) -> None:
    """What was told meanwhile is not known, nor whose rights were taken away."""
    monkeypatch.setattr(hubs, "RETRY_SECONDS", 0.2)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        cookie = await cookie_of(laura)
        async with listening(laura, cookie=cookie) as before:
            heard = hubs.hub().moment()
            await done(cut)
            await before.ends()
            assert before.last_id == ""
        page = await Page(cookie=cookie, headers={"last-event-id": str(heard)}).answered()
        assert await page.next_event() == ("hello", "")
        assert await page.next_event() == ("reread", "")
        await told(house.brescia_care.pk, 43)
        assert await page.next_event() == ("list", "43")
        await page.goes()

    run(scene())


def test_without_a_database_to_listen_to_a_page_is_asked_to_come_back(house, monkeypatch) -> None:
    monkeypatch.setattr(doors, "DATABASE_SECONDS", 0.2)
    monkeypatch.setattr(hubs, "_parameters", lambda: {"host": "127.0.0.1", "port": "1", "dbname": "nowhere"})
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        page = await Page(cookie=await cookie_of(laura)).answered()
        assert (page.status, page.headers["retry-after"]) == (503, "5")

    run(scene())


def test_a_page_that_is_far_behind_reads_everything_again_instead(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as slow, listening(anna) as quick:
            slow.hold()
            for number in range(ears.MOST_WAITING + 2):
                hubs.hub().hear(f'{{"event": "cases.case", "unit": {house.brescia_care.pk}, "case": {number}}}')
                await asyncio.sleep(0)
            heard = [await quick.next_event() for _ in range(2 * (ears.MOST_WAITING + 2))]
            assert heard[-1] == (f"case-{ears.MOST_WAITING + 1}", "cases.case")
            slow.go_on()
            assert await slow.next_event() == ("list", "0")  # what was on its way already
            assert await slow.next_event() == ("case-0", "cases.case")
            assert await slow.next_event() == ("reread", "")
            assert await slow.is_silent()

    run(scene())


# ---- what an open page costs, and how it ends ----


def test_a_quiet_stream_pings(house, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "PING_SECONDS", 0.1)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            await asyncio.sleep(0.5)
            assert here.pings >= 2
            assert await here.is_silent(0.0)

    run(scene())


def test_a_stream_ends_after_its_longest_time_and_goes_on_without_reading_again(house, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "PING_SECONDS", 0.1)
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.2)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        cookie = await cookie_of(laura)
        async with listening(laura, cookie=cookie) as here:
            await here.ends()
            assert not hubs.hub().listeners
        async with listening(laura, cookie=cookie, last_id=here.last_id) as again:
            assert again.events.empty()

    run(scene())


def test_a_closed_page_is_forgotten(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            assert len(hubs.hub().listeners) == 1
            await here.goes()
            assert not hubs.hub().listeners

    run(scene())


def test_open_pages_keep_no_thread_and_no_database_connection(house) -> None:
    people = [person_in(house.brescia_care) for _ in range(6)]

    @sync_to_async
    def connected() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return cursor.fetchone()[0]

    async def scene() -> None:
        cookies = [await cookie_of(person) for person in people]
        async with listening(people[0], cookie=cookies[0]):
            await asyncio.sleep(0.2)
            threads, at_the_database = threading.active_count(), await connected()
            pages = [await Page(cookie=cookie).answered() for cookie in cookies for _ in range(5)]
            assert {page.status for page in pages} == {200}
            await asyncio.sleep(0.2)
            assert threading.active_count() <= threads
            assert await connected() == at_the_database
            for page in pages:
                await page.goes()

    run(scene())


def test_when_the_process_ends_every_stream_is_finished_and_none_begins(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        cookie = await cookie_of(laura)
        async with listening(laura, cookie=cookie) as here:
            hubs.hub().close()
            await here.ends()
        assert (await Page(cookie=cookie).answered()).status == 503

    run(scene())


def test_a_thousand_pages_of_one_branch_share_one_set_of_units_and_stay_small() -> None:
    import tracemalloc

    async def scene() -> int:
        place = hubs.Hub()
        tracemalloc.start()
        for number in range(1000):
            ear = ears.Ear(person_id=number, session_key=f"{number:032d}", units=frozenset(range(300)), seconds=600.0)
            place.join(ear, Page._send, came_at=0.0, asked_at=place.moment(), last_id="")
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len({id(listener.ear.units) for listener in place.listeners}) == 1
        return size

    assert asyncio.run(scene()) < 2_000_000  # bytes
