"""Junk in addresses, query strings and bodies: no error of ours, and nothing of our inside in the answer."""

import itertools
import random
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.security.doors import Kind, body_of
from tests.security.walking import Seen, ask, known, parameters, url
from tests.security.world import World, browser_of

pytestmark = pytest.mark.django_db

INSIDE = re.compile(
    r"Traceback|psycopg|DataError|ProgrammingError|ValueError|TypeError|KeyError|DoesNotExist|NoScope|"
    r"\bSELECT .{1,80} FROM |File \"/|/site-packages/|django\.|corsia\.\w+\.(services|queries|models|web)"
)
TOO_LARGE = str(10**30)
BEYOND_BIGINT = str(2**63)
IN_ADDRESSES = [TOO_LARGE, BEYOND_BIGINT, "0", "9" * 5000, "-1", "%00", "..%2f..%2fetc", "'--à"]
VALUES = [
    "\x00",
    "9" * 4990,
    TOO_LARGE,
    BEYOND_BIGINT,
    "-1",
    "٣",
    "²",
    "1e400",
    "NaN",
    "\ud7ff\U0001f697à",
    "x" * 40_000,
    "'\"--;/*",
    "{{settings.SECRET_KEY}}{% debug %}",
    "%s%(x)s%",
    "9999-99-99",
    "0001-01-01",
    "../../etc/passwd",
]
# The names that views read from query strings and bodies, besides those of the registry.
NAMES = {
    "q", "find", "after", "before", "tab", "days", "branch", "state", "unit", "role", "from", "parent", "process",
    "phase", "priority", "assignee", "customer", "vehicle", "customer_id", "vehicle_id", "other", "pending", "line",
    "on", "by", "kind", "monday", "talk", "alarm", "case", "form", "opened_days", "quiet_days", "name",
    "who", "what", "l", "score", "next", "survey", "plate", "vin", "tag", "origin", "after_id",
    "mine", "all", "email", "phone", "born_on", "linked_to", "stamp", "to", "key", "download",
    "text", "up_to", "in", "up", "left", "shelf", "version", "with", "missed", "useful", "then",
    "dataset", "owner_advisor", "reason", "purpose", "audience", "language", "kpi", "macro", "group", "action",
    "stage", "grid", "sign", "instrument", "touchpoint", "service", "format", "factor",
    "keys", "typed", "script", "decision", "source",
    "band", "topic", "words", "segment",
    "block", "plan", "post", "participant", "whose", "month", "closes", "place", "file",
    "view", "day", "technician", "bay", "start", "hour", "accept", "seen_technician", "seen_start", "told",
    "minutes", "until", "step", "visit", "job_group", "agent",
    "make", "show", "empty", "quantity", "expected_on", "on_hand", "step_minutes", "part_quantity", "column0",
    "estimate", "valid_until", "approved",
    "job", "package", "stay", "fuel", "car", "edit", "problem", "booked", "moved", "slot", "why",
}  # fmt: skip


def fault(seen: Seen) -> str:
    told = INSIDE.search(seen.text)
    return f"{seen.status} {told.group()}" if told else str(seen.status) if seen.status >= 500 else ""


def test_junk_in_addresses(world: World) -> None:
    """In each place of an address: a number that no column takes, and two more values in turn."""
    browser, found = browser_of(world.brescia.boss), []
    turn = itertools.cycle([value for value in IN_ADDRESSES if value != BEYOND_BIGINT])
    for path, door, declared in known():
        for name in parameters(path):
            for junk in (BEYOND_BIGINT, next(turn), next(turn)):
                address = url(path, door, world.brescia, **{name: junk})
                method = "post" if door.get == 405 else "get"
                client = browser if declared.signed_in else Client(raise_request_exception=False)
                seen = ask(client, method, address, body_of(door, world.brescia) if method == "post" else None)
                if fault(seen) or seen.written:
                    found.append(f"{method} {path} {name}={junk[:20]}: {fault(seen)} {seen.written}")

    assert not found, "\n".join(found)


def test_junk_in_query_strings(world: World) -> None:
    """For all names at once: what no int() takes, and one more value in turn."""
    browser, found = browser_of(world.brescia.boss), []
    turn = itertools.cycle([value for value in VALUES if len(value) <= 5000])  # no server passes on longer addresses
    for path, door, declared in known():
        if door.get == 405:
            continue
        client = browser if declared.signed_in else Client(raise_request_exception=False)
        names = sorted(NAMES | set(door.post or {}))
        for value in ("9" * 4990, next(turn)):
            seen = ask(client, "get", url(path, door, world.brescia), dict.fromkeys(names, value))
            if fault(seen) or seen.written:
                found.append(f"{path}?*={value[:20]!r}: {fault(seen)} {seen.written}")

    assert not found, "\n".join(found)


def test_junk_in_bodies(world: World) -> None:
    """In all fields what no column takes; then one more value in turn in some fields of a body that is right besides.

    Which fields is another choice in each run: there are thousands, and a request takes a while.
    """
    browser, found = browser_of(world.brescia.boss), []
    turn = itertools.cycle(VALUES)
    for path, door, declared in known():
        if door.post is None:
            continue
        client = browser if declared.signed_in else Client(raise_request_exception=False)
        address, right = url(path, door, world.brescia), body_of(door, world.brescia)
        fields = sorted(right) or ["text"]
        bodies = [dict.fromkeys({*fields, *NAMES}, "\x00"), dict.fromkeys({*fields, *NAMES}, TOO_LARGE)]
        bodies += [right | {name: next(turn)} for name in random.sample(fields, min(3, len(fields)))] + [
            dict.fromkeys(fields, "9" * 5000)
        ]
        bodies += [{fields[0]: SimpleUploadedFile("x\x00.txt", b"a file where text is expected")}]
        for body in bodies:
            seen = ask(client, "post", address, body)
            if fault(seen):
                shown = {name: str(value)[:12] for name, value in body.items() if name in fields}
                found.append(f"POST {path} {shown}: {fault(seen)}")

    assert not found, "\n".join(found)


def test_junk_instead_of_a_form(world: World) -> None:
    browser, found = browser_of(world.brescia.boss), []
    types = itertools.cycle(["application/json", "multipart/form-data; boundary=x", "x/\x00"])
    for path, door, _declared in known():
        if door.post is not None and door.kind is not Kind.LIBRARY:
            address = url(path, door, world.brescia)
            seen = ask(browser, "post", address, b'{"a": [1, {"$ne": null}]}\x00\xff', content_type=next(types))
            if fault(seen):
                found.append(f"POST {path}: {fault(seen)}")

    assert not found, "\n".join(found)


def test_unknown_addresses_say_little(world: World) -> None:
    for client in (Client(raise_request_exception=False), browser_of(world.brescia.boss)):
        for address in ("/nowhere/", "/customers/x/", "/static/../settings.py", "/admin/", "/%2e%2e/%2e%2e/etc/passwd"):
            seen = ask(client, "get", address)
            assert (address, seen.status, INSIDE.search(seen.text)) == (address, 404, None)


def test_queries_of_the_registry_are_used() -> None:
    assert {door.query.partition("=")[0] for _path, door, _ in known() if door.query} - NAMES == set()
