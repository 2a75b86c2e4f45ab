"""The command `publish`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus_vn_police.cli.options import Folder, Json
from corpus_vn_police.cli.problems import as_values, print_problems
from corpus_vn_police.cli.show import print_json, say
from corpus_vn_police.engine.bars import on_terminal
from corpus_vn_police.errors import InterruptedBuildError, UnverifiedError
from corpus_vn_police.text import printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.publish import Publication


def publish(
    folder: Folder,
    repo: Annotated[str, typer.Argument(metavar="REPO", help="A dataset repository on the Hub: user/name.")],
    private: Annotated[bool, typer.Option("--private", help="Make the repository private when it is created.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; list what would be sent.")] = False,
    purge_history: Annotated[
        bool,
        typer.Option("--purge-history", help="Permanently delete older revisions, other tags and their files."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Publish a build to the Hub: one commit, tagged with its version.

    The token comes from `hf auth login` or HF_TOKEN.
    """
    import corpus_vn_police as cvp

    quiet_client(bars=on_terminal() and not as_json)
    try:
        done = cvp.publish(
            folder,
            repo,
            private=private,
            dry_run=dry_run,
            purge_history=purge_history,
            tell=lambda line: say(printable(line)),
        )
    except UnverifiedError as error:
        _print_problems(error, as_json)
        if as_json:
            return error.exit_code
        raise
    except KeyboardInterrupt:
        raise InterruptedBuildError(
            f"{repo}: interrupted", "it is unchanged, or holds the build; run the same command again to be sure"
        ) from None
    if as_json:
        print_json(_as_json(done))
    else:
        _print_publication(done)
    return 0


def quiet_client(bars: bool) -> None:
    """Let the Hub's client show its progress bars only on a terminal, and no warnings."""
    from huggingface_hub.utils import disable_progress_bars, logging

    logging.set_verbosity(logging.ERROR)
    if not bars:
        disable_progress_bars()


def _print_problems(error: UnverifiedError, as_json: bool) -> None:
    """What `verify` found, as `verify` prints it."""
    if as_json:
        failure = {"code": error.code, "message": error.message, "hint": error.hint}
        print_json({**as_values(error.report), "error": failure})
    else:
        print_problems(error.report)


def _as_json(done: Publication) -> dict[str, Any]:
    return {**asdict(done), "sent": list(done.sent), "bytes": sum(done.sent.values())}


def _print_publication(done: Publication) -> None:
    """What was published, for people."""
    would = "would be " if done.dry_run else ""
    for path, size in done.sent.items():
        print(printable(f"  {would}sent     {path}  {size:,} bytes"))
    for path in done.deleted:
        print(printable(f"  {would}deleted  {path}"))
    sent = f"{len(done.sent):,} files with {sum(done.sent.values()):,} bytes {would}sent"
    print(f"{printable(done.repo)}: {sent}, {len(done.deleted):,} {would}deleted, {done.unchanged:,} unchanged")
    if done.purged:
        purged = done.purged
        print(
            f"  history {would}purged: {purged.commits:,} older commits, {len(purged.tags):,} tags, "
            f"{purged.files:,} stored files with {purged.bytes:,} bytes"
        )
        print(printable("".join(f"  {would}deleted  tag {tag}\n" for tag in purged.tags)), end="")
    for warning in done.warnings:
        say(printable(f"warning: {warning}"))
    if done.dry_run:
        print(f"  would be tagged {done.tag}; nothing was changed")
        return
    print(f"  {done.digest}\n  commit {printable(done.commit)}, tag {done.tag}")
    print(f'  datasets.load_dataset("{done.repo}", revision="{done.tag}")')
