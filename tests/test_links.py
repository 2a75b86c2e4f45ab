"""Links, loops and odd folders in the input: nothing is read twice, or from elsewhere without being asked."""

import errno
import os
import random
import resource
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.builds import outcomes

import corpus_vn_police as cvp
from corpus_vn_police.commands.build.pipeline import Job
from corpus_vn_police.commands.check import check_seeds
from corpus_vn_police.commands.inputs import configured
from corpus_vn_police.config import load_config
from corpus_vn_police.errors import ConfigError, DiskError
from corpus_vn_police.reasons import FILE_UNREADABLE
from corpus_vn_police.stages.read import Batching, Source, Texts, Unpacker, list_input, load
from corpus_vn_police.stages.read.seeds import fault
from corpus_vn_police.stages.read.walk import Refusal, Walk

_TEXTS = {
    "a.txt": " date 2020-12-07 Công an huyện Bến Lức vừa bắt giữ hai đối tượng trộm cắp tài sản của người dân.",
    "b.txt": " date 2020-12-08 Lực lượng cảnh sát giao thông tỉnh Hậu Giang xử phạt nhiều trường hợp vi phạm.",
    "c.txt": " date 2020-12-09 Cơ quan điều tra khởi tố vụ án, khởi tố bị can về tội lừa đảo chiếm đoạt tài sản.",
}
_OUTSIDE = "leads out of the input: give a copy, or set follow_links in a --config file"


def _rows(listing):
    """What a listing reads, and of what it refuses reason and detail."""
    return {
        name: (listing.refused[name].reason.code, listing.refused[name].detail) if name in listing.refused else "read"
        for name in listing.names
    }


def _checked(seeds, config=None):
    """What the ledger of a build would say."""
    return check_seeds(str(seeds), load_config(config), Job(workers=1)).ledger.to_dicts()


@pytest.fixture
def linked(write, tmp_path):
    """A folder with links of every kind, below a folder that holds other things too."""
    write({f"above/seeds/{name}": text for name, text in _TEXTS.items()}, ".")
    write({"above/seeds/.cache/h.txt": "h", "above/other/o.txt": "o", "above/other/deep/p.txt": "p"}, ".")
    seeds = tmp_path / "above/seeds"
    (seeds / "sub").mkdir()
    (seeds / "sub/s.txt").write_text("s")
    for name, target in {
        "up": "..", "here": ".", "sub/round": "../sub", "sub/back": "..", "again": "sub", "itself": "itself", "there": "back_again",
        "back_again": "there", "proc": "/proc/self/task", "device.txt": "/dev/zero", "out.txt": "../other/o.txt", "out": "../other",
        "inside.txt": "sub/s.txt", "hidden.txt": ".cache/h.txt", "cache": ".cache", "broken.txt": "nowhere", "out.pdf": "../other/o.txt",
        "endless.txt": "/proc/kmsg", "sub/out.jsonl": "../../other/o.txt",
    }.items():  # fmt: skip
        (seeds / name).symlink_to(target)
    return seeds


def test_each_link_is_read_once_or_has_a_reason(linked):
    away, loop, irregular = "file.link_outside", "file.link_loop", "file.not_regular"
    assert _rows(list_input(str(linked))) == {
        **dict.fromkeys(("a.txt", "b.txt", "c.txt", "sub/s.txt", "inside.txt", "hidden.txt", "cache/h.txt"), "read"),
        **dict.fromkeys(("up", "proc", "out.txt", "out", "endless.txt", "sub/out.jsonl"), (away, _OUTSIDE)),
        **dict.fromkeys(("itself", "there", "back_again"), (loop, "leads to itself")),
        **dict.fromkeys(("here", "sub/back"), (loop, "leads to the input itself, which is read under that path")),
        **dict.fromkeys(("sub/round", "again"), (loop, "leads to sub, which is read under that path")),
        **dict.fromkeys(("device.txt", "broken.txt"), (irregular, "a device, a FIFO, a socket or a broken link")),
    }


def test_a_pattern_takes_links_as_a_folder_does(linked):
    assert _rows(list_input(f"{linked}/**")) == _rows(list_input(str(linked)))
    assert _rows(list_input(f"{linked}/*/o.txt")) == {
        name: row for name, row in _rows(list_input(str(linked))).items() if name in ("up", "proc", "out", "here", "again", "itself", "there", "back_again")
    }  # fmt: skip
    assert _rows(list_input(f"{linked}/out.*")) == {"out.txt": ("file.link_outside", _OUTSIDE)}


def test_links_that_lead_out_are_followed_when_asked_for(linked):
    (linked / "proc").unlink()
    found = _rows(list_input(str(linked / "sub"), follow_links=True))
    assert {name: row for name, row in found.items() if row == "read"} == {
        **dict.fromkeys(("s.txt", "out.jsonl", "back/a.txt", "back/b.txt", "back/c.txt", "back/inside.txt"), "read"),
        **dict.fromkeys(("back/hidden.txt", "back/out.txt", "back/endless.txt", "back/out/o.txt", "back/out/deep/p.txt"), "read"),
        "back/cache/h.txt": "read",
    }  # fmt: skip
    loops = ("back/here", "back/again", "back/up/seeds", "back/up/other")
    assert {name: found[name][1] for name in loops} == {
        "back/here": "leads to back, which is read under that path", "back/again": "leads to the input itself, which is read under that path",
        "back/up/seeds": "leads to back, which is read under that path", "back/up/other": "leads to back/out, which is read under that path",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_file_system_changes_nothing(linked, tmp_path, seed):
    """The same folder, made in another order."""
    found = [Path(folder) / name for folder, folders, files in os.walk(linked) for name in (*folders, *files)]
    names = [path for path in found if path.is_symlink() or path.is_file()]
    random.Random(seed).shuffle(names)
    copy = tmp_path / "above/copy"
    for path in names:
        target = copy / path.relative_to(linked)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(path.readlink())
        else:
            target.write_bytes(path.read_bytes())
    assert _rows(list_input(str(copy))) == _rows(list_input(str(linked)))


def test_a_build_never_reads_a_build(write, tmp_path):
    write({f"above/seeds/{name}": text for name, text in _TEXTS.items()}, ".")
    seeds, out = tmp_path / "above/seeds", tmp_path / "above/out"
    (seeds / "up").symlink_to("..")
    (seeds / "state").symlink_to("../.out.state/parts")
    (seeds / "shard.parquet").symlink_to("../out/data/train-00000.parquet")
    config = write({"follow.toml": "[limits]\nfollow_links = true\n"}, "settings") / "follow.toml"
    first = cvp.build(seeds, out=out, config=config)
    (copied := seeds / "older").mkdir()
    for path in out.rglob("*"):
        (copied / path.relative_to(out)).parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            (copied / path.relative_to(out)).write_bytes(path.read_bytes())
    (seeds / "part.parquet").symlink_to("older/data/" + next((out / "data").iterdir()).name)
    second = cvp.build(seeds, out=out, config=config)
    assert second.digest == first.digest
    assert outcomes(out) == {
        **dict.fromkeys(_TEXTS, "published"),
        **dict.fromkeys(("older", "part.parquet", "up/out", "state"), "file.build_output"),
        "up/seeds": "file.link_loop", "shard.parquet": "file.not_regular",
    }  # fmt: skip
    assert cvp.verify(out).ok


def test_a_build_reads_no_links_out_of_the_seeds(write, tmp_path, cli):
    seeds = write(_TEXTS)
    write({"d.txt": _TEXTS["a.txt"]}, "other")
    (seeds / "d.txt").symlink_to("../other/d.txt")
    (seeds / "task").symlink_to("/proc/self/task")
    ran = cli("build", seeds, "--out", tmp_path / "out")
    assert (ran.returncode, outcomes(tmp_path / "out")) == (
        0, {**dict.fromkeys(_TEXTS, "published"), "d.txt": "file.link_outside", "task": "file.link_outside"},
    )  # fmt: skip


def test_a_link_that_is_followed_later_is_read_then(write, tmp_path):
    seeds, out = write(_TEXTS), tmp_path / "out"
    write(
        {"d.txt": " date 2020-12-10 Công an thành phố Cần Thơ triệt phá đường dây đánh bạc qua mạng xã hội."}, "other"
    )
    config = write({"follow.toml": "[limits]\nfollow_links = true\n"}, "settings") / "follow.toml"
    (seeds / "d.txt").symlink_to("../other/d.txt")
    found = []
    for each in (None, config, None):
        cvp.build(seeds, out=out, config=each)
        found.append(outcomes(out)["d.txt"])
    assert found == ["file.link_outside", "published", "file.link_outside"]


def test_seeds_cannot_ask_for_their_links_to_be_followed(write, tmp_path):
    seeds = write({**_TEXTS, "corpus.toml": "[limits]\nfollow_links = true\n"})
    with pytest.raises(ConfigError) as caught:
        cvp.build(seeds, out=tmp_path / "out")
    assert str(caught.value) == (
        f"{seeds}/corpus.toml: limits.follow_links is not read from a file that comes with the seeds\n"
        f"if you know where the links in the seeds lead, give --config {seeds}/corpus.toml"
    )
    assert configured(Source((str(seeds),)), seeds / "corpus.toml")[1].limits.follow_links


def test_the_input_itself_may_be_a_link(write, tmp_path):
    write(_TEXTS, "real")
    (tmp_path / "seeds").symlink_to("real")
    (tmp_path / "one.txt").symlink_to("real/a.txt")
    assert _rows(list_input(str(tmp_path / "seeds"))) == dict.fromkeys(_TEXTS, "read")
    assert _rows(list_input(str(tmp_path / "one.txt"))) == {"one.txt": "read"}


def _deep(folder, depth, name):
    """A file so many folders below another one, also where its path is too long to be named."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    with os.fdopen(os.open("d.txt", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as file:
        file.write(_TEXTS["b.txt"].encode())
    os.close(here)
    return f"{name}/" * depth + "d.txt"


@pytest.mark.parametrize(("depth", "name"), [(1200, "d"), (40, "n" * 250)], ids=["many", "long"])
def test_folders_of_any_depth_are_read(write, depth, name):
    seeds = write({"a.txt": _TEXTS["a.txt"]})
    try:
        path = _deep(seeds, depth, name)
        found = {row["path"]: row["status"] for row in _checked(seeds)}
    finally:
        subprocess.run(["rm", "-rf", seeds], check=True)  # pytest cannot: its own way down is recursive
    assert found == {"a.txt": "published", path: "published"}


def test_a_file_without_end_is_cut_at_what_the_limits_allow(write):
    """A sparse file of a terabyte, and one that grows: nobody waits for its sha256."""
    seeds = write({**_TEXTS, "corpus.toml": "[limits]\nmax_bytes = 100_000\nmax_ratio = 10\n"})
    for name, size in {"huge.txt": 1 << 40, "larger.txt": 1_000_001, "large.txt": 1_000_000}.items():
        os.truncate(os.open(seeds / name, os.O_CREAT | os.O_WRONLY), size)
    found = {
        row["path"]: (row["reason"], row["bytes"], row["sha256"] is None, row["detail"])
        for row in _checked(seeds, seeds / "corpus.toml")
    }
    assert {path: row for path, row in found.items() if path not in _TEXTS} == {
        "huge.txt": ("limit.bytes", None, True, "max_bytes 100000, got more than 1000000"),
        "larger.txt": ("limit.bytes", None, True, "max_bytes 100000, got more than 1000000"),
        "large.txt": ("limit.bytes", 1_000_000, False, "max_bytes 100000, got 1000000"),
    }  # fmt: skip


def test_the_systems_own_files_end_no_build(write):
    """Files of /proc say that they hold nothing, and may hold more, wait or refuse."""
    seeds = write(_TEXTS)
    config = write({"follow.toml": "[limits]\nfollow_links = true\n"}, "settings") / "follow.toml"
    for number, target in enumerate(("/proc/self/status", "/proc/self/fd/0", "/sys/kernel/uevent_seqnum")):
        if Path(target).exists():
            (seeds / f"{number}.txt").symlink_to(target)
            (seeds / f"{number}.jsonl").symlink_to(target)
    found = {row["path"]: row["status"] for row in _checked(seeds, config)}
    assert {path: found[path] for path in _TEXTS} == dict.fromkeys(_TEXTS, "published")
    waiting = OSError(errno.EAGAIN, "nothing there yet")  # what /proc/kmsg says; reading it takes the messages away
    assert fault(waiting) == FILE_UNREADABLE


def test_too_few_open_files_are_no_fault_of_a_seed(write):
    seeds = write({**_TEXTS, "r.jsonl": '{"text": "a"}'})
    listing, corpus = list_input(str(seeds)), load_config(None)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(DiskError, match="Too many open files"):
            list_input(str(seeds))
        with pytest.raises(OSError, match="Too many open files"):
            list(load(Texts(listing.root, tuple(_TEXTS), {}), corpus, Batching()))
        with pytest.raises(OSError, match="Too many open files"):
            list(Unpacker(corpus.limits, Batching()).tasks(replace(listing, names=("r.jsonl",))))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_folder_that_moves_while_it_is_listed_is_a_row(write):
    seeds = write({"a.txt": "a", "d/b.txt": "b", "e/c.txt": "c"})

    def moved(name):
        """Called for each folder when the one above it was listed."""
        if name == "e":
            (seeds / "d").rename(seeds / "f")
        return True

    walk = Walk(str(seeds), enters=moved).run()
    assert {name: walk.refused.get(name) for name in walk.names} == {
        "a.txt": None,
        "d": Refusal(FILE_UNREADABLE, "No such file or directory", folder=True),
        "e/c.txt": None,
    }
