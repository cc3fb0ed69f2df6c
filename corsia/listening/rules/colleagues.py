"""Among how many an answer is kept: no unit is written on it, and none is counted, where too few were asked."""

from collections.abc import Mapping, Sequence

from corsia.listening.rules.nps import SHOWN_FROM

LEAST = SHOWN_FROM  # people among whom one may be sure not to be recognised


def shared_units(asked: Mapping[int, int], above: Mapping[int, Sequence[int]], *, top: int) -> dict[int, int]:
    """Return for each unit the one that stands for it: itself, or one above it where too few were asked.

    What stands together is at least LEAST people, so that nothing is learnt by taking one from the other either: where
    too few are left at the top, the smallest of the others joins them. Only where fewer were asked in all, fewer are
    together.

    Args:
        asked: unit to the number of people asked there.
        above: unit to those above it, the top of the tree first; for each unit that was asked.
        top: where it ends; units that are not below it count as itself.
    """
    standing = {unit: unit if unit == top or top in above[unit] else top for unit in asked}
    depth = {one: place for unit in asked for place, one in enumerate((*above[unit], unit))}
    parent = {one: chain[place - 1] for chain in _chains(asked, above) for place, one in enumerate(chain) if place}

    def count(unit: int) -> int:
        return sum(asked[one] for one, stands in standing.items() if stands == unit)

    def join(one: int, other: int) -> None:
        standing.update({unit: other for unit, stands in standing.items() if stands == one})

    while small := [unit for unit in set(standing.values()) if unit != top and count(unit) < LEAST]:
        deepest = max(small, key=lambda unit: (depth[unit], unit))
        join(deepest, parent[deepest])
    while 0 < count(top) < LEAST and (others := set(standing.values()) - {top}):
        join(min(others, key=lambda unit: (count(unit), unit)), top)
    return standing


def _chains(asked: Mapping[int, int], above: Mapping[int, Sequence[int]]) -> list[tuple[int, ...]]:
    return [(*above[unit], unit) for unit in asked]
