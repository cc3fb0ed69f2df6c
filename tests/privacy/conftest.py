"""The journal of erasures of a test is the test's own."""

import pytest


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path) -> None:
    settings.VAR = tmp_path
