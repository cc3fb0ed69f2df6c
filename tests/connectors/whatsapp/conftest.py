"""A WhatsApp number of the desk, and Meta beside it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from corsia.messaging.models import ChannelAccount
from tests.conftest import NOON
from tests.connectors.hooks import arrive
from tests.connectors.providers import running
from tests.connectors.whatsapp.speaker import Graph, MetaCalls, raw
from tests.factories.messaging import Desk


@pytest.fixture
def graph(settings) -> Iterator[Graph]:
    with running(Graph(), settings) as server:
        settings.WHATSAPP_API = f"{server.url}/v23.0"
        yield server


@pytest.fixture
def meta() -> MetaCalls:
    return MetaCalls()


@pytest.fixture
def account(desk: Desk, meta: MetaCalls, graph: Graph, everything) -> ChannelAccount:
    return meta.account(desk, is_on=True)


@pytest.fixture
def arrives(client, account: ChannelAccount, meta: MetaCalls):
    """Let Meta call with things it tells, and read them."""

    def told(*calls: dict[str, Any], at: datetime = NOON) -> None:
        arrive(meta, client, account, *[raw(one) for one in calls], at=at)

    return told
