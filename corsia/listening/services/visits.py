"""Mystery visits: filled in on a telephone, perhaps without a network, and kept once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep
from corsia.kernel.errors import Invalid
from corsia.listening.models import Finding, MysteryVisit, Touchpoint, VisitItem
from corsia.listening.permissions import SEE_RESULTS
from corsia.listening.queries.visits import grids
from corsia.listening.rules.grids import BEST, SCORE, YES_NO, Grid, Line, Seen, speaks
from corsia.listening.vocabulary import Instrument, Sign

LARGEST_PHOTO = 8_000_000  # bytes
_KEY = re.compile(r"[0-9A-Za-z_-]{16,64}")
_BEGINS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class VisitUnusable(Invalid):
    code = "listening.visit_unusable"
    message = _("The visit cannot be kept as it came. Reload the page and send it again.")


class PhotoUnusable(Invalid):
    code = "listening.photo_unusable"
    message = _("A photo must be a JPEG or PNG of at most 8 MB. Take it again in a smaller size.")


@dataclass(frozen=True, kw_only=True)
class VisitItemData:
    """What was seen on one line."""

    seen: Seen
    note: str = ""
    photo: bytes = b""


@dataclass(frozen=True, kw_only=True)
class VisitData:
    """A visit as the page sends it; `items` by the key of their line."""

    key: str
    grid: str
    touchpoint_id: int
    visited_on: date
    summary: str = ""
    items: Mapping[str, VisitItemData] = field(default_factory=dict)


@transaction.atomic
def add_visit(*, unit_id: int, data: VisitData, by: Actor, now: datetime) -> MysteryVisit:
    """Keep a visit and what it found out. Sent again with the same key it is the same visit, and nothing is added.

    Raises:
        VisitUnusable: no such grid, or an answer that its line does not take, or a key that no page of ours makes.
        PhotoUnusable: a photo is no picture, or too large.
    """
    demand(by, SEE_RESULTS, unit_id)
    grid = grids().get(data.grid)
    if grid is None or not _KEY.fullmatch(data.key):
        raise VisitUnusable
    lines = {line.key: line for line in grid.lines}
    for key, item in data.items.items():
        _check(lines.get(key), item)
    Touchpoint.objects.find(data.touchpoint_id)
    found: tuple[MysteryVisit, bool] = MysteryVisit.objects.get_or_create(
        unit_id=unit_id,
        key=data.key,
        defaults={
            "touchpoint_id": data.touchpoint_id,
            "grid": data.grid,
            "visited_on": data.visited_on,
            "visitor_id": by.id,
            "summary": data.summary,
            "saved_at": now,
        },
    )
    visit, is_new = found
    if is_new:
        _keep_items(visit, data)
        _note_findings(visit, grid, data, by=by, now=now)
        audit(visit, "visit_saved", by=by, now=now, grid=data.grid)
    return visit


def photo_type(content: bytes) -> str | None:
    """Return the media type of a photo by its first bytes; None for anything but JPEG and PNG."""
    return next((media for begin, media in _BEGINS.items() if content.startswith(begin)), None)


def _check(line: Line | None, item: VisitItemData) -> None:
    seen = item.seen
    if (
        line is None
        or (seen.yes is not None and line.kind != YES_NO)
        or (seen.score is not None and (line.kind != SCORE or not 1 <= seen.score <= BEST))
    ):
        raise VisitUnusable
    if item.photo and (len(item.photo) > LARGEST_PHOTO or photo_type(item.photo) is None):
        raise PhotoUnusable


def _keep_items(visit: MysteryVisit, data: VisitData) -> None:
    VisitItem.objects.bulk_create(
        VisitItem(
            visit=visit,
            item=key,
            yes=item.seen.yes,
            score=item.seen.score,
            note=item.note,
            photo_id=keep(item.photo) if item.photo else None,
        )
        for key, item in data.items.items()
        if item.seen != Seen() or item.note or item.photo
    )


def _note_findings(visit: MysteryVisit, grid: Grid, data: VisitData, *, by: Actor, now: datetime) -> None:
    """Write what failed, and what could not be better, among the findings, under the name of its line."""
    found = []
    for line in grid.lines:
        item = data.items.get(line.key)
        side = speaks(line, item.seen) if item else 0
        if item and side:
            found.append(
                Finding(
                    unit_id=visit.unit_id,
                    touchpoint_id=visit.touchpoint_id,
                    instrument=Instrument.MYSTERY,
                    source_id=visit.pk,
                    sign=Sign.MINUS if side < 0 else Sign.PLUS,
                    severity=line.severity,
                    title=f"{line.name_it}: no" if item.seen.yes is False else line.name_it,
                    quote=item.note,
                    found_on=visit.visited_on,
                    noted_by_id=by.id,
                    noted_at=now,
                )
            )
    Finding.objects.bulk_create(found)
