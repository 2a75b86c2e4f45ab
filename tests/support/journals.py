"""Tasks that a build has done, for its journal."""

from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.state.known import DoneTask, FileContents
from corpus_vn_police.state.parts import Part

DAY = "2026-01-01"


def small_part(folder, name, seeds=10):
    """A part that is there: as many bytes as it has seeds."""
    (folder / f"{name}.index").write_bytes(bytes(seeds))
    return Part(name, seeds)


def done_tasks(folder):
    """Tasks that leave some parts: of text files, and of a file of many seeds that was read to its end."""
    yield [DoneTask(20, (small_part(folder, "a-0"), small_part(folder, "a-1")), has_stamps=True)]
    yield [DoneTask(20, (small_part(folder, "b-0"), small_part(folder, "b-1")), key=(2**64 - 1, 0))]
    contents = FileContents(2, 30, Skipped(1, 2))
    yield [DoneTask(10, (small_part(folder, "c-0"),), key=(2**64 - 1, 1), contents=contents)]
