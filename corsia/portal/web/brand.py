"""A group's colour as a style sheet: the strict policy allows no inline style."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from corsia.kernel.access import public
from corsia.kernel.limits import Limit
from corsia.portal.rules.colors import NotAColor, palette_of

YEAR = 365 * 24 * 3600


@require_safe
@public(limit=Limit("portal.brand", times=600, seconds=60))
def brand(_request: HttpRequest, color: str) -> HttpResponse:
    """Serve the colours made from one. The address is the colour, so the answer never changes."""
    try:
        colors = palette_of(color)
    except NotAColor:
        raise Http404 from None
    sheet = (
        f":root{{--brand:{colors.brand};--brand-ink:{colors.ink};--brand-text:{colors.text};--brand-soft:{colors.soft}}}"
        "@media (prefers-color-scheme:dark){:root{"
        f"--brand-text:{colors.text_on_dark};--brand-soft:{colors.soft_on_dark}}}}}\n"
    )
    return HttpResponse(
        sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": f"public, max-age={YEAR}, immutable"}
    )
