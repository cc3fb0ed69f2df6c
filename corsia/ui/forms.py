"""What the forms of every context share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms

from corsia.kernel.errors import Invalid, Refused


class DayInput(forms.DateInput):
    """A day; the browser sends ISO whatever the language, and typed by hand the language's own form is read too."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


def accepted(form: forms.Form) -> dict[str, Any]:
    """Return what a small form holds.

    Raises:
        Invalid: with the first thing that is wrong, named by its field; the page keeps what was typed.
    """
    if form.is_valid():
        return form.cleaned_data
    name, problems = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    raise Invalid(f"{label}: {problems[0]}" if label else problems[0])


@contextmanager
def told_in(form: forms.Form) -> Iterator[None]:
    """Show on the form itself why what it asks for is refused: what was typed stays on the page, to be corrected.

    The view looks at `form.errors` afterwards.
    """
    try:
        yield
    except (Refused, Invalid) as refusal:
        form.add_error(None, str(refusal))
