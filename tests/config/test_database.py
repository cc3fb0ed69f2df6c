"""Where the database is: the server that an address names, in each of the ways an address may be written."""

from pathlib import Path

import pytest

from corsia.config.database import database_settings


@pytest.mark.parametrize(
    ("url", "host", "port", "name"),
    [
        ("postgresql://ada:secret@db.rossi.example:5433/care", "db.rossi.example", "5433", "care"),
        ("postgresql://ada:secret@/care?host=%2Fvar%2Frun%2Fpg&port=5433", "/var/run/pg", "5433", "care"),
        ("postgresql://ada:secret@db.rossi.example/", "db.rossi.example", "", "corsia"),
    ],
)
def test_an_address_names_host_port_and_database(monkeypatch, url, host, port, name) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    found = database_settings(Path("unused"))

    assert (found["HOST"], found["PORT"], found["NAME"]) == (host, port, name)
    assert (found["USER"], found["PASSWORD"]) == ("ada", "secret")
    assert "port" not in found["OPTIONS"]
