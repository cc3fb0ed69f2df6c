"""Rows of the catalogue and of parts for the sweeps: what can be changed, taken in, counted and awaited."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from corsia.workshop.models import Job, JobStep, ListFile
from corsia.workshop.services import lists, parts
from corsia.workshop.services.parts import PartInfo
from corsia.workshop.vocabulary import BayKind, JobGroup, ListKind
from tests.factories.cases import ROBOT

if TYPE_CHECKING:
    from tests.security.world import Place

_LIST = "Codice;Descrizione;Gruppo;Prezzo manodopera;Minuti\r\nNUOVO;{name};Pneumatici;10,00;30\r\nX;;;;\r\n"


def catalogue_rows(place: "Place", now: datetime) -> dict[str, int]:
    """Make a job in nobody's package, a list to be taken in, and a part with something kept and something awaited."""
    at = {"by": ROBOT, "now": now}
    job = Job.unscoped.create(
        unit=place.branch, code="PROVA", name_it=f"{place.canary} prova", name_en=place.canary, group=JobGroup.BODY
    )
    JobStep.unscoped.create(job=job, position=0, bay_kind=BayKind.BODY, minutes=30)
    file: ListFile = lists.keep_list(
        kind=ListKind.JOBS,
        unit_id=place.branch.pk,
        file_name=f"{place.canary}.csv",
        content=_LIST.format(name=place.canary).encode(),
        **at,
    )
    info = PartInfo(code=f"{place.canary}-1", name=place.canary, order_days=2)
    part = parts.add_part(unit_id=place.desk.pk, info=info, on_hand=Decimal(4), **at)
    unused = parts.add_part(
        unit_id=place.desk.pk, info=PartInfo(code="LIBERO", name=place.canary), on_hand=Decimal(1), **at
    )
    arrival = parts.expect(
        part_id=part.pk, quantity=Decimal(2), expected_on=now.date() + timedelta(days=3), note=place.canary, **at
    )
    return {
        "kept_job_id": job.pk,
        "shop_list_id": file.pk,
        "stock_part_id": part.pk,
        "unused_part_id": unused.pk,
        "arrival_id": arrival.pk,
    }
