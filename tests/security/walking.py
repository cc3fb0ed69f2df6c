"""Every address of the product with real parameters, and what one request to it did."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.utils.http import int_to_base36
from psycopg.pq import TransactionStatus

from corsia.kernel.access import Access
from corsia.kernel.checks import declared_views
from tests.security.doors import DOORS, Door, named
from tests.security.world import Place

# Rows that say who was here, not what is; each with its reason.
TRACES = {
    "django_session": "the session of the browser",
    "usersessions_usersession": "which devices a person is signed in on, and when last",
    "kernel_usecount": "how often a limited door was used",
    "kernel_cacheentry": "how often somebody tried to sign in",
    "kernel_reading": "who looked at whose data",
    "knowledge_articleday": "how often an article was read on a day",
    "knowledge_seentoday": "that a read was counted today; a hash without a way back",
    "knowledge_missedsearch": "words that found no article, nobody's",
    "analytics_changedrow": "which rows the warehouse reads anew",
    "conversations_viewing": "who looks at a case right now, for colleagues; never kept",
    "organisation_person": "last_login, set by signing in",
}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_REGEX = {
    r"account/^confirm-email/(?P<key>[-:\w]+)/$": "account/confirm-email/{junk}/",
    "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "account/password/reset/key/{uid}-{junk}/",
}


def addresses() -> dict[str, Access]:
    """Return every address pattern of the product with the declaration of its view."""
    return {path: declared for path, _view, declared in declared_views() if declared is not None}


def known() -> Iterator[tuple[str, Door, Access]]:
    """Yield the addresses that have a row in the registry."""
    for path, declared in addresses().items():
        if path in DOORS:
            yield path, DOORS[path], declared


def url(path: str, door: Door, place: Place | None, **given: Any) -> str:
    """Return the address with the place's rows in it; `given` replaces parameters."""
    path = _REGEX.get(path, path).replace("{junk}", str(given.get("junk", "abc-def")))
    path = path.replace("{uid}", int_to_base36(place.rows["boss_id"]) if place else "1")

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in given:
            return str(given[name])
        source = door.at.get(name, name)
        return source[1:] if source.startswith("=") or place is None else named(f"@{source}", place)

    return "/" + _PARAMETER.sub(value, path)


def parameters(path: str) -> list[str]:
    """Return the names of the parameters of an address."""
    return _PARAMETER.findall(path) if path not in _REGEX else ["junk"]


def query(door: Door, place: Place) -> str:
    """Return the query string of a door with the place's rows."""
    pairs = [pair.partition("=") for pair in door.query.split("&") if pair]
    return "&".join(f"{name}={named(value, place)}" for name, _equals, value in pairs)


@dataclass
class Seen:
    """What came of a request."""

    status: int
    text: str
    written: dict[str, int]  # table -> rows inserted, changed or deleted, traces left out
    response: HttpResponseBase

    @property
    def refused(self) -> bool:
        """Whether the address was kept from the asker: it is not there, not allowed, or says nothing at all."""
        return self.status in (403, 404) or (self.status == 204 and not self.text)

    @property
    def asks_to_sign_in(self) -> bool:
        return self.status == 302 and "/account/login/" in self.response.headers["Location"]


def ask(client: Client, method: str, address: str, data: Any = None, **options: Any) -> Seen:
    """Make one request and take back whatever it wrote.

    The count of written rows includes what a refused request itself took back; then it is made once more, and the
    tables it seems to have written are compared.
    """
    seen = _asked(client, method, address, data, **options)
    if seen.status >= 400 and seen.written:
        tables = sorted(seen.written)
        mark = transaction.savepoint()
        before = contents(tables)
        getattr(client, method)(address, data or {}, **options)
        connection.needs_rollback = False
        after = contents(tables)
        transaction.savepoint_rollback(mark)
        seen.written = {table: seen.written[table] for table in tables if before[table] != after[table]}
    return seen


def contents(tables: list[str]) -> dict[str, str]:
    """Return a hash of what stands in each table."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
            found[table] = cursor.fetchone()[0]
    return found


def _asked(client: Client, method: str, address: str, data: Any = None, **options: Any) -> Seen:
    mark = transaction.savepoint()
    before = _writes()
    try:
        response = getattr(client, method)(address, data or {}, **options)
        # What a stream tells is not read here: closing it would close the database as well.
        text = "" if getattr(response, "streaming", False) else response.content.decode(errors="replace")
        broken = connection.connection.info.transaction_status is TransactionStatus.INERROR  # a 500, told by its status
        after = {} if broken or connection.needs_rollback else _writes()
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(mark)
    written = {
        table: count - before.get(table, 0)
        for table, count in after.items()
        if count != before.get(table, 0) and table not in TRACES
    }
    told = "".join(  # of the headers those that can carry content
        f"{name}: {value}\n"
        for name, value in response.headers.items()
        if name.startswith(("HX-", "Location", "Content-Disposition"))
    )
    return Seen(status=response.status_code, text=text + told, written=written, response=response)


def _writes() -> dict[str, int]:
    """Return how many rows of each table this transaction has written so far, undone ones included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())
