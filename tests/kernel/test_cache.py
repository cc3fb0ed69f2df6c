"""The shared cache counts for all processes and keeps nothing that could be code."""

import pytest
from django.core.cache import caches
from django.db import connection

pytestmark = pytest.mark.django_db


def test_a_value_is_found_until_it_ends_and_not_after() -> None:
    cache = caches["default"]
    cache.set("tries", [1.5, 2.5], 60)
    cache.set("over", 1, -1)
    cache.set("always", {"a": None}, None)

    assert (cache.get("tries"), cache.get("over"), cache.get("always")) == ([1.5, 2.5], None, {"a": None})
    assert cache.get("unknown", "else") == "else"


def test_only_one_adds() -> None:
    cache = caches["default"]

    assert [cache.add("lock", 1, 60), cache.add("lock", 2, 60)] == [True, False]
    cache.set("lock", 3, -1)
    assert (cache.add("lock", 4, 60), cache.get("lock")) == (True, 4)
    assert [cache.delete("lock"), cache.delete("lock")] == [True, False]


def test_values_stand_in_the_table_as_json() -> None:
    caches["default"].set("tries", [1], 60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kernel_cacheentry WHERE key LIKE '%%tries'")
        assert cursor.fetchone() == ("[1]",)

    with pytest.raises(TypeError):
        caches["default"].set("code", object(), 60)
