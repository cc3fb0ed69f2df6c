"""A right taken away ends the open stream at once, by whatever door; so does one that is given."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from corsia.conversations.web import door as doors
from corsia.conversations.web import hub as hubs
from corsia.conversations.web.ear import Ear
from corsia.conversations.web.stream import LONGEST_SECONDS, seconds_of_today
from corsia.kernel.actors import system
from corsia.organisation import services
from corsia.organisation.models import Membership, Person
from corsia.organisation.vocabulary import Role
from tests.conversations.streams import Page, cookie_of, done, listening, run, told
from tests.factories.organisation import Group, UnitFactory, person_in, signed_in, small_group

pytestmark = pytest.mark.django_db(transaction=True)
ROBOT = system("test")
SHA256_OF_KEY = "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"  # echo -n key | sha256sum


@pytest.fixture
def house(transactional_db) -> Group:
    return small_group()


def ends_alone(change, *, of: Person, beside: Person) -> None:
    """Assert that a change ends the stream of one person long before the next look at rights, and not the other's."""

    async def scene() -> None:
        async with listening(of) as theirs, listening(beside) as other:
            await done(change)
            await theirs.ends()
            assert theirs.last_id == "", "the page must not go on: its rights are others"
            assert await other.is_silent(0.2)

    run(scene())


def test_a_role_that_ends_ends_the_stream_and_the_next_one_does_not_hear(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)
    Membership.objects.create(person=laura, unit=house.verona_care, role=Role.AGENT, since=date(2020, 1, 1))

    def ended() -> None:
        held = Membership.objects.get(person=laura, unit=house.brescia_care)
        services.end_role(membership_id=held.pk, on=timezone.localdate(), by=ROBOT, now=timezone.now())

    async def scene() -> None:
        cookie = await cookie_of(laura)
        async with listening(laura, cookie=cookie) as here, listening(anna) as other:
            await done(ended)
            await here.ends()
            async with listening(laura, cookie=cookie, last_id=here.last_id) as again:
                await told(house.brescia_care.pk, 41)
                assert await other.next_event() == ("list", "41")
                assert await again.is_silent()
                await told(house.verona_care.pk, 42)
                assert await again.next_event() == ("list", "42")

    run(scene())


def test_whose_last_role_ends_is_refused(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        cookie = await cookie_of(laura)
        async with listening(laura, cookie=cookie) as here:
            await done(lambda: Membership.objects.filter(person=laura).delete())
            await here.ends()
        assert (await Page(cookie=cookie).answered()).status == 403

    run(scene())


def test_a_role_that_is_given_is_heard_at_once(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    def given() -> None:
        services.give_role(
            person_id=laura.pk,
            unit_id=house.verona_care.pk,
            role=Role.AGENT,
            since=timezone.localdate(),
            by=ROBOT,
            now=timezone.now(),
        )

    ends_alone(given, of=laura, beside=anna)


def test_who_is_let_go_hears_nothing_more_even_past_the_services(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    ends_alone(lambda: Person.objects.filter(pk=laura.pk).update(is_active=False), of=laura, beside=anna)


def test_a_changed_password_ends_all_streams_of_the_person(house) -> None:
    laura, anna = person_in(house.brescia_care), person_in(house.brescia_care)

    def changed() -> None:
        laura.set_password("another good password")
        laura.save(update_fields=["password"])

    async def scene() -> None:
        cookies = [await cookie_of(laura), await cookie_of(laura)]
        async with (
            listening(laura, cookie=cookies[0]) as one,
            listening(laura, cookie=cookies[1]) as two,
            listening(anna) as other,
        ):
            await done(changed)
            await one.ends()
            await two.ends()
            assert await other.is_silent(0.2)
        assert [(await Page(cookie=cookie).answered()).status for cookie in cookies] == [302, 302]

    run(scene())


def test_signing_out_ends_the_streams_of_that_browser_only(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        browser = await done(lambda: signed_in(laura))
        cookie = f"sessionid={browser.cookies['sessionid'].value}"
        async with (
            listening(laura, cookie=cookie) as here,
            listening(laura, cookie=cookie) as second_tab,
            listening(laura) as phone,
        ):
            answer = await done(lambda: browser.post("/account/logout/"))
            assert answer.status_code == 302
            await here.ends()
            await second_tab.ends()
            assert await phone.is_silent(0.2)
        assert (await Page(cookie=cookie).answered()).status == 302

    run(scene())


def test_a_device_that_is_signed_out_from_another_one_loses_its_stream(house) -> None:
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        desk, phone = await done(lambda: signed_in(laura)), await done(lambda: signed_in(laura))
        await done(lambda: (desk.get("/organisation/me/"), phone.get("/organisation/me/")))
        cookies = [f"sessionid={browser.cookies['sessionid'].value}" for browser in (desk, phone)]
        async with listening(laura, cookie=cookies[0]) as here, listening(laura, cookie=cookies[1]) as there:
            await done(lambda: desk.post("/organisation/me/sessions/0/end/"))
            await there.ends()
            assert await here.is_silent(0.2)

    run(scene())


def test_a_session_that_expires_loses_its_stream_at_the_next_look(house, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "CHECK_SECONDS", 0.2)
    laura = person_in(house.brescia_care)

    async def scene() -> None:
        async with listening(laura) as here:
            assert await here.is_silent(0.5)
            await done(lambda: Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)))
            await here.ends()

    run(scene())


def test_cleaning_up_expired_sessions_ends_no_stream_and_tells_nobody(house) -> None:
    laura = person_in(house.brescia_care)

    def cleaned() -> None:
        Session.objects.create(session_key="x" * 32, session_data="", expire_date=timezone.now() - timedelta(days=1))
        Session.objects.filter(expire_date__lt=timezone.now()).delete()

    async def scene() -> None:
        async with listening(laura) as here:
            before = hubs.hub().moment()
            await done(cleaned)
            assert await here.is_silent()
            assert hubs.hub().moment() == before

    run(scene())


def test_a_session_key_is_never_told(house) -> None:
    laura, heard = person_in(house.brescia_care), []

    async def scene() -> None:
        async with listening(laura) as here:
            place, key = hubs.hub(), await done(lambda: Session.objects.get().session_key)
            hears = place.hear
            place.hear = lambda payload: (heard.append(payload), hears(payload))
            await done(lambda: Session.objects.all().delete())
            await here.ends()
            assert len(heard) == 1
            assert key not in heard[0]

    run(scene())


def test_a_unit_that_moves_takes_its_cases_out_of_hearing(house) -> None:
    boss = person_in(house.brescia, Role.BRANCH_MANAGER)

    def moved() -> None:
        services.move_unit(unit_id=house.brescia_care.pk, parent_id=house.verona.pk, by=ROBOT, now=timezone.now())

    async def scene() -> None:
        cookie = await cookie_of(boss)
        async with listening(boss, cookie=cookie) as here:
            await done(moved)
            await here.ends()
            async with listening(boss, cookie=cookie) as again:
                await told(house.brescia_care.pk, 41)
                assert await again.is_silent()

    run(scene())


def test_a_new_unit_is_heard_of_by_those_above_it(house) -> None:
    boss = person_in(house.brescia, Role.BRANCH_MANAGER)

    async def scene() -> None:
        cookie = await cookie_of(boss)
        async with listening(boss, cookie=cookie) as here:
            team = await done(lambda: UnitFactory(parent=house.brescia))
            await here.ends()
            async with listening(boss, cookie=cookie) as again:
                await told(team.pk, 41)
                assert await again.next_event() == ("list", "41")

    run(scene())


def test_a_new_address_of_a_unit_or_a_new_name_of_a_person_ends_nothing(house) -> None:
    laura = person_in(house.brescia_care)

    def changed() -> None:
        house.brescia.phone = "030 1234567"
        house.brescia.save()
        laura.first_name = "Laura Maria"
        laura.save()

    async def scene() -> None:
        async with listening(laura) as here:
            await done(changed)
            assert await here.is_silent()

    run(scene())


def test_a_change_that_is_rolled_back_ends_nothing(house) -> None:
    laura = person_in(house.brescia_care)

    def taken_back() -> None:
        with transaction.atomic():
            Membership.objects.all().delete()
            Person.objects.update(is_active=False)
            transaction.set_rollback(True)

    async def scene() -> None:
        async with listening(laura) as here:
            await done(taken_back)
            assert await here.is_silent()

    run(scene())


def test_a_right_that_is_taken_while_it_is_looked_up_is_looked_up_again(house, monkeypatch) -> None:
    laura = person_in(house.brescia_care)
    Membership.objects.create(person=laura, unit=house.verona_care, role=Role.AGENT, since=date(2020, 1, 1))
    decide, asked = doors.StreamDoor._decide, []

    async def decided_and_then_changed(self, scope):
        response = await decide(self, scope)
        asked.append(response.ear.units)
        if len(asked) == 1:
            await done(lambda: Membership.objects.filter(unit=house.brescia_care).delete())
            await asyncio.sleep(0.3)  # the hub has heard of it before the page joins
        return response

    monkeypatch.setattr(doors.StreamDoor, "_decide", decided_and_then_changed)

    async def scene() -> None:
        async with listening(laura) as here:
            assert len(asked) == 2
            await told(house.brescia_care.pk, 41)
            assert await here.is_silent()

    run(scene())


@pytest.mark.parametrize(
    ("payload", "may_join"),
    [
        ('{"event": "live.ends", "person": 7}', False),
        ('{"event": "live.ends", "person": 8}', True),
        ('{"event": "live.ends", "everybody": true}', False),
        # echo -n key | sha256sum
        (
            '{"event": "live.ends", "session": "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"}',
            False,
        ),
        ('{"event": "live.ends", "session": "2c70e12b"}', True),
        ('{"event": "cases.case", "unit": 1, "case": 1}', True),
    ],
)
def test_whom_an_end_concerns(payload, may_join) -> None:
    ear = Ear(person_id=7, session_key="key", units=frozenset({1}), seconds=600.0)

    async def scene() -> None:
        place = hubs.Hub()
        before = place.moment()
        place.hear(payload)
        joined = place.join(ear, Page._send, came_at=0.0, asked_at=before, last_id="")
        assert (joined is not None) == may_join
        assert place.join(ear, Page._send, came_at=0.0, asked_at=place.moment(), last_id="") is not None

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(2026, 3, 10, 22, 59, tzinfo=UTC), 60.0),  # 23:59 in Rome
        (datetime(2026, 3, 10, 23, 0, tzinfo=UTC), 86_400.0),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 82_800.0),  # the clocks go forward: 23 hours
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 90_000.0),  # and back: 25
    ],
)
def test_no_stream_lives_past_midnight_because_roles_begin_and_end_then(now, seconds) -> None:
    assert seconds_of_today(now) == seconds
    assert LONGEST_SECONDS == 600.0
