"""Numbers in addresses."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.db import transaction
from core.permissions import Role
from tests.factories import make_person, sign_in


@pytest.mark.parametrize("path", ["/people/{}", "/units/{}", "/training/{}"])
def test_a_number_that_no_column_holds_is_not_found(
    app: Flask, client: FlaskClient, path: str
) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.OFFICE)
    sign_in(client, person)
    for number in ("9" * 15, "9" * 16, "9" * 40, "0"):
        assert client.get(path.format(number)).status_code == 404
