"""What customers fill in, and the form in which managers make such forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from corsia.customers.identity import read_email, read_phone
from corsia.listening.queries import place_name
from corsia.messaging.rules.files import media_type_of
from corsia.organisation.models import Unit
from corsia.organisation.queries import Tree, tree
from corsia.portal.models import WebForm
from corsia.portal.queries import Topic

MOST_FILES = 5
LARGEST_FILE = 10 * 1024 * 1024
LARGEST_IN_ALL = 20 * 1024 * 1024
_KINDS = ("image/", "video/", "audio/")
_TYPES = frozenset(
    {
        "application/pdf",
        "text/plain",
        "application/msword",
        "application/vnd.ms-excel",
        "application/rtf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)


class FilesInput(forms.ClearableFileInput):
    """A file input for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files of the kinds a customer sends: pictures, documents, a recording of the noise."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        files = [super(FilesField, self).clean(file, initial) for file in given if file]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                ngettext("Attach at most %(n)s file.", "Attach at most %(n)s files.", MOST_FILES) % {"n": MOST_FILES}
            )
        for file in files:
            self._check(file)
        if sum(file.size for file in files) > LARGEST_IN_ALL:
            raise forms.ValidationError(
                _("The files are larger than %(mb)s MB together. Attach fewer or smaller ones.")
                % {"mb": LARGEST_IN_ALL // 1024 // 1024}
            )
        return files

    def _check(self, file: UploadedFile[Any]) -> None:
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(
                _("“%(name)s” is larger than %(mb)s MB. Attach a smaller one.")
                % {"name": file.name, "mb": LARGEST_FILE // 1024 // 1024}
            )
        kind = media_type_of(file.read(8192), file.name or "")
        file.seek(0)
        if not kind.startswith(_KINDS) and kind not in _TYPES:
            raise forms.ValidationError(
                _("“%(name)s” cannot be accepted. Attach pictures, PDF, Office documents, audio or video.")
                % {"name": file.name}
            )


class ContactForm(forms.Form):
    """What a customer writes to a unit. `website` is a trap: people do not see it, programs fill it in."""

    name = forms.CharField(
        label=_("First and last name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    plate = forms.CharField(
        label=_("Number plate"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "placeholder": "AB123CD"}),
    )
    topic = forms.ChoiceField(label=_("What is it about?"), widget=forms.RadioSelect)
    text = forms.CharField(label=_("Your message"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6}))
    attachments = FilesField(
        label=_("Attachments"),
        required=False,
        help_text=_("Up to 5 files, 20 MB in all: pictures, PDF, documents, audio or video."),
    )
    website = forms.CharField(required=False)

    def __init__(self, *args: Any, topics: Sequence[Topic], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(topic.key, topic.name_en if language == "en" else topic.name_it) for topic in topics]
        field = self.fields["topic"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        field.choices = choices
        if len(choices) == 1:
            field.initial = choices[0][0]

    def clean_email(self) -> str:
        email = read_email(self.cleaned_data["email"])
        if email.warning is not None:
            raise forms.ValidationError(email.warning.message)
        return email.value

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"].strip()
        if typed and not read_phone(typed).is_usable:
            raise forms.ValidationError(_("This is not a telephone number. Correct it, or leave it empty."))
        return typed

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(
                _("A hidden field was filled in, perhaps by your browser. Please look over the form and send it again.")
            )
        return ""


HEX_COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six signs, such as #2450d8."))


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable while running
    """A unit, called with its branch: every branch has the same departments."""

    places: Tree

    def label_from_instance(self, obj: Any) -> str:
        return place_name(self.places, obj.pk)


class WebFormForm(forms.Form):
    """A web form, as its manager edits it."""

    unit = UnitField(
        label=_("Unit"), queryset=Unit.objects.none(), help_text=_("New cases open here."), empty_label=None
    )
    slug = forms.SlugField(
        label=_("Web address"),
        max_length=60,
        help_text=_("The last part of the link: small letters, digits and hyphens."),
    )
    brand_color = forms.CharField(
        label=_("Colour"), validators=[HEX_COLOR], widget=forms.TextInput(attrs={"type": "color"})
    )
    title_it = forms.CharField(label=_("Title, Italian"), max_length=120)
    title_en = forms.CharField(label=_("Title, English"), max_length=120)
    privacy_url = forms.URLField(
        label=_("Address of the privacy notice"), required=False, assume_scheme="https", max_length=200
    )
    intro_it = forms.CharField(
        label=_("Introduction, Italian"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    intro_en = forms.CharField(
        label=_("Introduction, English"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    process_keys = forms.MultipleChoiceField(
        label=_("What customers may choose"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each choice starts a case of that process."),
    )
    is_active = forms.BooleanField(label=_("Customers can use it"), required=False)

    def __init__(
        self,
        *args: Any,
        units: Any,
        processes: Sequence[Topic],
        language: str,
        existing: WebForm | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.existing = existing
        unit, keys = self.fields["unit"], self.fields["process_keys"]
        assert isinstance(unit, UnitField)  # noqa: S101  (for the type checker)
        assert isinstance(keys, forms.MultipleChoiceField)  # noqa: S101
        unit.places, unit.queryset = tree(), units
        keys.choices = [(topic.key, topic.name_en if language == "en" else topic.name_it) for topic in processes]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        # Addresses are unique over all units, also those this manager does not see.
        others = WebForm.unscoped.filter(slug=slug)
        if self.existing is not None:
            others = others.exclude(pk=self.existing.pk)
        if others.exists():
            raise forms.ValidationError(_("Another form has this address already. Choose another one."))
        return slug

    @staticmethod
    def values_of(form: WebForm) -> dict[str, Any]:
        """Return what an existing form starts with."""
        names = ("slug", "title_it", "title_en", "intro_it", "intro_en", "brand_color", "privacy_url", "is_active")
        return {**{name: getattr(form, name) for name in names}, "unit": form.unit_id, "process_keys": form.topics}
