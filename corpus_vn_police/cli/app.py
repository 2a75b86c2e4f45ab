"""The commands, and what each kind of failure makes of the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from corpus_vn_police.cli.build import build
from corpus_vn_police.cli.card import card
from corpus_vn_police.cli.check import check
from corpus_vn_police.cli.diff import diff
from corpus_vn_police.cli.init import init
from corpus_vn_police.cli.publish import publish
from corpus_vn_police.cli.remove import remove
from corpus_vn_police.cli.report import report
from corpus_vn_police.cli.schema import schema
from corpus_vn_police.cli.show import flush_stdout, print_error, silence_stdout
from corpus_vn_police.cli.sources import sources
from corpus_vn_police.cli.stats import stats
from corpus_vn_police.cli.verify import verify
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, CorpusError, InterruptedBuildError

_COMMANDS: dict[Callable[..., int], str] = {
    build: "corpus-vn-police build my_seeds --out my_dataset",
    init: "corpus-vn-police init my_seeds",
    check: "corpus-vn-police check my_seeds",
    verify: "corpus-vn-police verify my_dataset",
    remove: "corpus-vn-police remove my_dataset --id c76f5c9e64c8c598 --reason request",
    publish: "corpus-vn-police publish my_dataset user/name --dry-run",
    card: "corpus-vn-police card my_dataset --check",
    stats: "corpus-vn-police stats my_dataset",
    report: "corpus-vn-police report my_dataset --seeds my_seeds --out report.html",
    sources: "corpus-vn-police sources my_dataset --out my_seeds",
    diff: "corpus-vn-police diff old_dataset my_dataset",
    schema: "corpus-vn-police schema record --as arrow",
}
"""The commands, in the order of `--help`, each with the example that its `--help` ends with."""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Turn dated Vietnamese police news into a dataset, and check what was built.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_INTERRUPTED = InterruptedBuildError(
    "interrupted", "the output is complete, or was not written at all; run the same command again"
)
_TYPER_INTERRUPTED = 130  # what typer makes of Ctrl-C


def run(arguments: list[str]) -> int:
    """Run a command.

    Returns:
        0 fine; 1 something was found; 2 arguments, configuration or input; 3 interrupted, or the
        operating system failed.
    """
    as_json = "--json" in arguments
    try:
        with machine_failures():
            code = app(arguments, prog_name="corpus-vn-police", standalone_mode=False)
            flush_stdout()  # a full disk shows here, and not after the exit code was chosen
        if code == _TYPER_INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Exit as ended:
        return ended.exit_code
    except CorpusError as error:
        print_error(error, as_json)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print_error(_INTERRUPTED, as_json)
        return _INTERRUPTED.exit_code
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        silence_stdout()
        return 0
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print_error(ConfigError(error.format_message(), f"{_helped(arguments)} --help shows how"), as_json)
        return 2
    return code if isinstance(code, int) else 0


def _helped(arguments: list[str]) -> str:
    """The command whose help a wrong call needs: all of it, if the call names none."""
    known = {command.__name__ for command in _COMMANDS}
    return " ".join(["corpus-vn-police", *(name for name in arguments[:1] if name in known)])


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from corpus_vn_police.version import __version__

        print(f"corpus-vn-police {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


for _command, _example in _COMMANDS.items():
    app.command(epilog=f"\b\nExample:\n  {_example}")(_command)  # \b: its lines stay whole, to be copied
