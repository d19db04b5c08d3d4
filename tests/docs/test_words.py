"""The page about the protocol language has every word of it."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from tests.docs.pages import ROOT, anchors
from workflow.protocol import guards, model

PAGE = ROOT / "docs" / "reference" / "protocol-language.md"


@pytest.mark.parametrize("module", [model, guards], ids=["model", "guards"])
def test_every_word_has_its_heading(module: ModuleType) -> None:
    words = {
        name for name, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
    }
    assert {word.lower() for word in words} <= anchors(PAGE)


def test_every_section_of_the_module_has_its_heading() -> None:
    assert {"what-is-given", "arm-phase-cycle", "the-whole"} <= anchors(PAGE)
