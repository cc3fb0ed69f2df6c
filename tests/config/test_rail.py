"""The rail: each entry its own key, so that two keys never lead to two places."""

from corsia.config.rail import RAIL


def test_no_two_entries_answer_to_the_same_keys() -> None:
    keys = [entry.hotkey for entry in RAIL if entry.hotkey]

    assert len(keys) == len(set(keys)), sorted(keys)


def test_no_two_entries_are_called_alike() -> None:
    assert len({entry.key for entry in RAIL}) == len(RAIL)
