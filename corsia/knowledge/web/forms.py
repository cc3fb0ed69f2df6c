"""What people may enter about articles, shelves and help sites."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from corsia.knowledge.models import Article, ArticleVersion, Category, HelpSite
from corsia.knowledge.rules.keys import KEYS, unknown_keys
from corsia.knowledge.rules.markup import LONGEST
from corsia.knowledge.services import NewText
from corsia.knowledge.vocabulary import Audience, Kind
from corsia.organisation.models import Person

HEX_COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six signs, such as #2450d8."))
ICONS = (
    *("folder", "tool", "shield-check", "car", "receipt", "message-circle", "calendar", "users", "book-2"),
    *("settings", "truck-delivery", "battery-charging", "wheel", "id", "building-store", "help-circle"),
)
REVIEWS = ((90, _("Every 3 months")), (180, _("Every 6 months")), (365, _("Every year")), (730, _("Every 2 years")))


def _body() -> forms.CharField:
    return forms.CharField(
        widget=forms.Textarea(attrs={"rows": 16, "class": "kb-src", "spellcheck": "true"}),
        required=False,
        max_length=LONGEST,
        label=_("Text"),
    )


class ArticleForm(forms.Form):
    """An article with its texts in both languages, side by side."""

    title_it = forms.CharField(max_length=160, required=False, label=_("Title"))
    body_it = _body()
    keywords_it = forms.CharField(
        max_length=300, required=False, label=_("Also searched as"), help_text=_("Other words customers use for it.")
    )
    title_en = forms.CharField(max_length=160, required=False, label=_("Title"))
    body_en = _body()
    keywords_en = forms.CharField(max_length=300, required=False, label=_("Also searched as"))
    category = forms.TypedChoiceField(coerce=int, label=_("Shelf"))
    audience = forms.ChoiceField(choices=Audience, label=_("Who reads it"))
    kind = forms.ChoiceField(choices=Kind, label=_("Kind"))
    unit = forms.TypedChoiceField(coerce=int, label=_("Belongs to"), help_text=_("Read there and in all units below."))
    owner = forms.TypedChoiceField(
        coerce=int, required=False, empty_value=None, label=_("Keeps it true"), help_text=_("Told when it is due.")
    )
    review_every_days = forms.TypedChoiceField(coerce=int, choices=REVIEWS, label=_("Read it again"))
    process_keys = forms.MultipleChoiceField(
        required=False,
        label=_("Helps with"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Shown first beside cases of these processes."),
    )
    key = forms.SlugField(
        max_length=80, required=False, label=_("Address"), help_text=_("Made from the title if you leave it empty.")
    )
    change_note = forms.CharField(max_length=200, required=False, label=_("What is new"))
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        units: list[tuple[int, str]],
        shelves: list[tuple[int, str]],
        people: list[Person],
        processes: list[tuple[str, str]],
        article: Article | None = None,
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.article = article
        self._choose("unit", units)
        self._choose("category", shelves)
        self._choose("owner", [("", _("Whoever wrote it")), *((person.pk, person.full_name) for person in people)])
        self._choose("process_keys", processes)
        if article is not None:
            self.fields["unit"].disabled = True
            self.fields["key"].disabled = article.published_at is not None

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Say beside the field what is missing: half a text, both texts, an unknown key."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        texts = self.texts()
        if all(text.is_empty for text in texts.values()) and "body_it" not in self.errors:
            self.add_error("title_it", _("Write a title and a text, here or in English."))
        for language, text in texts.items():
            if text.is_empty:
                continue
            if not text.title.strip():
                self.add_error(f"title_{language}", _("A text needs a title."))
            if not text.body.strip() and f"body_{language}" not in self.errors:
                self.add_error(f"body_{language}", _("A title needs a text below it."))
            for key in unknown_keys(text.body):
                sentence = _("“{{%(key)s}}” is not a key. Possible are: %(keys)s.")
                self.add_error(f"body_{language}", sentence % {"key": key, "keys": ", ".join(KEYS)})
        return values

    def texts(self) -> dict[str, NewText]:
        """Return what was written, by language."""
        values = self.cleaned_data
        return {
            language: NewText(
                title=values.get(f"title_{language}") or "",
                body=values.get(f"body_{language}") or "",
                keywords=values.get(f"keywords_{language}") or "",
            )
            for language in ("it", "en")
        }


def initial_of(article: Article, version: ArticleVersion, *, is_open: bool) -> dict[str, Any]:
    """Return what the form shows of an article and the version that is gone on with."""
    values: dict[str, Any] = {
        "category": article.category_id,
        "audience": article.audience,
        "kind": article.kind,
        "unit": article.unit_id,
        "owner": article.owner_id,
        "review_every_days": article.review_every_days,
        "process_keys": article.process_keys.split(),
        "key": article.key,
        "change_note": version.change_note if is_open else "",
        "revision": version.revision if is_open else 0,
    }
    for text in version.texts.all():
        values |= {
            f"title_{text.language}": text.title,
            f"body_{text.language}": text.body,
            f"keywords_{text.language}": text.keywords,
        }
    return values


class ShelfForm(forms.Form):
    """A shelf."""

    name_it = forms.CharField(max_length=80, label=_("Name in Italian"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name in English"))
    icon = forms.ChoiceField(choices=[(name, name) for name in ICONS], widget=forms.RadioSelect, label=_("Icon"))
    position = forms.IntegerField(min_value=0, max_value=999, label=_("Place in the list"), initial=0)

    @staticmethod
    def values_of(shelf: Category) -> dict[str, Any]:
        return {name: getattr(shelf, name) for name in ("name_it", "name_en", "icon", "position")}


class SynonymForm(forms.Form):
    """Words that mean the same."""

    words_it = forms.CharField(
        max_length=400, required=False, label=_("Italian words"), help_text=_("Separated by commas.")
    )
    words_en = forms.CharField(max_length=400, required=False, label=_("English words"))


class SiteForm(forms.Form):
    """The help site of a unit."""

    is_on = forms.BooleanField(required=False, label=_("Open to customers"))
    slug = forms.SlugField(max_length=60, label=_("Address"))
    title_it = forms.CharField(max_length=120, label=_("Title in Italian"))
    title_en = forms.CharField(max_length=120, required=False, label=_("Title in English"))
    intro_it = forms.CharField(
        max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}), label=_("Greeting in Italian")
    )
    intro_en = forms.CharField(
        max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}), label=_("Greeting in English")
    )
    contact_url = forms.URLField(
        required=False,
        assume_scheme="https",
        label=_("Where to write"),
        help_text=_("Shown when nothing helped, for example the address of a web form."),
    )
    brand_color = forms.CharField(
        label=_("Colour"), validators=[HEX_COLOR], widget=forms.TextInput(attrs={"type": "color"})
    )

    @staticmethod
    def values_of(site: HelpSite) -> dict[str, Any]:
        return {name: getattr(site, name) for name in SiteForm.base_fields}
