"""The command `publish`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus_vn_police.cli.options import Folder, Json
from corpus_vn_police.cli.problems import as_values, print_problems
from corpus_vn_police.cli.show import print_error, print_json, say, say_labelled
from corpus_vn_police.cli.words import load_line
from corpus_vn_police.engine.bars import on_terminal
from corpus_vn_police.errors import InterruptedBuildError, UnfinishedError, UnverifiedError
from corpus_vn_police.text import counted, printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.publish import Publication
    from corpus_vn_police.commands.publish.history import Purge


def publish(
    folder: Folder,
    repo: Annotated[str, typer.Argument(metavar="REPO", help="A dataset repository on the Hub: user/name.")],
    private: Annotated[bool, typer.Option("--private", help="Make the repository private when it is created.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; list what would be sent, and what is unfinished.")
    ] = False,
    purge_history: Annotated[
        bool,
        typer.Option("--purge-history", help="Permanently delete older revisions, other tags and their files."),
    ] = False,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Publish a card that has no contact yet, or sections without text.")
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
            unfinished=unfinished,
            tell=lambda line: say(printable(line)),
        )
    except UnverifiedError as error:
        _print_problems(error, as_json)
        if as_json:
            return error.exit_code
        raise
    except KeyboardInterrupt:
        raise InterruptedBuildError(
            f"{repo}: interrupted",
            "the repository is unchanged, or holds the whole build; run the same command again to be sure",
        ) from None
    refused = () if unfinished or not dry_run else done.unfinished
    if as_json:
        print_json(_as_json(done))
    else:
        _print_publication(done)
        if refused:
            print_error(UnfinishedError.of(folder, refused), as_json=False)
    return UnfinishedError.exit_code if refused else 0


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
    width = max((len(f"{size:,}") for size in done.sent.values()), default=0)
    for path, size in done.sent.items():
        print(printable(f"  {would}sent     {size:>{width},} bytes  {path}"))
    for path in done.deleted:
        print(printable(f"  {would}deleted  {path}"))
    sent = f"{counted(len(done.sent), 'file')} ({sum(done.sent.values()):,} bytes) {would}sent"
    print(f"{printable(done.repo)}: {sent}")
    others = f"  {len(done.deleted):,} {would}deleted, {done.unchanged:,} unchanged"
    if done.purged:
        _print_purge(done.purged, would)
    for warning in done.warnings:
        say_labelled("warning", printable(warning))
    if done.dry_run:
        print(f"{others}; would be tagged {done.tag}; nothing was changed")
        return
    print(f"{others}\n  {done.digest}\n  commit {printable(done.commit)}, tag {done.tag}")
    print(f"  {load_line(done.repo, revision=done.tag)}")


def _print_purge(purged: Purge, would: str) -> None:
    """What is deleted for good, for people."""
    commits, tags = counted(purged.commits, "older commit"), counted(len(purged.tags), "tag")
    stored = f"{counted(purged.files, 'stored file')} with {purged.bytes:,} bytes"
    print(f"  history {would}purged: {commits}, {tags}, {stored}")
    for tag in purged.tags:
        print(printable(f"  {would}deleted  tag {tag}"))
