"""THE table: which reactions each fact has. Grep a fact's class to find its publisher, its row, its reactions, its tests."""

from collections.abc import Mapping, Sequence

from corsia.events import Fact
from corsia.kernel.facts import Reaction

SUBSCRIPTIONS: Mapping[type[Fact], Sequence[Reaction]] = {}
