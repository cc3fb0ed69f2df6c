"""One module speaks HTTP to the outside: what goes around it could be led into our own network."""

import ast

from tests.architecture.test_sources import python_files

CLIENTS = {"requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "pycurl"}
THE_DOOR = "kernel/safe_fetch.py"


def imported(source: str) -> set[str]:
    """Return the full names of what a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def clients_in(source: str) -> set[str]:
    return {
        client for client in CLIENTS for name in imported(source) if name == client or name.startswith(f"{client}.")
    }


def test_nothing_but_safe_fetch_imports_an_http_client() -> None:
    found = {place: clients for place, source in python_files() if (clients := clients_in(source))}

    assert found == {THE_DOOR: {"http.client"}}


def test_the_look_sees_every_way_to_import_one() -> None:
    ways = ["import requests", "from urllib import request", "import http.client as h", "from httpx import get"]

    assert all(clients_in(f"def f():\n    {way}\n") for way in ways)
    assert not clients_in("from http import HTTPStatus\nfrom urllib.parse import urlsplit\nfrom django import http\n")
