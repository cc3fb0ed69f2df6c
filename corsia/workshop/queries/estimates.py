"""Estimates: the list with their age, one with its lines and answer, what a customer is shown, and the paper."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Sum
from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from corsia.kernel.errors import NotFound
from corsia.organisation.queries import day_in, tree
from corsia.ui.money import euros
from corsia.workshop.links import estimate_id_of
from corsia.workshop.models import Estimate, EstimateAnswer, EstimateLine, JobStep
from corsia.workshop.queries.catalogue import Bundle, Line, parts_of
from corsia.workshop.rules.sealing import digest_of_shown, seal
from corsia.workshop.vocabulary import EstimateState

LISTED = 200


@dataclass(frozen=True, kw_only=True)
class EstimateRow:
    """An estimate of the list.

    Attributes:
        age_days: since it was sent, or made where it was not.
        is_expired: sent, not answered, and its day has passed.
    """

    estimate: Estimate
    number: str
    place: str
    total_cents: int
    age_days: int
    is_expired: bool


@dataclass(frozen=True, kw_only=True)
class EstimatePage:
    """An estimate with everything on it; `is_sealed` None without an answer."""

    row: EstimateRow
    lines: list[EstimateLine]
    shown: dict[str, Any]
    digest: str
    answer: EstimateAnswer | None
    is_sealed: bool | None

    @property
    def estimate(self) -> Estimate:
        return self.row.estimate


def number_of_estimate(estimate: Estimate) -> str:
    """Return the number as printed: "P 2026/17"."""
    return f"P {estimate.year}/{estimate.number}"


def estimate_rows(*, show: str = "", now: datetime, customer_ids: tuple[int, ...] = ()) -> list[EstimateRow]:
    """Return estimates, the latest first, at most LISTED.

    Args:
        show: "" not sent or not answered, "expired" of these, whose day has passed, "answered", "all".
    """
    rows = Estimate.objects.select_related("customer", "vehicle").annotate(total=Sum("lines__price_cents", default=0))
    if customer_ids:
        rows = rows.filter(customer_id__in=customer_ids)
    if show in ("", "expired"):
        rows = rows.filter(state__in=(EstimateState.DRAFT, EstimateState.SENT))
    elif show == "answered":
        rows = rows.filter(state__in=(EstimateState.ACCEPTED, EstimateState.DECLINED))
    found = [_row(one, now=now) for one in rows.order_by("-made_at", "-pk")[:LISTED]]
    return [one for one in found if one.is_expired] if show == "expired" else found


def estimate_page(estimate_id: int, *, language: str, now: datetime) -> EstimatePage:
    """Return an estimate with everything on it.

    Raises:
        NotFound: no such estimate within the scope.
    """
    rows = Estimate.objects.select_related("customer", "vehicle", "made_by")
    estimate: Estimate = rows.annotate(total=Sum("lines__price_cents", default=0)).find(estimate_id)
    lines = list(estimate.lines.select_related("job").order_by("position"))
    answer = EstimateAnswer.objects.filter(estimate=estimate).first()
    shown = shown_of(estimate, lines, language=language)
    return EstimatePage(
        row=_row(estimate, now=now),
        lines=lines,
        shown=shown,
        digest=digest_of_shown(shown),
        answer=answer,
        is_sealed=None if answer is None else _is_sealed(answer),
    )


def shown_of(estimate: Estimate, lines: list[EstimateLine], *, language: str) -> dict[str, Any]:
    """Return what a customer is shown of an estimate: what a decision seals."""
    return {
        "estimate": number_of_estimate(estimate),
        "language": language,
        "currency": "EUR",
        "valid_until": estimate.valid_until.isoformat(),
        "note": estimate.note,
        "lines": [
            {
                "text": line.text_in(language),
                "quantity": f"{line.quantity:.2f}",
                "price_cents": line.price_cents,
            }
            for line in lines
        ],
        "total_cents": sum(line.price_cents for line in lines),
    }


def estimate_behind(token: str) -> Estimate:
    """Return the estimate that a link is about, once it was sent.

    Raises:
        NotFound: the link was not made here, or the estimate was taken back or never sent.
    """
    found: Estimate | None = (
        Estimate.objects.select_related("customer", "vehicle").filter(pk=estimate_id_of(token) or 0).first()
    )
    if found is None or found.state in (EstimateState.DRAFT, EstimateState.WITHDRAWN):
        raise NotFound(kind=Estimate._meta.label)
    return found


def agreed_bundle(estimate_id: int, *, customer_id: int) -> Bundle:
    """Return the jobs of an accepted estimate at the prices that were agreed.

    Raises:
        NotFound: it is not accepted, is somebody else's, or holds no job of the catalogue.
    """
    estimate: Estimate = Estimate.objects.filter(customer_id=customer_id).find(estimate_id)
    lines = list(estimate.lines.select_related("job").exclude(job=None).order_by("position"))
    if estimate.state != EstimateState.ACCEPTED or not lines:
        raise NotFound(kind=Estimate._meta.label)
    jobs: dict[int, Any] = {}
    for line in lines:
        jobs.setdefault(line.job_id or 0, line)
    cents: dict[int, int] = defaultdict(int)
    for line in lines:
        cents[line.job_id or 0] += line.price_cents
    steps: dict[int, list[JobStep]] = {pk: [] for pk in jobs}
    for step in JobStep.objects.filter(job_id__in=steps).select_related("skill").order_by("job", "position"):
        steps[step.job_id].append(step)
    parts = parts_of(jobs)
    return Bundle(
        lines=tuple(
            Line(
                job=line.job,
                package_id=line.package_id,
                steps=tuple(steps[pk]),
                price_cents=cents[pk],
                parts=tuple((code, quantity) for code, quantity, _cents in parts[pk]),
            )
            for pk, line in jobs.items()
        )
    )


def paper_of_estimate(page: EstimatePage, *, today: date) -> dict[str, Any]:
    """Return what the paper of an estimate says, in the active language."""
    estimate, group = page.estimate, tree().group(page.estimate.unit_id)
    vehicle = estimate.vehicle
    return {
        "title": _("Estimate %(number)s") % {"number": page.row.number},
        "language": get_language() or "it",
        "footer": f"{group.name} · {page.row.number} · {_day(today)}",
        "page": _("Page {n} of {all}"),
        "mark": "",
        "place": page.row.place,
        "facts": [
            [_("Customer"), estimate.customer.display_name],
            [_("Vehicle"), " ".join(filter(None, [str(vehicle), vehicle.plate])) if vehicle else "–"],
            [_("Valid until"), _day(estimate.valid_until)],
        ],
        "note": estimate.note,
        "lines_title": _("Work and parts"),
        "lines_head": [_("Work"), _("Quantity"), _("Price, VAT included")],
        "lines": [
            [line["text"], formats.number_format(_number(line["quantity"]), use_l10n=True), euros(line["price_cents"])]
            for line in page.shown["lines"]
        ],
        "total": [_("Total, VAT included"), euros(page.shown["total_cents"])],
        "answer": _said(page),
        "seal": bytes(page.answer.digest).hex() if page.answer else "",
        "seal_title": _("Seal (SHA-256)"),
    }


def _said(page: EstimatePage) -> str:
    if page.answer is None:
        return ""
    said = _("%(name)s accepted on %(at)s") if page.answer.is_approved else _("%(name)s declined on %(at)s")
    day = page.answer.decided_at.astimezone(tree().time_zone(page.estimate.unit_id)).date()
    return said % {"name": page.answer.name, "at": _day(day)}


def _number(text: str) -> Any:
    return text.rstrip("0").rstrip(".")


def _day(on: date) -> str:
    return str(formats.date_format(on, "DATE_FORMAT"))


def _is_sealed(answer: EstimateAnswer) -> bool:
    return bytes(answer.digest) == seal(
        shown=answer.shown,
        is_approved=answer.is_approved,
        name=answer.name,
        signature=b"",
        decided_at=answer.decided_at,
        way=answer.way,
        taken_by=answer.taken_by_id,
    )


def _row(estimate: Any, *, now: datetime) -> EstimateRow:
    today = day_in(estimate.unit_id, now)
    return EstimateRow(
        estimate=estimate,
        number=number_of_estimate(estimate),
        place=tree().label(estimate.unit_id),
        total_cents=estimate.total,
        age_days=(today - day_in(estimate.unit_id, estimate.sent_at or estimate.made_at)).days,
        is_expired=estimate.state == EstimateState.SENT and estimate.valid_until < today,
    )
