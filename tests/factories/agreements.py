"""Agreements with the staff for tests."""

from datetime import UTC, date, datetime

from corsia.kernel import blobs
from corsia.organisation.models import StaffAgreement, Unit


def an_agreement(unit: Unit, *, starts_on: date = date(2026, 1, 1), ends_on: date | None = None) -> StaffAgreement:
    """Record an agreement that holds for a unit and everything below."""
    return StaffAgreement.unscoped.create(
        unit=unit,
        signed_on=starts_on,
        signed_with="RSU",
        covers="Tempi di risposta e di chiusura, per persona",
        starts_on=starts_on,
        ends_on=ends_on,
        file_id=blobs.keep(b"%PDF-1.7 signed"),
        file_name="accordo.pdf",
        media_type="application/pdf",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
