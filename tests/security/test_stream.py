"""The live stream: ids of one's own units only, junk kills nothing, and it ends with the session."""

import asyncio
import json

import pytest

from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.ear import Ear, Listener
from corsia.conversations.web.hub import Hub
from corsia.kernel.access import scope_of
from corsia.organisation.actors import actor_of
from tests.security.world import Place, World

pytestmark = pytest.mark.django_db


def listening(place: Place, world: World) -> Listener:
    """Return what the stream's view makes of a person, in a page that has been sent nothing yet."""
    scope = scope_of(actor_of(place.boss, today=world.now.date()), USE_INBOX)
    ear = Ear(person_id=place.boss.pk, session_key="session", units=scope.units, seconds=600.0)
    return Listener(ear=ear, send=never_sent)


async def never_sent(message) -> None:
    raise AssertionError("the head of the response was not sent")


def heard(ears: list[Listener], payloads: list[str]) -> list[str]:
    """Return what waits for each page after a hub heard the payloads."""

    async def hears() -> None:
        hub = Hub()
        hub.listeners.update(ears)
        for payload in payloads:
            hub.hear(payload)

    asyncio.run(hears())
    return [b"".join(ear.waiting).decode() for ear in ears]


def told(place: Place) -> str:
    case = place.rows["case_id"]
    return json.dumps({"event": "cases.case", "unit": place.desk.pk, "case": case, "subject": place.canary})


def test_each_hears_of_the_own_units_only(world: World) -> None:
    ears = [listening(place, world) for place in world.places]
    texts = heard(ears, [told(place) for place in world.places])

    for place, text in zip(world.places, texts, strict=True):
        own, others = place.rows["case_id"], [other for other in world.places if other is not place]
        assert f"case-{own}\n" in text
        assert [other for other in others if f"case-{other.rows['case_id']}\n" in text] == []
        assert "CANARY" not in text, "only ids travel"


@pytest.mark.parametrize(
    "payload",
    ['{"event": "x"}', '{"event": "x", "case": "1", "unit": 1}', '{"event": "x", "case": null, "unit": 1}', "{}",
     '{"case": [1], "unit": {}, "event": 1}', '{"case": 1, "unit": {}, "event": 1}', "[1]", "{", "", "null"],
)  # fmt: skip
def test_what_is_not_a_case_is_told_to_nobody(world: World, payload: str) -> None:
    assert heard([listening(world.brescia, world)], [payload]) == [""]


def test_a_line_break_in_an_event_makes_no_second_event(world: World) -> None:
    [text] = heard([listening(world.brescia, world)], [told(world.brescia)])

    assert {line.partition(":")[0] for line in text.splitlines() if line} == {"event", "data", "id"}
