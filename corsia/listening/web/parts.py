"""What several pages of listening read from an address."""

from collections.abc import Sequence

from django.http import HttpRequest

from corsia.organisation.models import Unit


def number(text: str) -> int | None:
    """Return the whole number that a text is, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def chosen_branch(request: HttpRequest, branches: Sequence[Unit]) -> Unit | None:
    """Return the branch of the filter; one that is not visible counts as none."""
    wanted = number(request.GET.get("branch", ""))
    return next((branch for branch in branches if branch.pk == wanted), None)
