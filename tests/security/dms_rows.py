"""A dealer's system for the sweeps: a source with a mapping, and a file that was looked at."""

from datetime import datetime

from corsia.connectors.dms.models import Delivery, Difference, ExternalRecord, LeftOutRow, MappingVersion, Source
from corsia.kernel.blobs import keep
from corsia.organisation.models import Unit

MAPPING = """
[[tables]]
target = "customers"
key = "ID"
[tables.fields]
last_name = "NAME"
"""


def dms_rows(*, branch: Unit, canary: str, customer_id: int, now: datetime) -> dict[str, int]:
    """Make one of each. The file waits for somebody's yes."""
    source = Source.unscoped.create(unit=branch, name=canary, folder=f"d{branch.pk}", facts_since=now, created_at=now)
    mapping = MappingVersion.unscoped.create(source=source, number=1, toml=MAPPING, saved_at=now)
    content = f"ID;NAME\r\n1;{canary}\r\n;{canary}\r\n".encode()
    delivery = Delivery.unscoped.create(
        unit=branch, source=source, mapping=mapping, file_name=f"{canary}.csv", content_id=keep(content),
        sha256=b"0" * 32, size=len(content), way="page", state="checked", received_at=now,
        rows=2, changed=1, left_out=1,
    )  # fmt: skip
    ExternalRecord.unscoped.create(
        source=source, kind="customers", external_id="1", local_id=customer_id, digest=b"0" * 16
    )
    Difference.unscoped.create(
        delivery=delivery, number=2, kind="customers", external_id="1", local_id=customer_id, field="last_name",
        before=canary, after=f"{canary} 2",
    )  # fmt: skip
    LeftOutRow.unscoped.create(
        delivery=delivery, number=3, place=0, cells=[["ID", ""], ["NAME", canary]], why="key_missing", column="ID"
    )
    return {"dms_source_id": source.pk, "dms_delivery_id": delivery.pk}
