"""What the organisation needs others to provide: how much work waits where, kinds of notice, and a way to mail them.

config/ports.py and config/notice_kinds.py plug it in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class Workload(Protocol):
    """Open cases, within the active scope."""

    def by_unit(self) -> Mapping[int, int]:
        """Return the open cases of each unit that has any, without those of the units below it."""

    def by_person(self) -> Mapping[int, int]:
        """Return the open cases of each person that has any."""


def workload() -> Workload:
    """Return whoever knows the open cases."""
    return import_string(settings.CORSIA_WORKLOAD)  # type: ignore[no-any-return]


@dataclass(frozen=True, kw_only=True)
class NoticeKind:
    """A kind of notice, as people choose it.

    Attributes:
        key: `<context>.<what>`, as `notify` gets it.
        is_urgent: it pierces silence where the person lets it.
        has_own_mail: whoever tells it writes the mail too, a whole page of it, to those who did not decline (see
            `wanting_mail`); `notify` only puts it under the bell.
        may_mail_title, may_mail_text: a mail may show them: they say nothing of a customer but the number and title of
            a case. Otherwise the mail says only `label`, and leads to the page.
    """

    key: str
    label: Any
    is_urgent: bool = False
    may_mail_title: bool = False
    may_mail_text: bool = False
    has_own_mail: bool = False


class Post(Protocol):
    """Mails to our own people."""

    def mail(self, *, person_id: int, subject: str, text: str, key: str, now: datetime) -> bool:
        """Queue a mail, once for each `key`; return False where nothing can be written to that person."""


def post() -> Post:
    """Return whoever mails our own people."""
    return import_string(settings.CORSIA_POST)  # type: ignore[no-any-return]


def notice_kinds() -> Sequence[NoticeKind]:
    """Return the kinds of notice there are, in the order of the page."""
    return import_string(settings.CORSIA_NOTICE_KINDS)  # type: ignore[no-any-return]


def notice_kind(key: str) -> NoticeKind:
    """Return a kind; one that nobody named is told like any other, its mails say nothing of it."""
    found = next((kind for kind in notice_kinds() if kind.key == key), None)
    return found or NoticeKind(key=key, label=_("Something new"))
