"""Within a block a value is read once; outside it is read each time."""

from corsia.kernel.held import held, once


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


def test_without_a_block_every_question_is_answered_anew() -> None:
    read = Counter()

    assert [once("tree", read), once("tree", read)] == [1, 2]


def test_a_block_remembers_each_key_and_forgets_at_its_end() -> None:
    read = Counter()

    with held():
        assert [once("tree", read), once("tree", read), once(("queues", 7), read)] == [1, 1, 2]
    with held():
        assert once("tree", read) == 3


def test_also_nothing_is_remembered() -> None:
    read = Counter()

    def nothing() -> None:
        read()

    with held():
        assert once("tree", nothing) is None
        once("tree", nothing)
    assert read.count == 1
