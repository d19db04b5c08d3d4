"""The mutants of ``mutants.txt``: one small change each, and what it would do to a patient or to the log.

A change is told by its text, which stands once in its file, so that it stays right as lines move. A text that is gone
fails the run by name: look where the rule went, and mend the text, or take the mutant out. What changes nothing that
anybody could see is no mutant.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
TREE = HERE.parents[1]


class Mutant(NamedTuple):
    path: str
    harm: str
    old: str
    new: str
    tests: tuple[str, ...]  # those that speak of the rule

    def apply(self, source: str) -> str:
        """Raises ``LookupError`` unless the text stands in ``source`` once."""
        found = source.count(self.old)
        if found != 1:
            raise LookupError(f"{self.path} has it {found} times: {self.old!r}")
        return source.replace(self.old, self.new)


def read(text: str) -> Iterator[Mutant]:
    """A part for each file: `== FILE: TESTS`, then for each mutant its harm, `- ` the old lines, `+ ` the new ones."""
    for part in text.split("\n== ")[1:]:
        head, *mutants = part.strip().split("\n\n")
        file, _, names = head.partition(":")
        tests = tuple(f"tests/{name}.py" for name in names.split())
        for mutant in mutants:
            harm, *lines = mutant.split("\n")
            old, new = ("\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+")
            yield Mutant(f"workflow/{file}", harm, old, new, tests)


LISTED = tuple(read((HERE / "mutants.txt").read_text()))
