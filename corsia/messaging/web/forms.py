"""What people may enter about texts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.messaging.models import Template, TemplateText
from corsia.messaging.rules.templates import problems_of
from corsia.messaging.services.texts import KEYS, Wording
from corsia.messaging.vocabulary import TO_COLLEAGUES, SentReason

# Mails about accounts have no text of ours.
TEXT_REASONS = [choice for choice in SentReason.choices if choice[0] not in TO_COLLEAGUES]


class TextForm(forms.Form):
    """A text in both languages. Only the listed keys may stand in it."""

    unit = forms.TypedChoiceField(coerce=int, label=_("Unit"))
    key = forms.SlugField(max_length=60, label=_("Key"), help_text=_("Processes refer to the text by it."))
    name_it = forms.CharField(max_length=80, label=_("Name in Italian"))
    name_en = forms.CharField(max_length=80, label=_("Name in English"))
    reason = forms.ChoiceField(choices=TEXT_REASONS, label=_("Used for"))
    is_active = forms.BooleanField(required=False, initial=True, label=_("In use"))
    subject_it = forms.CharField(max_length=200, required=False, label=_("Subject in Italian"))
    body_it = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "data-keys-target": ""}), label=_("Text in Italian"), strip=False
    )
    subject_en = forms.CharField(max_length=200, required=False, label=_("Subject in English"))
    body_en = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "data-keys-target": ""}),
        required=False,
        label=_("Text in English"),
        strip=False,
    )

    def __init__(
        self, data: Any = None, *, units: list[tuple[int, str]], template: Template | None = None, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        if template is not None:
            # The key is how processes find it, the unit is who owns it: both stay.
            self.fields["unit"].disabled = self.fields["key"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Name each key that cannot be used beside the field it stands in."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("subject_it", "body_it", "subject_en", "body_en"):
            for problem in problems_of(values.get(name) or "", allowed=frozenset(KEYS)):
                if problem.kind == "too_long":
                    self.add_error(name, _("The text is longer than 64 KB. Shorten it."))
                else:
                    key = "{{" + problem.key + "}}"
                    sentence = _("“%(key)s” cannot be used here. Choose one of the keys beside the text.")
                    self.add_error(name, sentence % {"key": key})
        return values

    def wordings(self) -> dict[str, Wording]:
        """Return the texts by language."""
        data = self.cleaned_data
        return {
            language: Wording(subject=data[f"subject_{language}"], body=data[f"body_{language}"].replace("\r\n", "\n"))
            for language in ("it", "en")
        }


def initial_of(template: Template) -> dict[str, Any]:
    """Return what the form shows of a template."""
    values: dict[str, Any] = {
        "unit": template.unit_id,
        "key": template.key,
        "name_it": template.name_it,
        "name_en": template.name_en,
        "reason": template.reason,
        "is_active": template.is_active,
    }
    for text in TemplateText.objects.filter(template=template):
        values[f"subject_{text.language}"] = text.subject
        values[f"body_{text.language}"] = text.body
    return values
