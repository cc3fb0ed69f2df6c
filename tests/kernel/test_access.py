"""Where people are sent who are not signed in, and where they come back to."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("headers", "status", "header", "where"),
    [
        ({}, 302, "Location", "/account/login/?next=/conversations/counts/%3Ftab%3Dall"),
        (
            {"HX-Request": "true", "HX-Current-URL": "http://testserver/conversations/?tab=all"},
            401,
            "HX-Redirect",
            "/account/login/?next=/conversations/%3Ftab%3Dall",
        ),
        ({"HX-Request": "true"}, 401, "HX-Redirect", "/account/login/?next=/"),
        # Whoever writes the header by hand is not sent elsewhere after signing in.
        (
            {"HX-Request": "true", "HX-Current-URL": "https://evil.example/conversations/"},
            401,
            "HX-Redirect",
            "/account/login/?next=/",
        ),
    ],
)
def test_after_signing_in_people_come_back_to_their_page_and_never_to_a_fragment(
    headers, status, header, where
) -> None:
    answer = Client().get("/conversations/counts/?tab=all", headers=headers)

    assert (answer.status_code, answer.headers[header], answer.content) == (status, where, b"")
