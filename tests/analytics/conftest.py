"""A warehouse of its own for each test."""

import pytest


@pytest.fixture(autouse=True)
def warehouse(settings, tmp_path):
    """Point the warehouse to an empty folder."""
    settings.WAREHOUSE = tmp_path / "warehouse"
    return settings.WAREHOUSE
