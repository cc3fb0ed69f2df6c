"""The approved texts as our people choose them, and as Meta wants them back."""

from collections.abc import Sequence
from typing import Any

from corsia.connectors.whatsapp.models import ApprovedText
from corsia.connectors.whatsapp.services.texts import HOLE
from corsia.connectors.whatsapp.vocabulary import USABLE
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import ReadyMade, ReadyMadeUnknown


def ready_texts(account: ChannelAccount) -> list[ReadyMade]:
    """Return the texts that may go out now, by name. One that needs a picture or an address is left out."""
    rows = ApprovedText.unscoped.filter(account=account, status__in=USABLE, needs_more=False).exclude(body="")
    found = []
    for row in rows.order_by("name", "language"):
        holes = _holes(row.body)
        found.append(
            ReadyMade(
                key=f"{row.name}:{row.language}",
                name=row.name.replace("_", " "),
                language=row.language[:2],
                body=_numbered(_whole(row), holes),
                holes=len(holes),
            )
        )
    return found


def filled(account: ChannelAccount, *, key: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return a text as it will read, and what Meta needs to send it.

    Raises:
        ReadyMadeUnknown: there is no such text, or Meta does not let it out now.
    """
    name, _colon, language = key.rpartition(":")
    row = ApprovedText.unscoped.filter(
        account=account, name=name, language=language, status__in=USABLE, needs_more=False
    ).first()
    if row is None:
        raise ReadyMadeUnknown(key)
    holes = _holes(row.body)
    if len(holes) != len(values):
        raise ReadyMadeUnknown(key)
    given = dict(zip(holes, values, strict=True))
    text = HOLE.sub(lambda hole: given.get(hole.group(1), hole.group(0)), _whole(row))
    parameters = [
        {"type": "text", "text": value} | ({} if hole.isdecimal() else {"parameter_name": hole})
        for hole, value in given.items()
    ]
    template: dict[str, Any] = {"name": row.name, "language": {"code": row.language}}
    if parameters:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return text, {"template": template}


def _whole(row: ApprovedText) -> str:
    return "\n\n".join(part for part in (row.header, row.body, row.footer) if part)


def _holes(body: str) -> list[str]:
    """Return the names of the holes: numbers in their order, names as they first appear."""
    names = list(dict.fromkeys(HOLE.findall(body)))
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else names


def _numbered(text: str, holes: Sequence[str]) -> str:
    numbers = {hole: number for number, hole in enumerate(holes, start=1)}
    return HOLE.sub(lambda hole: f"{{{{{numbers.get(hole.group(1), hole.group(1))}}}}}", text)
