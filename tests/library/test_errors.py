"""The family of errors: each has a slug of its own, an exit code, and a place in the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow import errors
from workflow.errors import Exit, WorkflowError

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"


def family(base: type[WorkflowError] = WorkflowError) -> Iterator[type[WorkflowError]]:
    yield base
    for child in base.__subclasses__():
        yield from family(child)


ALL = list(family())


def headings() -> list[str]:
    return re.findall(r"^#{2,4} `([a-z-]+)`$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)


def section(slug: str) -> str:
    found = re.search(rf"^#+ `{slug}`\n(.*?)(?=^#|\Z)", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, slug
    return " ".join(found.group(1).split())


def test_every_error_is_defined_in_one_place() -> None:
    assert {error.__module__ for error in ALL} == {errors.__name__}


def test_every_slug_is_one_errors_alone() -> None:
    slugs = [error.slug for error in ALL]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


def test_every_error_says_its_slug_itself() -> None:
    assert all("slug" in vars(error) for error in ALL)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.slug)
def test_the_docstring_is_the_default_message(error: type[WorkflowError]) -> None:
    assert error.__doc__ is not None
    assert error().message == error.__doc__.splitlines()[0]
    assert error("This instead.", hint="do that").message == "This instead."
    assert error(hint="do that").hint == "do that"
    assert str(error("This instead.")) == "This instead."


@pytest.mark.parametrize(
    ("error", "exit"),
    [
        (errors.WorkflowError, Exit.UNEXPECTED),
        (errors.InvalidInput, Exit.USAGE),
        (errors.InvalidProtocol, Exit.USAGE),
        (errors.RefusedError, Exit.REFUSED),
        (errors.NotFound, Exit.NOT_FOUND),
        (errors.Conflict, Exit.CONFLICT),
        (errors.DatabaseError, Exit.DATABASE),
        (errors.VerificationFailed, Exit.VERIFICATION),
    ],
)
def test_a_branch_of_the_family_ends_with_one_exit_code(error: type[WorkflowError], exit: Exit) -> None:
    branch = [error] if error is WorkflowError else list(family(error))
    assert {each.exit for each in branch} == {exit}


def test_to_try_again_helps_where_somebody_else_was_in_the_way() -> None:
    assert {error.slug for error in ALL if error.retry} == {"conflict", "lost-race", "database-busy", "connection-lost"}


def test_every_slug_is_documented_and_nothing_else_is() -> None:
    assert sorted(headings()) == sorted(error.slug for error in ALL)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.slug)
def test_a_section_says_how_the_command_ends_and_whether_to_try_again(error: type[WorkflowError]) -> None:
    text = section(error.slug)
    assert f"Exit code {int(error.exit)}" in text
    assert ("the same call may succeed later" in text) is error.retry
