"""Let a page that is sent twice (a double click, a lost answer, a resent tab) take effect once.

The page carries a random key in a hidden field, `{% once_field %}`. Whoever sends it first does the work; the others
wait for that transaction and get its result.
"""

import hashlib
import re
from collections.abc import Callable

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid
from corsia.kernel.http import StaffRequest

FIELD = "once"
_KEY = re.compile(r"[0-9A-Za-z_-]{16,64}")
_NOT_CONTENT = frozenset({FIELD, "csrfmiddlewaretoken"})


class SentAlready(Invalid):
    code = "kernel.sent_already"
    message = _(
        "This page was sent once already, with other content. What you sent first is done. Reload the page, then send"
        " the rest."
    )


def once(request: StaffRequest, *, door: str, act: Callable[[], int]) -> int:
    """Do what a form asks for, unless the same page did it before.

    Args:
        door: which form; keys are counted apart for each form and person.
        act: does it and returns the id of what came of it. A refusal that it raises leaves the key unused.

    Returns:
        The id that `act` returned, now or the first time. Without a key in the form `act` simply runs.

    Raises:
        SentAlready: the key was used with other content.
    """
    key = request.POST.get(FIELD, "")
    if not _KEY.fullmatch(key):
        return act()
    content = _digest(request)
    whose: tuple[str | int, ...] = (door, request.actor.id or 0, key)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_doneonce (door, actor_id, key, content, result, done_at) VALUES (%s, %s, %s, %s, 0, %s)"
            " ON CONFLICT DO NOTHING RETURNING id",
            (*whose, content, request.received_at),
        )
        row = cursor.fetchone()
        if row is not None:
            result = act()
            cursor.execute("UPDATE kernel_doneonce SET result = %s WHERE id = %s", [result, row[0]])
            return result
        cursor.execute(
            "SELECT content, result FROM kernel_doneonce WHERE door = %s AND actor_id = %s AND key = %s", whose
        )
        before, result = cursor.fetchone()
    if bytes(before) != content:
        raise SentAlready
    return int(result)


def _digest(request: StaffRequest) -> bytes:
    """Return a hash of everything in the form but its marks; the order of the fields does not matter."""
    found = hashlib.sha256()
    for name, values in sorted(request.POST.lists()):
        if name not in _NOT_CONTENT:
            found.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            content = hashlib.sha256(b"".join(file.chunks())).hexdigest()
            file.seek(0)
            found.update(repr((name, file.name, content)).encode())
    return found.digest()
