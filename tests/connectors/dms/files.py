"""An imagined dealer's system: its mapping, its files, and what a test does with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from corsia.connectors.dms.models import Delivery, Source
from corsia.connectors.dms.services import deliveries, processing, sources
from corsia.connectors.dms.vocabulary import DeliveryState, Way
from corsia.kernel.actors import system

ROBOT = system("test")
NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "corsia" / "connectors" / "dms" / "examples"
MAPPING = (EXAMPLES / "officina.toml").read_text()
CLIENTI = (
    "CODCLI;TIPO;COGNOME;NOME;RAGSOC;CODFISC;PIVA;NATO;EMAIL;TEL1;TEL2;VIA;CAP;CITTA;PROV\r\n"
    "C1;P;Rossi;Nicolò;;RSSNCL80A01H501X;;01/01/1980;nicolo@example.it;333 1234567;;Via Roma 1;25121;Brescia;BS\r\n"
    "C2;P;Bianchi;Anna;;;;;ANNA@example.it;;;;;;\r\n"
    "C3;A;;;Trasporti Perù S.r.l.;;01234567897;;;030 1234567;335 7654321;Via Po 2;25100;Brescia;BS\r\n"
)


def source_of(unit, *, mapping: str = MAPPING, name: str = "Officina", since: datetime | None = None, **data) -> Source:
    """Make a source with a mapping; facts are stated for what came to pass in the last week."""
    settings = sources.SourceData(name=name, facts_since=since or NOW - timedelta(days=7), **data)
    source = sources.save_source(source_id=None, unit_id=unit.pk, data=settings, by=ROBOT, now=NOW)
    sources.save_mapping(source_id=source.pk, text=mapping, by=ROBOT, now=NOW)
    return source


def deliver(
    source: Source, text: str | bytes, name: str = "clienti.csv", *, now: datetime = NOW, way: Way = Way.PAGE
) -> Delivery:
    """Hand a file over and have it looked at."""
    content = text.encode("cp1252") if isinstance(text, str) else text
    kept, _is_new = deliveries.keep_delivery(
        source_id=source.pk, file_name=name, content=content, way=way, by=ROBOT, now=now
    )
    return processing.process(delivery_id=kept.pk, now=now)


def take_in(
    source: Source, text: str | bytes, name: str = "clienti.csv", *, now: datetime = NOW, way: Way = Way.PAGE
) -> Delivery:
    """Hand a file over, look at it, and have it taken in."""
    seen = deliver(source, text, name, now=now, way=way)
    assert seen.state == DeliveryState.CHECKED, seen.error
    deliveries.confirm_delivery(delivery_id=seen.pk, by=ROBOT, now=now)
    return processing.process(delivery_id=seen.pk, now=now)


def counts(delivery: Delivery) -> tuple[int, int, int, int, int]:
    """Return rows, new, changed, same and left out."""
    return delivery.rows, delivery.new, delivery.changed, delivery.same, delivery.left_out
