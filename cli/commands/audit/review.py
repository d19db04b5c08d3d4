"""The command by which an auditor looks at what was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit

if TYPE_CHECKING:
    from workflow.desk.request import Actor
    from workflow.desk.reviewing import Review
    from workflow.desk.trial import Trial
    from workflow.report.review import PatientReview
    from workflow.report.views import Result

OUTCOMES = ("in_order", "minor", "major", "critical")  # as the log has them; a test compares the two


@click.command(cls=Command)
@click.option("--patient", type=options.PATIENT, help="This patient alone.")
@click.option("--since", type=options.DAY, help="What was recorded on this day or later, and what it puts in question.")
@click.option(
    "--late",
    type=click.IntRange(0, 36500),
    default=7,
    metavar="DAYS",
    help="What was recorded more than this many days after its day is late.  [default: 7]",
)
@click.option("--all", "whole", is_flag=True, help="From the beginning, whatever was signed off.")
@click.option("--sign", is_flag=True, help="Sign what is shown off as reviewed, patient by patient (an auditor).")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="With --sign: what came of the review.")
@click.option("--note", type=options.WORDS, help="With --sign: what was found, in words.")
@click.option("--dry-run", "dry", is_flag=True, help="With --sign: decide, and write nothing.")
@options.csv
@options.reads
@options.acting
@pass_call
def review(
    call: Call,
    patient: str | None,
    since: date | None,
    late: int,
    whole: bool,
    sign: bool,
    outcome: str | None,
    note: str | None,
    dry: bool,
) -> Exit:
    """What there is to look at in what was done.

    Every step and every dose that stands is decided again by all that stands now: those that would have come out
    otherwise are listed with the reasons that nobody knew, and with what was learned or taken back since. What was
    decided stays decided. Then what was recorded late, overrides, what happened against the rules, corrections, and
    what was refused and then carried out with another date; at the end how often each was whose.

    Patients with nothing of the kind are counted, and not shown. Each review begins behind the entry up to which a
    patient was signed off before. With --sign all whose entries were looked through are signed off, each up to the last
    entry that was: an entry of the patient's chain says so, with the outcome. It is done one by one; where it was
    interrupted, the same command goes on.
    """
    from workflow.cli.screen import csv, damage, json, streams
    from workflow.cli.screen import review as reviews
    from workflow.cli.screen.page import Page
    from workflow.cli.screen.verification import counted

    _require_signed_in_full(click.get_current_context(), sign, outcome, note, dry, since)
    damaged: list[DamagedRow] = []
    with call.trial() as trial:
        found = trial.review(patient=patient, since=since, late=late, whole=whole, damaged=damaged.append)
        signing = _Signing(trial, call.actor(trial, "auditor"), outcome, note, dry) if outcome is not None else None
        looked = _Looked(found, signing)
        if call.json:
            json.show_items(
                ([one] for one in looked), lambda: {"people": found.people, "damaged": damage.as_json(damaged)}
            )
            return _ended(damaged, signing)
        if call.csv:
            csv.show(reviews.COLUMNS, (reviews.row(one.patient, item) for one in looked for item in one.items))
            return _ended(damaged, signing)
        streams.talk(f"regimen: recorded more than {late} days after its day is late")
        for one in looked:
            page = Page(as_is=True)
            reviews.add(page, one)
            page.show()
            streams.write("\n")
        if found.people:
            reviews.show_people(found.people)
    entries, patients = counted(found.entries, "entry", "entries"), counted(looked.all, "patient")
    streams.talk(f"regimen: {entries} of {patients} reviewed; {looked.some:,} to look at")
    return _ended(damaged, signing)


def _require_signed_in_full(
    ctx: click.Context, sign: bool, outcome: str | None, note: str | None, dry: bool, since: date | None
) -> None:
    if sign and outcome is None:
        raise click.UsageError(f"--sign needs an --outcome: {', '.join(OUTCOMES)}", ctx)
    if not sign and (outcome, note, dry) != (None, None, False):
        raise click.UsageError("--outcome, --note and --dry-run are for --sign", ctx)
    if sign and since is not None:
        raise click.UsageError("what was not shown cannot be signed off: --sign takes no --since", ctx)


def _ended(damaged: list[DamagedRow], signing: _Signing | None) -> Exit:
    from workflow.cli.screen import damage

    code = damage.end(damaged)
    return code if signing is None else signing.end() or code


class _Signing:
    """Signs patients off, one by one; behind the first who refuses it there is no other."""

    def __init__(self, trial: Trial, by: Actor, outcome: str, note: str | None, dry: bool) -> None:
        self._trial = trial
        self._by = by
        self._outcome = outcome
        self._note = note
        self._dry = dry
        self._signed = 0
        self._refused: Result | None = None

    def sign(self, one: PatientReview) -> None:
        if self._refused is not None or not one.seq:
            return
        what = (one.patient, one.seq, one.hash, self._outcome)
        done = self._trial.sign_review(*what, by=self._by, note=self._note, dry_run=self._dry)
        if done.allowed:
            self._signed += 1
        else:
            self._refused = done

    def end(self) -> Exit:
        from workflow.cli.screen import streams
        from workflow.cli.screen.result import nothing_written
        from workflow.cli.screen.verification import counted
        from workflow.report.words.results import lifted

        if self._refused is not None:
            said = "; ".join(map(lifted, self._refused.reasons))
            kept = f" (entry {self._refused.seq})" if self._refused.seq is not None else ""
            streams.talk(f"regimen: refused: {self._refused.patient} review: {said}{kept}")
            return Exit.REFUSED
        patients, outcome = counted(self._signed, "patient"), self._outcome.replace("_", " ")
        verb = "would be signed off" if self._dry else "signed off"
        streams.talk(f"regimen: {patients} {verb} as reviewed: {outcome}")
        if self._dry:
            nothing_written()
        return Exit.DONE


class _Looked:
    """The patients in whose entries there is something to look at; how many there are, and of how many.

    Each is signed off once they were shown.
    """

    def __init__(self, found: Review, signing: _Signing | None) -> None:
        self._found = found
        self._signing = signing
        self.all = self.some = 0

    def __iter__(self) -> Iterator[PatientReview]:
        for one in self._found:
            self.all += 1
            if one.wants_an_eye:
                self.some += 1
                yield one
            if self._signing is not None:
                self._signing.sign(one)
