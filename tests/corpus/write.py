"""`make corpus`: the answers of the present engine, written to the file of its number."""

from __future__ import annotations

import sys

from tests.corpus import of_toys, of_trials
from tests.corpus.recorded import PATH, Digests, Recorder, text
from tests.engine import case


def answers() -> Digests:
    """Every case, answered now."""
    record = Recorder()
    for toy in case.TOYS:
        case.play(toy)
        of_toys.play(record, toy)
    case.play("toy")
    of_trials.play(record)
    return record.digests


if __name__ == "__main__":
    found = answers()
    PATH.write_text(text(found))
    sys.stdout.write(f"{PATH.name}: {sum(map(len, found.values()))} cases\n")
