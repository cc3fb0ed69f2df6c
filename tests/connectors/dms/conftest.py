"""Sources and the files they hand over."""

import pytest

from tests.connectors.dms.files import CLIENTI, MAPPING, source_of


@pytest.fixture
def source(group, everything):
    """A source of the whole group with the mapping of an imagined system."""
    return source_of(group.root)


__all__ = ["CLIENTI", "MAPPING"]
