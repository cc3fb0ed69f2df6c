"""What identifies a customer in writing: e-mail addresses, telephone numbers, tax codes and VAT numbers.

Reading never refuses: each reader returns the stored spelling and, where something looks wrong, a warning for whoever
typed it. Many an archive holds a tax code with one wrong letter; losing it would be worse than keeping it.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import phonenumbers
from django.utils.translation import gettext_lazy as _
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError
from stdnum.it import codicefiscale, iva

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


LONGEST_EXTENSION: Final = 20


class IdentityWarning(StrEnum):
    """A doubt about an address, a number or a code. `message` says it to the person at the desk."""

    EMAIL_WITHOUT_AT = "email_without_at"
    EMAIL_DOMAIN = "email_domain"
    EMAIL_BLANK_INSIDE = "email_blank_inside"
    PHONE_UNREADABLE = "phone_unreadable"
    PHONE_UNKNOWN_RANGE = "phone_unknown_range"
    CODE_LENGTH = "code_length"
    CODE_SHAPE = "code_shape"
    CODE_CHECK = "code_check"

    @property
    def message(self) -> "_StrPromise":
        """What is wrong, why it matters, what to do."""
        return _MESSAGES[self]


_MESSAGES: Final[dict[IdentityWarning, "_StrPromise"]] = {
    IdentityWarning.EMAIL_WITHOUT_AT: _(
        "The e-mail address has no @, so no mail can reach it. Check it with the customer."
    ),
    IdentityWarning.EMAIL_DOMAIN: _("The part after @ is not a complete domain such as example.it. Check how it ends."),
    IdentityWarning.EMAIL_BLANK_INSIDE: _(
        "The e-mail address has a blank inside. Remove it or write one address only."
    ),
    IdentityWarning.PHONE_UNREADABLE: _(
        "This is not a telephone number we can dial. Write it with its prefix, abroad with + and the country."
    ),
    IdentityWarning.PHONE_UNKNOWN_RANGE: _(
        "No such telephone number is in use: digits may be missing or too many. Read it back to the customer."
    ),
    IdentityWarning.CODE_LENGTH: _("The code is too short or too long. Compare it with the document."),
    IdentityWarning.CODE_SHAPE: _(
        "Letters and digits are not where they belong in such a code. Compare it with the document."
    ),
    IdentityWarning.CODE_CHECK: _(
        "The last sign does not fit the others: one is mistyped. Compare it with the document."
    ),
}


class PhoneKind(StrEnum):
    """What can be done with a number: only a mobile gets an SMS."""

    MOBILE = "mobile"
    FIXED = "fixed"
    OTHER = "other"  # toll-free, shared cost, VoIP, unreadable


@dataclass(frozen=True, kw_only=True)
class Email:
    """An e-mail address in its stored spelling."""

    value: str  # "" only when nothing was typed
    warning: IdentityWarning | None

    @property
    def is_usable(self) -> bool:
        """Whether a mail can be addressed to it."""
        return bool(self.value) and self.warning is None


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A telephone number in its stored spelling."""

    e164: str  # "+390212345678", the Italian landline zero kept; "" when unreadable
    extension: str  # digits, "" when none
    kind: PhoneKind
    typed: str  # as it was written, for what cannot be read
    warning: IdentityWarning | None

    @property
    def is_usable(self) -> bool:
        """Whether the number can be dialled."""
        return bool(self.e164)


@dataclass(frozen=True, kw_only=True)
class Code:
    """A tax code or VAT number in its stored spelling."""

    value: str
    warning: IdentityWarning | None


_MAILTO: Final = re.compile(r"^mailto:", re.IGNORECASE)
_ANGLES: Final = re.compile(r"<([^<>]*@[^<>]*)>\s*$")
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)[^\s@.]{1,63}(\.[^\s@.]{1,63})*\.[^\W\d_]{2,63}|.*\.xn--[a-z0-9-]+")


def read_email(text: str) -> Email:
    """Return the stored spelling of an address: small letters, no blanks around, no `mailto:`, no display name.

    Dots and `+tags` stay: whose mailbox they reach is a provider's private rule. `lower` and not `casefold`, which
    would send the mail of `weiß@` to `weiss@`.
    """
    value = text.strip().strip("\u200b\ufeff")
    if in_angles := _ANGLES.search(value):
        value = in_angles[1]
    value = _MAILTO.sub("", value).strip().strip("<>;,").lower()
    warning: IdentityWarning | None = None
    if value:
        local, at, domain = value.rpartition("@")
        if re.search(r"\s", value):
            warning = IdentityWarning.EMAIL_BLANK_INSIDE
        elif not at or not local or "@" in local:
            warning = IdentityWarning.EMAIL_WITHOUT_AT
        elif not _DOMAIN.fullmatch(domain):
            warning = IdentityWarning.EMAIL_DOMAIN
    return Email(value=value, warning=warning)


def read_phone(text: str, *, region: str = "IT") -> Phone:
    """Read a telephone number as people write it: `02/1234567 int. 12`, `0039 333...`, `+41 79 ...`.

    Args:
        region: ISO 3166 country whose rules hold when the number carries no country code.
    """
    typed = text.strip()
    unreadable = Phone(
        e164="", extension="", kind=PhoneKind.OTHER, typed=typed, warning=IdentityWarning.PHONE_UNREADABLE
    )
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return unreadable
    if not phonenumbers.is_possible_number(number):
        return unreadable
    kinds = phonenumbers.PhoneNumberType
    kind = {
        kinds.MOBILE: PhoneKind.MOBILE,
        kinds.FIXED_LINE: PhoneKind.FIXED,
        kinds.FIXED_LINE_OR_MOBILE: PhoneKind.MOBILE,
    }.get(phonenumbers.number_type(number), PhoneKind.OTHER)
    is_in_use = phonenumbers.is_valid_number(number)
    return Phone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        extension=number.extension or "",
        kind=kind,
        typed=typed,
        warning=None if is_in_use else IdentityWarning.PHONE_UNKNOWN_RANGE,
    )


@lru_cache(maxsize=16_384)  # an import asks twice
def stored_phone(text: str, *, region: str = "IT") -> str:
    """Return a number as it is stored: E.164, an extension behind `;ext=`; as typed where it cannot be read.

    The same as `read_phone` says, without its kind and its warning, which take four times as long.
    """
    typed = text.strip()
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return typed
    if not phonenumbers.is_possible_number(number):
        return typed
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension[:LONGEST_EXTENSION]}" if number.extension else e164


def display_phone(e164: str, *, extension: str = "", region: str = "IT") -> str:
    """Return a stored number as it is read aloud: national at home, international abroad, unreadable text as it is."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    at_home = phonenumbers.region_code_for_country_code(number.country_code or 0) == region
    form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    shown = phonenumbers.format_number(number, form)
    return f"{shown} / {extension}" if extension else shown


def _code_warning(error: ValidationError) -> IdentityWarning:
    if isinstance(error, InvalidLength):
        return IdentityWarning.CODE_LENGTH
    if isinstance(error, InvalidChecksum):
        return IdentityWarning.CODE_CHECK
    return IdentityWarning.CODE_SHAPE


def stored_tax_code(text: str) -> str:
    """Return a tax code as it is stored, whether or not it is right."""
    return re.sub(r"[\W_]", "", text).upper()


def stored_vat_number(text: str) -> str:
    """Return a VAT number as it is stored, whether or not it is right."""
    return re.sub(r"[\W_]", "", text).upper().removeprefix("IT")


def read_tax_code(text: str) -> Code:
    """Read a codice fiscale: 16 signs of a person (omocodia included) or 11 digits of a company or newcomer."""
    value = stored_tax_code(text)
    if not value:
        return Code(value="", warning=None)
    try:
        if len(value) == 11 and value.isascii() and value.isdigit():
            iva.validate(value)
        else:
            codicefiscale.validate(value)
    except ValidationError as error:
        return Code(value=value, warning=_code_warning(error))
    return Code(value=value, warning=None)


def read_vat_number(text: str) -> Code:
    """Read a VAT number: Italian without its country (`00743110157`), others of the Union with it (`DE136695976`)."""
    value = stored_vat_number(text)
    if not value:
        return Code(value="", warning=None)
    try:
        if value[:2].isascii() and value[:2].isalpha():
            eu_vat.validate(value)
        else:
            iva.validate(value)
    except ValidationError as error:
        return Code(value=value, warning=_code_warning(error))
    return Code(value=value, warning=None)


_OMOCODIA_DIGITS: Final = str.maketrans("LMNPQRSTUV", "0123456789")
_OMOCODIA_PLACES: Final = (6, 7, 9, 10, 12, 13, 14)
_BIRTH_MONTHS: Final = "ABCDEHLMPRST"
_OLDEST_YEARS: Final = 115


def base_tax_code(code: str) -> str:
    """Return a personal tax code with the letters of omocodia turned back to digits, without its check letter.

    One person can stand with the plain form in one archive and with the omocodic one in another: the bases are equal
    then. Companies' codes and misshapen ones come back unchanged.
    """
    if len(code) != 16:
        return code
    signs = list(code[:15])
    for place in _OMOCODIA_PLACES:
        signs[place] = signs[place].translate(_OMOCODIA_DIGITS)
    return "".join(signs)


def birth_dates_of(code: str, *, on: date) -> tuple[date, ...]:
    """Return the birth dates a personal tax code can mean on a day, the latest first; () when it tells none.

    The code writes two digits of the year, so a code ending in 24 may be a child's or a hundred-year-old's.
    """
    if not codicefiscale.is_valid(code) or len(code) != 16:
        return ()
    base = base_tax_code(code)
    year, month, day = int(base[6:8]), _BIRTH_MONTHS.index(base[8]) + 1, int(base[9:11])
    day = day - 40 if day > 40 else day  # women's days count from 41
    found = []
    for century in (on.year // 100 * 100, on.year // 100 * 100 - 100):
        try:
            born_on = date(century + year, month, day)
        except ValueError:  # 29 February of a year that has none
            continue
        if born_on <= on and on.year - born_on.year <= _OLDEST_YEARS:
            found.append(born_on)
    return tuple(found)
