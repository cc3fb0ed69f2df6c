"""What the group may give away, who may say yes to how much, and what was asked for on its open complaints."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.cases.models import Case
from corsia.cases.services import redress
from corsia.config.demo.group import CARE, DemoGroup
from corsia.config.demo.today import Today
from corsia.organisation.vocabulary import Role

EURO = 100  # cents
_LIMITS = {Role.BRANCH_MANAGER: 250 * EURO, Role.CARE_MANAGER: 1_500 * EURO, Role.EXPERIENCE_MANAGER: 5_000 * EURO}


@dataclass(frozen=True)
class _Ask:
    """A sum; `answer` is "yes", "no" or "" while it waits for somebody."""

    euros: int
    reason: str
    answer: str = ""
    note: str = ""


_ASKS = (
    _Ask(120, "Tagliando omaggio: il cliente è tornato tre volte per la stessa spia", "yes", "D'accordo, con le scuse"),
    _Ask(380, "Metà del ricambio fuori garanzia da due mesi, auto sempre seguita da noi", "yes"),
    _Ask(900, "Rimborso completo del noleggio", "no", "Il ritardo è del cliente: offriamo il lavaggio e 60 euro"),
    _Ask(60, "Lavaggio e pieno per il ritardo nella riconsegna", "yes"),
    _Ask(210, "Auto sostitutiva gratuita per tre giorni"),
    _Ask(650, "Contributo alla frizione, 70.000 km, garanzia scaduta da poco"),
)


def load(group: DemoGroup, today: Today, *, now: datetime) -> None:
    """Set budgets and limits, ask for sums on open complaints of Brescia, decide most of them."""
    davide = today.actor(group.person("davide.riva@bellandi.example"))
    elena = today.actor(group.person("elena.conti@bellandi.example"))
    laura = today.actor(group.person("laura.pedretti@bellandi.example"))
    for place, euros in ((group.root, 40_000), (group.units["brescia"], 6_000), (group.units["verona"], 4_500)):
        redress.set_budget(unit_id=place.pk, year=now.year, amount_cents=euros * EURO, by=davide, now=now)
    for role, cents in _LIMITS.items():
        redress.set_limit(unit_id=group.root.pk, role=role, limit_cents=cents, by=davide, now=now)
    complaints = Case.objects.filter(
        unit=group.units[f"brescia/{CARE}"], version__process__key="complaint", closed_at=None, merged_into=None
    ).order_by("-opened_at", "-pk")
    for hours, (case, ask) in enumerate(zip(complaints, _ASKS, strict=False), 1):
        at = max(case.opened_at, now - timedelta(hours=6 * hours)) + timedelta(minutes=1)
        asked = redress.ask_goodwill(
            case_id=case.pk, amount_cents=ask.euros * EURO, reason=ask.reason, by=laura, now=min(at, now)
        )
        decided_at = min(at + timedelta(hours=1), now)
        if ask.answer == "yes":
            redress.approve_goodwill(goodwill_id=asked.pk, note=ask.note, by=elena, now=decided_at)
        elif ask.answer == "no":
            redress.refuse_goodwill(goodwill_id=asked.pk, note=ask.note, by=elena, now=decided_at)
    today.leave_nothing_to_do()
