"""The commands."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from corpus_vn_police.cli.card import card
from corpus_vn_police.cli.options import Config, Folder, Json, Located, Seeds, Workers
from corpus_vn_police.cli.problems import print_problems, report_json
from corpus_vn_police.cli.publish import publish
from corpus_vn_police.cli.report import report
from corpus_vn_police.cli.schema import schema
from corpus_vn_police.cli.show import flush_stdout, print_error, print_json, progress, say, silence_stdout
from corpus_vn_police.cli.takedown import remove
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, CorpusError, InterruptedBuildError
from corpus_vn_police.text import printable

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Turn dated Vietnamese police news into a dataset, and check what was built.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


_INTERRUPTED = InterruptedBuildError("interrupted", "what it writes is there whole, or not at all; run it again")
_NAMED = 10  # files that are named before they are counted
_TYPER_INTERRUPTED = 130  # what typer makes of Ctrl-C


class Dedup(enum.StrEnum):
    """Which copies are left out."""

    near = "near"
    exact = "exact"
    off = "off"


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
        print_error(ConfigError(error.format_message(), "corpus-vn-police COMMAND --help shows how"), as_json)
        return 2
    return code if isinstance(code, int) else 0


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


@app.command(epilog="Example: corpus-vn-police build my_seeds --out my_dataset")
def build(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write; an older build is replaced.")],
    seeds: Annotated[
        str | None,
        typer.Argument(
            metavar="[SEEDS]",
            help="A folder, a file, an archive, a glob or a URL; else the shipped seeds.",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    workers: Workers = None,
    dedup: Annotated[Dedup | None, typer.Option(help="Which copies are left out; else as corpus.toml says.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where a seed is rejected.")] = False,
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The build's date; else the newest record's.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Go on from what an interrupted build has done.")
    ] = True,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Read all seeds, also those whose size and mtime have not changed.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Turn seeds into a dataset."""
    from corpus_vn_police import api

    with progress(quiet=as_json) as moved:
        built = api.build(
            seeds,
            out=out,
            config=config,
            workers=workers,
            dedup=dedup.value if dedup else None,
            strict=strict,
            date=date,
            progress=moved,
            resume=resume,
            rehash=rehash,
        )
    for note in built.notes:
        say("note:  " + "\n       ".join(printable(line) for line in note.split("\n")))
    if as_json:
        print_json({key: value for key, value in asdict(built).items() if key != "notes"})
        return 0
    print(f"{printable(built.out)}, version {built.version}")
    print(f"  {built.digest}")
    print(
        "  "
        + ", ".join(f"{count:,} {status}" for status, count in built.status.items() if count)
        + f" of {built.seeds:,} seeds"
    )
    print("  " + ", ".join(f"{split} {count:,}" for split, count in built.splits.items()))
    print(f'  datasets.load_dataset("{printable(built.out)}")')
    return 0


@app.command(epilog="Example: corpus-vn-police init my_seeds")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the seeds; made where it is missing.")],
    as_json: Json = False,
) -> int:
    """Write a commented corpus.toml and a card to fill in."""
    from corpus_vn_police.init import init_folder

    written = [str(path) for path in init_folder(folder)]
    if as_json:
        print_json({"written": written})
    else:
        print("\n".join(f"wrote {printable(path)}" for path in written))
        print(f"next: fill them in, then corpus-vn-police build {printable(folder)} --out DIR")
    return 0


@app.command(epilog="Example: corpus-vn-police check my_seeds")
def check(seeds: Seeds, config: Config = None, workers: Workers = None, as_json: Json = False) -> int:
    """Read and validate seeds; write nothing."""
    from corpus_vn_police import api
    from corpus_vn_police.pipeline import Job
    from corpus_vn_police.survey import check_seeds

    source, corpus = api.configured(seeds, config)
    counts: Counter[str] = Counter()
    with progress(quiet=as_json) as moved:
        tombstones = api.kept_away(source, config)
        for table in check_seeds(source, corpus, Job(workers=workers, progress=moved), tombstones):
            for row in table.to_pylist():
                counts[row["status"]] += 1
                if as_json:
                    print_json(row)
                elif row["status"] == "removed":
                    print(f"{row['id']}: was taken down")
                elif row["status"] != "published":
                    where = f" {row['pointer']}" if row["pointer"] else ""
                    print(printable(f"{row['path']}: {row['reason']}{where}: {row['detail']}"))
    if not as_json:
        print(
            ", ".join(
                f"{count:,} {'would be published' if status == 'published' else status}"
                for status, count in sorted(counts.items())
            )
        )
    return int(bool(counts.keys() - {"published", "removed"}))


@app.command(epilog="Example: corpus-vn-police verify my_dataset")
def verify(folder: Located, as_json: Json = False) -> int:
    """Check a build: digests, schema, ledger, splits, copies, card.

    Also the configs row by row, what splits share, the pictures and the Croissant file; a folder or a URL.
    """
    from corpus_vn_police import api
    from corpus_vn_police.cli.tables import copies_line, sharing_line

    report = api.verify(folder)
    if as_json:
        print_json(report_json(report))
    else:
        print_problems(report)
        print(f"{printable(folder)}: {'fine' if report.ok else f'{len(report.problems)} problems'}")
        if report.ok:
            print(f"  {report.digest}")
        for line in report.unchecked:
            print(printable(f"  not checked: {line}"))
        if report.copies and report.copies.sampled:
            print(f"  {copies_line(report.copies)}")
        for found in report.sharing:
            print(printable(f"  {sharing_line(found)}"))
    return int(not report.ok)


app.command(epilog='Example: corpus-vn-police remove my_dataset --id c76f5c9e64c8c598 --reason "asked for"')(remove)

app.command(epilog="Example: corpus-vn-police publish my_dataset user/name --dry-run")(publish)


app.command(epilog="Example: corpus-vn-police card my_dataset --check")(card)


@app.command(epilog="Example: corpus-vn-police stats my_dataset")
def stats(folder: Folder, as_json: Json = False) -> int:
    """Print the numbers of a build, measured from its files."""
    from corpus_vn_police.build.figures import measure
    from corpus_vn_police.cli.tables import print_figures, print_sharing
    from corpus_vn_police.dataset.check import open_build
    from corpus_vn_police.dataset.parquet import damage_named
    from corpus_vn_police.leaks import shared_ngrams

    manifest = open_build(folder)
    with damage_named(folder):
        figures = measure(folder)
        sharing = shared_ngrams(folder)
    if as_json:
        print_json(
            {
                "name": manifest["name"],
                "version": manifest["version"],
                "digest": manifest["digest"],
                **figures.as_json(),
                "sharing": [asdict(found) for found in sharing],
            }
        )
        return 0
    print_figures(f"{manifest['name']} {manifest['version']}", figures)
    print_sharing(sharing)
    return 0


app.command(epilog="Example: corpus-vn-police report my_dataset --seeds my_seeds --out report.html")(report)


@app.command(epilog="Example: corpus-vn-police sources my_dataset --out my_seeds")
def sources(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="D", help="The folder to write: new or empty.")],
    as_json: Json = False,
) -> int:
    """Write the published seeds back, byte for byte, sha256 checked.

    Files come back as they were, compressed ones unpacked; rows as lines of their file.
    """
    from corpus_vn_police import api

    with progress(quiet=as_json) as moved:
        written = api.sources(folder, out=out, progress=moved)
    if as_json:
        print_json(asdict(written))
        return 0
    print(f"{printable(written.out)}: {written.seeds:,} seeds in {written.files:,} files, {written.bytes:,} bytes")
    for path, name in list(written.renamed.items())[:_NAMED]:
        print(printable(f"  {path} -> {name}"))
    if len(written.renamed) > _NAMED:
        print(f"  and {len(written.renamed) - _NAMED:,} more that could not keep their path")
    return 0


@app.command(epilog="Example: corpus-vn-police diff old_dataset my_dataset")
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A build.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="A build that came after it.")],
    as_json: Json = False,
) -> int:
    """Compare the records of two builds; exit 1 where one moved.

    Records are told apart by their ids: added, removed, changed, moved to another split.
    """
    from corpus_vn_police import api
    from corpus_vn_police.cli.tables import print_difference
    from corpus_vn_police.diff import hex_ids

    found = api.diff(old, new)
    if as_json:
        print_json({name: list(hex_ids(getattr(found, name))) for name in ("added", "removed", "changed", "moved")})
    else:
        print_difference(found)
    return int(len(found.moved) > 0)


app.command(epilog="Example: corpus-vn-police schema record --as arrow")(schema)
