"""What a list is narrowed to: a word that names nothing is no empty answer, and a value given twice is said."""

from __future__ import annotations

import pytest

from tests.cli.regimen import Regimen

NOTHING = [
    ("show --state inducton", 2, "did you mean"),
    ("show --state treatment --state x", 2, "there is no state 'x'"),
    ("show --arm Z", 4, "there is no arm 'Z' (there are I, II, III"),
    ("due --arm Z", 4, "there is no arm 'Z'"),
    ("audit log --actor carrol", 4, "did you mean carol?"),
    ("audit log --actor carol --actor nobody", 4, "there is no person 'nobody'"),
    ("audit log --patient P-999", 4, "there is no patient 'P-999'"),
    ("audit log --trigger start_cyle", 4, "did you mean start_cycle?"),
    ("audit log --kind x", 2, "no kind of entry 'x'"),
    ("audit log --outcome x", 2, "'x' is not one of"),
    ("audit log --from 2022-02-01 --to 2022-01-01", 2, "2022-02-01 is after to 2022-01-01"),
    ("audit log --recorded-from 2022-02-01 --recorded-to 2022-01-01", 2, "is after"),
]


@pytest.mark.parametrize(("typed", "code", "said"), NOTHING, ids=[typed for typed, _, _ in NOTHING])
def test_a_filter_that_names_nothing_is_said(regimen: Regimen, typed: str, code: int, said: str) -> None:
    regimen.treated()
    ran = regimen(*typed.split())
    assert (ran.code, ran.out, said in ran.complaint) == (code, "", True), ran


def test_a_repeated_filter_is_any_of_its_words(regimen: Regimen) -> None:
    regimen.treated()
    one = regimen.json("audit", "log", "--kind", "consent")["items"]
    other = regimen.json("audit", "log", "--kind", "eligibility")["items"]
    both = regimen.json("audit", "log", "--kind", "consent", "--kind", "eligibility")["items"]
    assert one
    assert other
    assert len(both) == len(one) + len(other)
    assert regimen.json("audit", "log", "--actor", "CAROL") == regimen.json("audit", "log", "--actor", "carol")


@pytest.mark.parametrize(
    "typed",
    [
        "show P-001 --on 2022-01-01 --on 2022-02-01",
        "record dose P-001 --agent InO --amount 1 --amount 2 --unit mg",
        "advance P-001 --as carol --as ivan",
        "--database-url a --database-url b show",
    ],
)
def test_one_value_is_given_once(regimen: Regimen, typed: str) -> None:
    """The last of two would win, and nobody would hear of it."""
    regimen.treated()
    before = regimen.entries()
    ran = regimen(*typed.split())
    assert (ran.code, "is given twice" in ran.complaint) == (2, True)
    assert regimen.entries() == before
