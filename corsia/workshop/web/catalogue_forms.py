"""What is typed on the pages of a job and of a package."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.workshop.rules.catalogue import FitData, JobData, PackageData, PartData, StepData
from corsia.workshop.rules.lists import cents_of, quantity_of, whole_of
from corsia.workshop.vocabulary import BayKind, JobGroup

_WRONG = -1  # what is no number: the rules say so
_TABLES = {
    "step": ("skill", "level", "bay", "minutes"),
    "part": ("code", "name", "quantity", "price"),
    "fit": ("make", "model", "fuel"),
}
_COUNTS = {"step": ("minutes",), "part": ("code", "name"), "fit": ("make", "model", "fuel")}  # a row without is none
MOST_ROWS = 80


class EurosField(forms.CharField):
    """An amount in euro with a comma or a point; cents inside."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=16, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        cents = cents_of(text)
        if cents is None:
            raise forms.ValidationError(_("Write an amount such as 99,00."))
        return cents


class _Named(forms.Form):
    """What jobs and packages have in common."""

    unit = forms.TypedChoiceField(label=_("Catalogue of"), coerce=int)
    code = forms.CharField(label=_("Code"), max_length=20, strip=True)
    name_it = forms.CharField(label=_("Italian name"), max_length=120)
    name_en = forms.CharField(
        label=_("English name"), max_length=120, required=False, help_text=_("Left empty it is the Italian one.")
    )

    def __init__(self, *args: Any, owners: Sequence[tuple[int, str]] = (), code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept_code = code
        if code:
            del self.fields["unit"], self.fields["code"]
        else:
            self.fields["unit"].choices = list(owners)  # type: ignore[attr-defined]

    @property
    def code_given(self) -> str:
        return self.kept_code or self.cleaned_data["code"]


class JobForm(_Named):
    """A job; its steps, parts and vehicles come as rows."""

    group = forms.ChoiceField(label=pgettext_lazy("jobs", "Group"), choices=JobGroup.choices)
    price = EurosField(label=_("Price of labour, VAT included"))
    is_online = forms.BooleanField(label=_("Customers may book it on the web"), required=False)
    is_active = forms.BooleanField(label=pgettext_lazy("job", "In use"), required=False, initial=True)

    @classmethod
    def of(cls, data: JobData) -> "JobForm":
        return cls(
            code=data.code,
            initial={
                "name_it": data.name_it,
                "name_en": data.name_en,
                "group": data.group,
                "price": euros_typed(data.price_cents),
                "is_online": data.is_online,
                "is_active": data.is_active,
            },
        )

    def job_data(self, rows: dict[str, list[dict[str, str]]]) -> JobData:
        """Return what was typed; what is no number is kept as one that the rules refuse."""
        said = self.cleaned_data
        return JobData(
            code=self.code_given,
            name_it=said["name_it"],
            name_en=said["name_en"],
            group=said["group"],
            price_cents=said["price"],
            is_online=said["is_online"],
            is_active=said["is_active"],
            steps=tuple(
                StepData(
                    skill=row["skill"],
                    level=_whole(row["level"] or "1"),
                    bay_kind=row["bay"],
                    minutes=_whole(row["minutes"]),
                )
                for row in _filled(rows, "step")
            ),
            parts=tuple(
                PartData(
                    code=row["code"],
                    name=row["name"],
                    quantity=_quantity(row["quantity"] or "1"),
                    price_cents=_cents(row["price"] or "0"),
                )
                for row in _filled(rows, "part")
            ),
            fits=tuple(FitData(make=row["make"], model=row["model"], fuel=row["fuel"]) for row in _filled(rows, "fit")),
        )


class PackageForm(_Named):
    """A package; its jobs come as codes in order."""

    price = EurosField(
        label=_("Price, VAT included"), required=False, help_text=_("Left empty it is the sum of its jobs.")
    )
    is_online = forms.BooleanField(label=_("Customers may book it on the web"), required=False)
    is_active = forms.BooleanField(label=pgettext_lazy("package", "In use"), required=False, initial=True)

    @classmethod
    def of(cls, data: PackageData) -> "PackageForm":
        return cls(
            code=data.code,
            initial={
                "name_it": data.name_it,
                "name_en": data.name_en,
                "price": "" if data.price_cents is None else euros_typed(data.price_cents),
                "is_online": data.is_online,
                "is_active": data.is_active,
            },
        )

    def package_data(self, jobs: Sequence[str]) -> PackageData:
        """Return what was typed."""
        said = self.cleaned_data
        return PackageData(
            code=self.code_given,
            name_it=said["name_it"],
            name_en=said["name_en"],
            price_cents=said["price"],
            is_online=said["is_online"],
            is_active=said["is_active"],
            jobs=tuple(code[:20] for code in jobs[:MOST_ROWS] if code),
        )


def rows_of_post(data: QueryDict) -> dict[str, list[dict[str, str]]]:
    """Return the rows of steps, parts and vehicles as they were typed, the blank ones too."""
    found: dict[str, list[dict[str, str]]] = {}
    for table, names in _TABLES.items():
        columns = [data.getlist(f"{table}_{name}")[:MOST_ROWS] for name in names]
        found[table] = [
            {name: (cell or "").replace("\x00", "").strip()[:120] for name, cell in zip(names, cells, strict=True)}
            for cells in zip_longest(*columns, fillvalue="")
        ]
    return found


def rows_of_data(data: JobData) -> dict[str, list[dict[str, str]]]:
    """Return the rows of a job as they are typed, with a blank one to add where scripts do not run."""
    rows = {
        "step": [
            {"skill": one.skill, "level": str(one.level), "bay": one.bay_kind, "minutes": str(one.minutes)}
            for one in data.steps
        ],
        "part": [
            {
                "code": one.code,
                "name": one.name,
                "quantity": f"{one.quantity.normalize():f}".replace(".", ","),
                "price": euros_typed(one.price_cents),
            }
            for one in data.parts
        ],
        "fit": [{"make": one.make, "model": one.model, "fuel": one.fuel} for one in data.fits],
    }
    return {table: [*found, blank_rows()[table][0]] for table, found in rows.items()}


def blank_rows() -> dict[str, list[dict[str, str]]]:
    """Return one row of each table with nothing in it."""
    rows = {table: [dict.fromkeys(names, "")] for table, names in _TABLES.items()}
    rows["step"][0] |= {"level": "1", "bay": str(BayKind.LIFT)}
    return rows


def euros_typed(cents: int) -> str:
    """Return an amount as it is typed: "99,00"."""
    return f"{Decimal(cents).scaleb(-2):.2f}".replace(".", ",")


def _filled(rows: dict[str, list[dict[str, str]]], table: str) -> list[dict[str, str]]:
    return [row for row in rows[table] if any(row[name] for name in _COUNTS[table])]


def _whole(text: str) -> int:
    number = whole_of(text)
    return _WRONG if number is None else number


def _quantity(text: str) -> Decimal:
    number = quantity_of(text)
    return Decimal(_WRONG) if number is None else number


def _cents(text: str) -> int:
    number = cents_of(text)
    return _WRONG if number is None else number
