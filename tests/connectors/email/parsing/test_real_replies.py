"""Replies that real programs wrote, with the answers their collectors gave."""

from collections.abc import Mapping
from pathlib import Path

from corsia.connectors.email.parsing import parse_mail
from corsia.connectors.email.parsing.html import to_text
from corsia.connectors.email.parsing.replies import reply_text
from tests.connectors.email.parsing.real_mails import EMAIL, files_under, needs_real_mails, normal

pytestmark = needs_real_mails

WHOLE = "whole"
# The lines (first, last) that are new in each file, read by us: the collection itself ships no answers.
CRISP = {
    "correct_sig.txt": (1, 1),
    "email_10.txt": (1, 5),
    "email_12.txt": (1, 5),
    "email_14.txt": (1, 5),
    "email_16.txt": (1, 5),
    "email_18.txt": (1, 5),
    "email_21.txt": WHOLE,
    "email_23.txt": (1, 5),
    "email_25.txt": (1, 5),
    "email_2_1.txt": (1, 1),
    "email_4.txt": (1, 1),
    "email_6.txt": (1, 3),
    "email_8.txt": (1, 5),
    "email_blackberry.txt": (1, 1),
    "email_custom_quote_header.txt": (1, 1),
    "email_customer_quote_header_3.txt": (1, 3),
    "email_emoji.txt": (1, 1),
    "email_finnish.txt": (1, 5),
    "email_french_2.txt": (1, 5),
    "email_german.txt": (1, 5),
    "email_german_3.txt": (1, 5),
    "email_gmail_split_line_from.txt": (1, 5),
    "email_ios_outlook_fr.txt": (1, 5),
    "email_italian.txt": (1, 5),
    "email_multi_word_sent_from_my_mobile_device.txt": (1, 1),
    "email_not_a_signature.txt": WHOLE,
    "email_one_is_not_on.txt": (1, 5),
    "email_original_message_2.txt": (1, 5),
    "email_portuguese.txt": (1, 5),
    "email_russian.txt": (1, 5),
    "email_sent_from_my_not_signature.txt": WHOLE,
    "email_tricky_10_special_chars_in_name.txt": (1, 5),
    "email_tricky_12_no_space_after_header.txt": (1, 5),
    "email_tricky_14_long_quote_header.txt": (1, 5),
    "email_tricky_16_unicode_signatures.txt": (1, 4),
    "email_tricky_1_on_false_positive.txt": WHOLE,
    "email_tricky_2_url_with_wrote.txt": WHOLE,
    "email_tricky_4_from_in_body.txt": WHOLE,
    "email_tricky_6_regards_in_sentence.txt": WHOLE,
    "email_tricky_8_sent_from_in_content.txt": WHOLE,
    "email_unquoted_reply.txt": (1, 1),
    "email_with_from_headers.txt": WHOLE,
    "email_zoho.txt": (1, 2),
}
# Answers written between and below quotes: no line that starts with > is left, and all others are.
CRISP_BETWEEN = ("email_2.txt", "email_tricky_18_inline_reply.txt")
GITHUB = {
    "correct_sig.txt": (1, 1),
    "email_1_1.txt": (1, 5),
    "email_1_3.txt": (1, 3),
    "email_1_4.txt": (1, 1),
    "email_1_5.txt": WHOLE,
    "email_1_6.txt": (1, 1),
    "email_1_7.txt": (1, 1),
    "email_2_1.txt": (1, 1),
    "email_2_2.txt": (1, 1),
    "email_2_3.txt": (1, 1),
    "email_BlackBerry.txt": (1, 1),
    "email_bullets.txt": (1, 9),
    "email_iPhone.txt": (1, 1),
    "email_multi_word_sent_from_my_mobile_device.txt": (1, 1),
    "email_one_is_not_on.txt": (1, 5),
    "email_sent_from_my_not_signature.txt": WHOLE,
    "email_sig_delimiter_in_middle_of_line.txt": WHOLE,
    "greedy_on.txt": (1, 6),
    "pathological.txt": (1, 2),
}


def _expected(path: Path, answer: object) -> str:
    text = path.read_text()
    if isinstance(answer, tuple):
        first, last = answer
        text = "\n".join(text.split("\n")[first - 1 : last])
    return normal(text)


def _right(folder: Path, answers: Mapping[str, object]) -> dict[str, bool]:
    return {
        name: normal(parse_mail((folder / name).read_bytes()).reply) == _expected(folder / name, answer)
        for name, answer in answers.items()
    }


def test_the_trimmed_twin_of_at_least_nine_in_ten_mails_is_met_exactly() -> None:
    mails = files_under("reply_trimmer", "test", "emails")
    twins = EMAIL / "reply_trimmer" / "test" / "trimmed"

    wrong = [
        mail.name
        for mail in mails
        if normal(parse_mail(mail.read_bytes()).reply) != normal((twins / mail.name).read_text())
    ]

    assert len(mails) >= 30
    assert len(wrong) <= len(mails) // 10, wrong


def test_what_is_new_is_found_in_at_least_nine_in_ten_of_crisp_s_mails() -> None:
    folder = EMAIL / "reply_parser_crisp" / "test" / "fixtures"

    right = _right(folder, CRISP)
    for name in CRISP_BETWEEN:
        reply = parse_mail((folder / name).read_bytes()).reply
        right[name] = bool(reply) and not any(line.startswith((">", "__")) for line in reply.splitlines())

    assert {path.name for path in files_under("reply_parser_crisp", "test")} == set(right)
    assert sum(right.values()) >= 0.9 * len(right), [name for name, is_right in right.items() if not is_right]


def test_what_is_new_is_found_in_at_least_nine_in_ten_of_github_s_mails() -> None:
    right = _right(EMAIL / "reply_parser_github" / "test" / "emails", GITHUB)

    assert sum(right.values()) >= 0.9 * len(right), [name for name, is_right in right.items() if not is_right]


def test_html_replies_of_ten_programs_give_the_same_four_lines() -> None:
    pages = files_under("reply_parser_talon", "tests", "fixtures", "html_replies")

    replies = {page.name: normal(reply_text(to_text(page.read_text(errors="replace")))) for page in pages}

    assert replies == dict.fromkeys(replies, "Hi. I am fine. Thanks, Alex")
    assert len(replies) >= 8


def test_mails_of_ten_programs_are_answers_of_one_word() -> None:
    mails = sorted((EMAIL / "reply_parser_talon" / "tests" / "fixtures" / "standard_replies").glob("*.eml"))

    replies = {mail.name: normal(parse_mail(mail.read_bytes()).reply) for mail in mails}
    wrong = {name: reply for name, reply in replies.items() if not reply.startswith("Hello") or len(reply) > 20}

    assert len(mails) >= 8
    assert not wrong
