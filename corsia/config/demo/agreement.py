"""The invented group's agreement with its staff: figures of single persons can be looked at in the demonstration."""

from datetime import date, datetime

from corsia.kernel.actors import system
from corsia.organisation.models import StaffAgreement, Unit
from corsia.organisation.services import record_agreement

_COVERS = (
    "Accordo ai sensi dell'art. 4 della legge 300/1970. I responsabili delle sedi possono vedere, per persona, i tempi "
    "di risposta e di chiusura e il numero delle pratiche, per organizzare il lavoro e la formazione. Nessuna "
    "classifica, nessun uso disciplinare, nessuno stato in tempo reale."
)
_PAGE = b"BT /F1 14 Tf 72 760 Td (Accordo aziendale - documento dimostrativo) Tj ET"
_OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    b"<</Length %d>>stream\n%s\nendstream" % (len(_PAGE), _PAGE),
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
)


def load(group: Unit, *, now: datetime) -> StaffAgreement:
    """Record an agreement of the whole group, since the first of January of last year."""
    first = date(now.year - 1, 1, 1)
    return record_agreement(
        unit_id=group.pk,
        signed_on=date(now.year - 2, 12, 12),
        signed_with="RSU Gruppo Bellandi",
        covers=_COVERS,
        starts_on=first,
        last_on=None,
        file_name="accordo-art-4.pdf",
        content=_paper(),
        by=system("demonstration"),
        now=now,
    )


def _paper() -> bytes:
    """Return a page with one line on it, as the smallest PDF that readers open."""
    paper, places = b"%PDF-1.4\n", []
    for number, content in enumerate(_OBJECTS, 1):
        places.append(len(paper))
        paper += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(_OBJECTS) + 1
    return paper + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(paper),
    )
