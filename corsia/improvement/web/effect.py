"""Did it work? The effect of an action on one measure, in words, with the numbers behind them."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from corsia.improvement.permissions import SEE_IMPROVEMENT
from corsia.improvement.queries.authority import open_action
from corsia.improvement.queries.effects import WINDOWS, EffectPage, UnitLine, effect_page, measured
from corsia.improvement.rules.effect import LEAST_ANSWERS, Verdict
from corsia.improvement.web.places import nav
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.numbers import number

WIDTH, HEIGHT = 560, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 150, 400, 26, 214
_APART = 15  # of two labels that would lie on each other


@require_safe
@access(SEE_IMPROVEMENT)
def show(request: StaffRequest, action_id: int) -> HttpResponse:
    """Show what became of a measure where the action was done, against where it was not."""
    action = open_action(action_id, request.actor)
    kpis = measured(action)
    asked = request.GET.get("kpi", "")
    kpi = next((one for one, _aim in kpis if one.key == asked), kpis[0][0])
    days = row_id(request.GET.get("days"))
    window = days if days in WINDOWS else 90
    page = effect_page(action, kpi_key=kpi.key, window=window, now=request.received_at)
    context: dict[str, Any] = nav(request) | {
        "action": action,
        "place": tree().label(action.unit_id),
        "page": page,
        "units": [_line(unit) for unit in page.units],
        "kpis": kpis,
        "windows": WINDOWS,
        "sentence": sentence(page),
        "reason": _reason(page),
        "slopes": _slopes(page),
        "range": _range(page),
        "least": LEAST_ANSWERS,
        "money": [_money(cents) for cents in page.money] if page.money else None,
    }
    return render(request, "improvement/effect.html", context)


def sentence(page: EffectPage) -> str:
    """Return the verdict in words."""
    if page.effect is None or page.verdict is None:
        return str(_("Nothing can be said yet"))
    points = {"points": spoken(page.effect.points, page, signed=True)}
    words = {
        Verdict.BETTER: _("It worked: %(points)s against the other units"),
        Verdict.WORSE: _("It made things worse: %(points)s against the other units"),
        Verdict.NONE: _("No effect seen: %(points)s lies within chance"),
        Verdict.TOO_FEW: _("Too few units to tell an effect from chance: %(points)s so far"),
    }
    return str(words[page.verdict]) % points


def spoken(value: float, page: EffectPage, *, signed: bool = False) -> str:
    """Return a value with its measure; a change with its sign."""
    return f"{_signed(value) if signed else _number(value)} {page.kpi.measure}"


def effect_words(page: EffectPage | None) -> str:
    """Return the difference with its sign and measure; "" where there is none."""
    return spoken(page.effect.points, page, signed=True) if page is not None and page.effect is not None else ""


def _line(unit: UnitLine) -> dict[str, Any]:
    return {
        "unit": unit,
        "before": _number(unit.before.mean) if unit.before.n else "–",
        "after": _number(unit.after.mean) if unit.after.n else "–",
        "change": "" if unit.change is None else _signed(unit.change),
    }


def _number(value: float) -> str:
    rounded = Decimal(repr(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return formats.number_format(rounded, 1, force_grouping=True).replace("-", "−")


def _signed(value: float) -> str:
    text = _number(abs(value))
    return f"−{text}" if value < 0 and text.strip("0.,") else f"+{text}"


def _reason(page: EffectPage) -> str:
    reasons = {
        "no_begin": _("The card does not say when the action begins: there is no before and no after."),
        "no_after": _("The period after it has not begun: come back when some days have passed."),
        "nothing_to_compare": _("There is nothing to compare with: no unit with it, or none without it."),
        "too_little": _("Too little was measured in every unit."),
    }
    return reasons.get(page.why, "")


@dataclass(frozen=True)
class Slope:
    """One line of the drawing, from before to after, with its words."""

    kind: str
    y1: int
    y2: int
    label1: str
    label2: str
    label_y1: int
    label_y2: int


def _slopes(page: EffectPage) -> list[Slope]:
    """Return the lines of units with the action, of units without, and what was to be expected without it."""
    effect = page.effect
    if effect is None:
        return []
    expected = effect.treated_before + effect.control_after - effect.control_before
    pairs = (
        ("control", effect.control_before, effect.control_after),
        ("expected", effect.treated_before, expected),
        ("treated", effect.treated_before, effect.treated_after),
    )
    values = [value for _kind, *both in pairs for value in both]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def at(value: float) -> int:
        return round(_BOTTOM - (value - low) / span * (_BOTTOM - _TOP))

    left = _spread([at(one[1]) for one in pairs if one[0] != "expected"])
    right = _spread([at(one[2]) for one in pairs])
    return [
        Slope(
            kind,
            at(first),
            at(second),
            "" if kind == "expected" else _number(first),
            _number(second),
            left[0 if kind == "control" else 1],
            right[place],
        )
        for place, (kind, first, second) in enumerate(pairs)
    ]


def _spread(places: list[int]) -> list[int]:
    """Return heights for labels so that none lies on another, in the order given."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    found = list(places)
    for before, index in pairwise(order):
        found[index] = max(found[index], found[before] + _APART)
    return found


def _range(page: EffectPage) -> dict[str, Any] | None:
    """Return where the interval and zero lie in a bar of 100; None without an interval."""
    effect = page.effect
    if effect is None or effect.low is None or effect.high is None:
        return None
    low, high = min(effect.low, 0.0), max(effect.high, 0.0)
    margin = (high - low) * 0.1 or 1.0
    low, high = low - margin, high + margin

    def at(value: float) -> float:
        return round(100 * (value - low) / (high - low), 1)

    return {
        "low": at(effect.low),
        "width": round(at(effect.high) - at(effect.low), 1),
        "zero": at(0.0),
        "point": at(effect.points),
        "low_words": spoken(effect.low, page, signed=True),
        "high_words": spoken(effect.high, page, signed=True),
    }


def _money(cents: int | None) -> str:
    if cents is None:
        return "–"
    sign = "−" if cents < 0 else "+"
    return f"{sign}{number(abs(cents) / 100, 0, force_grouping=True)} €"
