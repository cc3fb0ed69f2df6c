"""Every page of the product, read off the registry of the security sweeps: a new address is here by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.test import Client

from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role
from tests.factories.organisation import person_in, signed_in
from tests.security.doors import Door, Kind
from tests.security.walking import known, query, url
from tests.security.world import World

# A page of somebody who is not signed in; the first role that may open a page looks at it.
NOBODY = ""
LOOKERS = [Role.ADMINISTRATOR, Role.CARE_MANAGER, Role.EXPERIENCE_MANAGER]
# A stream never ends; a mail inside its frame is its writer's own; signing out ends the visit (see test_frame.py).
NO_PAGES = ("stream/", "/html/", "logout/")


@dataclass(frozen=True)
class Page:
    """One address that answers with a whole page, and who looks at it."""

    address: str
    looker: str


@dataclass
class Pages:
    """The people who look, and what they can open."""

    world: World
    people: dict[str, Person] = field(default_factory=dict)

    def client(self, looker: str) -> Client:
        return signed_in(self.people[looker]) if looker else Client()

    def all(self) -> list[Page]:
        """Return the pages, ordered so that each person opens all of theirs in a row."""
        found: list[Page] = []
        clients = {looker: self.client(looker) for looker in self._lookers()}
        for path, door, declared in known():
            looker = (
                NOBODY if not declared.signed_in else self._looker(declared.right.roles if declared.right else None)
            )
            if looker is not None and door.get == 200:
                found += [Page(page, looker) for page in self._opened(clients[looker], path, door)]
        return sorted(found, key=lambda page: (page.looker, page.address))

    def _lookers(self) -> list[str]:
        self.people = {role: person_in(self.world.brescia.branch, role) for role in LOOKERS}
        return [NOBODY, *LOOKERS]

    def _looker(self, roles: frozenset[str] | None) -> str | None:
        return LOOKERS[0] if roles is None else next((role for role in LOOKERS if role in roles), None)

    def _opened(self, client: Client, path: str, door: Door) -> Iterator[str]:
        if path.endswith(NO_PAGES):
            return
        asked = url(path, door, self.world.brescia)
        terms = query(door, self.world.brescia)
        address = f"{asked}?{terms}" if terms else asked
        answer = client.get(address)
        if answer.status_code == 200 and not answer.streaming and b"<html" in answer.content[:400]:
            yield address
        elif door.kind is not Kind.LIBRARY and answer.status_code not in (200, 204):
            raise AssertionError(f"{address} answers {answer.status_code}")


class Words(HTMLParser):
    """What a reader or a screen reader meets on a page: its text, and the texts of attributes."""

    SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-label", "hx-confirm")
    SILENT = ("script", "style", "code", "pre", "kbd", "svg", "textarea")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._silent = 0
        self._text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._flush()
        self._silent += tag in self.SILENT
        for name, value in attrs:
            if value and (name in self.SPOKEN or name.startswith("data-text-")):
                self.found.add(" ".join(value.split()))

    def handle_endtag(self, tag: str) -> None:
        self._flush()
        self._silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        self._text += data

    def close(self) -> None:
        super().close()
        self._flush()

    def _flush(self) -> None:
        if not self._silent and (text := " ".join(self._text.split())):
            self.found.add(text)
        self._text = ""
