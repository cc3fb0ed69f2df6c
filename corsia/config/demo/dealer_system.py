"""The dealer's own system hands over files: one was taken in, one was looked at and waits for a yes."""

from datetime import datetime, timedelta
from pathlib import Path

from corsia.config.demo.group import DemoGroup
from corsia.config.demo.registry import Registry, with_vehicle
from corsia.config.demo.today import Today
from corsia.connectors.dms import examples
from corsia.connectors.dms.services import deliveries, processing, sources
from corsia.connectors.dms.vocabulary import Way
from corsia.vehicles.models import Vehicle

_CUSTOMERS = (
    "CODCLI;TIPO;COGNOME;NOME;RAGSOC;CODFISC;PIVA;NATO;EMAIL;TEL1;TEL2;VIA;CAP;CITTA;PROV",
    "C871;P;Zambelli;Nicolò;;;;14/03/1979;n.zambelli@posta.example;300 1180231;;Via Po 12;25122;Brescia;BS",
    "C872;P;Facchi;Ornella;;;;02/11/1964;o.facchi@casella.example;030 0120087;300 7719024;Via Po 88;25136;Brescia;BS",
    "C873;A;;;Edilizia Perù S.n.c.;;;;ufficio@edilizia-peru.example;030 0590114;;Via Oglio 5;25125;Brescia;BS",
    "C874;P;;;;;;;;300 5512098;;Via Milano 3;25126;Brescia;BS",
    "C875;P;Lancini;Dario;;;;31/02/1990;dario.lancini@posta.example;;;Via Adda 140;25124;Brescia;BS",
)


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Make the source with the mapping that ships as an example, and hand two files over."""
    davide = today.actor(group.person("davide.riva@bellandi.example"))
    data = sources.SourceData(name="Officina", facts_since=now - timedelta(days=30))
    since = now - timedelta(days=30)
    source = sources.save_source(source_id=None, unit_id=group.root.pk, data=data, by=davide, now=since)
    mapping = Path(examples.__file__).with_name("officina.toml").read_text(encoding="utf-8")
    sources.save_mapping(source_id=source.pk, text=mapping, by=davide, now=since)
    for name, lines, days, is_taken_in in (
        ("clienti_settimana.csv", _CUSTOMERS, 4, True),
        ("veicoli_settimana.csv", _vehicles(registry, now=now), 0, False),
    ):
        at = now - timedelta(days=days, minutes=20)
        content = "\r\n".join((*lines, "")).encode("cp1252")
        kept, _is_new = deliveries.keep_delivery(
            source_id=source.pk, file_name=name, content=content, way=Way.PAGE, by=davide, now=at
        )
        processing.process(delivery_id=kept.pk, now=at)
        if is_taken_in:
            deliveries.confirm_delivery(delivery_id=kept.pk, by=davide, now=at + timedelta(minutes=3))
            processing.process(delivery_id=kept.pk, now=at + timedelta(minutes=3))
    today.react()


def _vehicles(registry: Registry, *, now: datetime) -> tuple[str, ...]:
    """Return what their system says of some vehicles that are known here, kilometres of today."""
    cars = Vehicle.objects.filter(pk__in=[one.vehicles[0].id for one in with_vehicle(registry.by_town[0])[:6]])
    rows = []
    for place, car in enumerate(cars.order_by("pk")):
        km = f"{car.odometer_km or 0:,}".replace(",", ".")
        if place % 2:  # theirs has driven on
            km = f"{(car.odometer_km or 0) + 1_400:,}".replace(",", ".")
        rows.append(f"V{51030 + place};{car.vin};{car.plate};{car.make};{car.model};B;;;{km};{now:%d/%m/%Y}")
    return ("CODVEI;TELAIO;TARGA;MARCA;MODELLO;ALIM;IMMATR;CODCLI;KM;DATAKM", *rows)
