"""The command `regimen`: what there is, by who uses it. Each command is imported when it is used."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call
from workflow.cli.lazy import Lazy, LazyGroup

SECTIONS = {
    "For whoever treats patients": {
        "next": Lazy("workflow.cli.commands.next:next_", "What can happen to a patient, and why not."),
        "advance": Lazy("workflow.cli.commands.advance:advance", "Take a patient a step further, or out."),
        "record": Lazy("workflow.cli.commands.record:record", "Record consent, counts, adverse events, doses..."),
        "correct": Lazy(
            "workflow.cli.commands.correct:correct", "Take back a fact that was recorded wrongly, or the last step."
        ),
        "hold": Lazy("workflow.cli.commands.hold:hold", "Hold a patient's treatment."),
        "resume": Lazy("workflow.cli.commands.resume:resume", "End a hold."),
        "acknowledge": Lazy(
            "workflow.cli.commands.acknowledge:acknowledge",
            "Acknowledge what happened against the rules, and judge what it means.",
        ),
        "due": Lazy("workflow.cli.commands.due:due", "Who is due, and how late."),
        "show": Lazy("workflow.cli.commands.show:show", "A patient in full, or everybody."),
        "enroll": Lazy("workflow.cli.commands.enroll:enroll", "Enrol a patient in an arm."),
    },
    "For auditors": {
        "audit": Lazy("workflow.cli.commands.audit:audit", "The audit log: read it, review it, verify it."),
        "deviations": Lazy(
            "workflow.cli.commands.deviations:deviations",
            "List what happened against the rules, and what it was judged to mean.",
        ),
        "query": Lazy("workflow.cli.commands.query:query", "Questions about entries: asked, answered, closed."),
    },
    "For everybody": {
        "protocol": Lazy(
            "workflow.cli.commands.protocol:protocol",
            "Protocol versions: those that come with this software, those installed.",
        ),
        "demo": Lazy("workflow.cli.commands.demo:demo", "A simulated study, in a database of its own."),
    },
    "For administrators": {
        "init": Lazy("workflow.cli.commands.init:init", "Set up a new database."),
        "people": Lazy("workflow.cli.commands.people:people", "Who takes part, in which role."),
        "db": Lazy("workflow.cli.commands.db:db", "The database: upgrade it, check it, the trial's time zone."),
    },
}

EPILOG = """\
Dates are written YYYY-MM-DD. Data goes to stdout, everything else to stderr; every command answers in JSON with --json.
Exit codes: 0 done, 1 unexpected, 2 usage, 3 refused, 4 not found, 5 conflict, 6 database, 7 verification failed,
130 interrupted."""


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from workflow import __version__

        click.echo(f"regimen {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@options.database
@options.acting
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def regimen(ctx: click.Context) -> None:
    """Run a treatment protocol: who may go on, why not, and what has happened.

    `regimen next PATIENT` shows what can happen to a patient, and what to type for it.
    """
    ctx.ensure_object(Call)
