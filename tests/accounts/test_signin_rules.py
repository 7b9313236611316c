"""Locks, slow addresses, staff numbers, and where a sign-in may lead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.signin import rules, services
from accounts.throttle import rules as throttle
from tests.cheap_hashes import REAL


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, None), (4, None), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10, 15), (10_000, 15)],
)
def test_an_account_is_locked_ever_longer_up_to_a_quarter_of_an_hour(
    failures: int, minutes: int | None
) -> None:
    lock = throttle.lock_after(failures)
    assert lock == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(("failures", "left"), [(0, 5), (1, 4), (4, 1), (5, 0), (9, 0)])
def test_tries_that_are_left_are_counted(failures: int, left: int) -> None:
    assert throttle.tries_left(failures) == left


def test_what_is_no_staff_number_is_not_stored_as_it_was_typed() -> None:
    assert throttle.account_key("D00001", is_known=True) == "account:D00001"
    assert "SECRET" not in throttle.account_key("MY-SECRET-WORD", is_known=False)
    assert len(throttle.account_key("X" * 64, is_known=False)) <= 80


def test_addresses_are_counted_by_windows_of_ten_minutes() -> None:
    noon = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    first = throttle.address_key("10.0.0.1", noon)
    assert throttle.address_key("10.0.0.1", noon + timedelta(minutes=9)) == first
    assert throttle.address_key("10.0.0.1", noon + timedelta(minutes=10)) != first
    assert len(throttle.address_key("f" * 45, noon)) <= 80


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("d00001", "D00001"),
        (" D00001 ", "D00001"),
        ("ｄ０００１", "D0001"),
        ("D\x0001", "D01"),
        ("", ""),
    ],
)
def test_staff_numbers_are_read_as_people_type_them(typed: str, stored: str) -> None:
    assert rules.normal_staff_no(typed) == stored


@pytest.mark.parametrize(
    ("text", "is_one"), [("D00001", True), ("A-1_B", True), ("A", False), ("张三", False), ("A 1", False)]
)  # fmt: skip
def test_staff_numbers_have_a_shape(text: str, is_one: bool) -> None:
    assert rules.is_staff_no(text) is is_one


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/", "/"),
        ("/exams/mine?page=2", "/exams/mine?page=2"),
        ("/rules#x", "/rules#x"),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("\\/evil.example", None),
        ("https://evil.example/", None),
        ("javascript:alert(1)", None),
        ("exams", None),
        ("/\tx", None),
        ("/x\r\nSet-Cookie: a", None),
        ("", None),
        (None, None),
    ],
)
def test_a_sign_in_leads_to_this_site_only(target: str | None, kept: str | None) -> None:
    assert rules.local_path(target) == kept


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 13) Chrome/120 Mobile MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17 Safari/604", "Safari · iPhone"),
        ("curl/8", ""),
    ],
)  # fmt: skip
def test_devices_are_named_as_people_know_them(agent: str, device: str) -> None:
    assert rules.device_of(agent) == device


@pytest.mark.parametrize(("size", "after"), [("", "l"), ("l", "xl"), ("xl", ""), ("??", "")])
def test_text_sizes_go_round(size: str, after: str) -> None:
    assert rules.next_text_size(size) == after


def test_a_password_costs_what_it_should() -> None:
    assert (REAL.time_cost, REAL.memory_cost, REAL.parallelism) == (2, 19456, 1)
    assert services._NOBODY.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
