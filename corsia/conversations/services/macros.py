"""Several steps in one click."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.cases.queries import definition
from corsia.cases.services import add_tag, assign, enter_phase
from corsia.conversations.models import Macro
from corsia.conversations.permissions import MANAGE_MACROS
from corsia.conversations.queries import filled
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.messaging.services import TemplateUnknown
from corsia.messaging.services.texts import template_for, values_of
from corsia.organisation.queries import group_of, unit_of


class MacroNeedsName(Invalid):
    code = "conversations.macro_needs_name"
    message = _("A macro needs a name in Italian. Write what it does in a few words, then save again.")


@dataclass(frozen=True, kw_only=True)
class MacroSteps:
    """What a macro does; empty values do nothing."""

    name_it: str
    name_en: str = ""
    template_key: str = ""
    phase_key: str = ""
    tag: str = ""
    assigns_to_me: bool = False


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What came of a macro on a case.

    Attributes:
        text: what it proposes for the answer, "" for nothing.
        phase_left_out: key of the phase it wanted and the case's process does not have; "" when it did everything.
    """

    text: str
    phase_left_out: str


@transaction.atomic
def apply_macro(*, case_id: int, macro_id: int, by: Actor, now: datetime) -> Applied:
    """Do what a macro says, all of it or nothing; but a phase that the case's process does not have is left out.

    The text goes into the composer, not to the customer: people read before they send.

    Raises:
        cases.services' refusals: the case stays as it was.
    """
    macro: Macro = Macro.objects.find(macro_id)
    case: Case = Case.objects.select_related("customer", "vehicle").find(case_id)
    if macro.assigns_to_me:
        assign(case_id=case.pk, person_id=by.id, by=by, now=now)
    if macro.tag:
        add_tag(case_id=case.pk, label=macro.tag, by=by, now=now)
    version = definition(case.version_id)
    has_phase = any(phase.key == macro.phase_key for phase in version.phases)
    if has_phase and version.phase_of(case.phase_id).key != macro.phase_key:
        enter_phase(case_id=case.pk, phase_key=macro.phase_key, by=by, now=now)
    left_out = "" if has_phase else macro.phase_key
    if not macro.template_key:
        return Applied(text="", phase_left_out=left_out)
    text = template_for(unit_id=case.unit_id, key=macro.template_key, language=case.language)
    if text is None:
        raise TemplateUnknown(template=macro.template_key)
    unit, group = unit_of(case.unit_id), group_of(case.unit_id)
    values = values_of(case, unit=unit, group=group, agent_name=by.name)
    return Applied(text=filled(macro.template_key, "", "", text.body, values).body, phase_left_out=left_out)


@transaction.atomic
def save_macro(*, macro_id: int | None, unit_id: int, steps: MacroSteps, by: Actor, now: datetime) -> Macro:
    """Add a macro to a unit and everything below it, or change one.

    Raises:
        MacroNeedsName: it has no Italian name.
    """
    demand(by, MANAGE_MACROS, unit_id)
    if not steps.name_it.strip():
        raise MacroNeedsName
    macro: Macro = Macro.objects.lock(macro_id) if macro_id else Macro(position=Macro.objects.count())
    if macro_id:
        demand(by, MANAGE_MACROS, macro.unit_id)
    macro.unit_id = unit_id
    macro.name_it = steps.name_it.strip()[:80]
    macro.name_en = (steps.name_en.strip() or macro.name_it)[:80]
    macro.template_key, macro.phase_key = steps.template_key, steps.phase_key
    macro.tag, macro.assigns_to_me = " ".join(steps.tag.lower().split())[:40], steps.assigns_to_me
    macro.save()
    audit(macro, "changed" if macro_id else "added", by=by, now=now, name=macro.name_it)
    return macro


@transaction.atomic
def delete_macro(*, macro_id: int, by: Actor, now: datetime) -> None:
    """Remove a macro; what it did stays done."""
    macro: Macro = Macro.objects.lock(macro_id)
    demand(by, MANAGE_MACROS, macro.unit_id)
    audit(macro, "removed", by=by, now=now, name=macro.name_it)
    macro.delete()
