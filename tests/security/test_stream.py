"""The live stream: ids of one's own units only, junk kills nothing, and it ends with the session."""

import json

import pytest

from corsia.conversations.web.hub import Hub, Listener
from corsia.kernel.access import scope_of
from corsia.organisation.actors import actor_of
from tests.security.world import Place, World

pytestmark = pytest.mark.django_db


def listening(place: Place, world: World) -> Listener:
    """Return what the stream's view makes of a person."""
    scope = scope_of(actor_of(place.boss, today=world.now.date()), None)
    return Listener("session", scope.units, scope.everything)


def told(place: Place) -> str:
    case = place.rows["case_id"]
    return json.dumps({"event": "cases.case", "unit": place.desk.pk, "case": case, "subject": place.canary})


def test_each_hears_of_the_own_units_only(world: World) -> None:
    hub = Hub()
    ears = {place.canary: listening(place, world) for place in world.places}
    hub.listeners.update(ears.values())
    for place in world.places:
        hub.hear(told(place))

    heard = {canary: b"".join(ear.waiting).decode() for canary, ear in ears.items()}

    for place in world.places:
        own, others = place.rows["case_id"], [other for other in world.places if other is not place]
        assert f"case-{own}\n" in heard[place.canary]
        assert [other for other in others if f"case-{other.rows['case_id']}\n" in heard[place.canary]] == []
        assert "CANARY" not in heard[place.canary], "only ids travel"


@pytest.mark.parametrize(
    "payload",
    ['{"event": "x"}', '{"event": "x", "case": "1", "unit": 1}', '{"event": "x", "case": null, "unit": 1}', "{}",
     '{"case": [1], "unit": {}, "event": 1}'],
)  # fmt: skip
def test_what_is_not_a_case_is_told_to_nobody(world: World, payload: str) -> None:
    hub = Hub()
    ear = listening(world.brescia, world)
    hub.listeners.add(ear)

    hub.hear(payload)

    assert list(ear.waiting) == []


def test_a_line_break_in_an_event_makes_no_second_event(world: World) -> None:
    hub = Hub()
    ear = listening(world.brescia, world)
    hub.listeners.add(ear)

    hub.hear(told(world.brescia))

    lines = b"".join(ear.waiting).decode().splitlines()
    assert {line.partition(":")[0] for line in lines if line} == {"event", "data"}
