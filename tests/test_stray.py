"""Law 13 and its siblings: whatever lies in a build's folder, every command names it, and none fails."""

import contextlib
import io
import json
import os
import shutil
import stat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support.builds import sign

import corpus_vn_police as cvp
from corpus_vn_police.cli.app import run
from corpus_vn_police.dataset.layout import is_harmless

pytestmark = pytest.mark.field

_ID = "c2dc616a86d10c85"
_FILES = {
    f"0_{_ID}.txt": " date 2020-12-07 Ngày 7/12, Công an tỉnh An Giang tổ chức lễ ra quân bảo đảm an ninh, trật tự.",
    "1_aaaaaaaaaaaaaaaa.txt": " date 2021-05 Công an huyện Lục Nam bắt giữ hai người trộm xe máy trong đêm qua.",
    "2_bbbbbbbbbbbbbbbb.txt": "",
    # Enough records for pictures.
    **{
        f"{number}_{number:016}.txt": f" date 2020 Tin {' '.join(f'vụ{number}{letter}' for letter in 'abcdefgh')}."
        for number in range(3, 21)
    },
    "corpus.toml": '[splits]\ntest_from = "2021-01"\n',
}
_LISTED = (
    "README.md", "croissant.json", "ledger.parquet", "manifest.json", "figures/splits.svg", "data/train-00000-of-00001.parquet",
    "data/test-00000-of-00001.parquet", "sources/train-00000-of-00001.parquet", "annotations/test-00000-of-00001.parquet",
)  # fmt: skip
_HARMLESS = (
    ".DS_Store", "._README.md", "data/.DS_Store", ".nfs0000001", ".gitattributes", ".git/HEAD", ".cache/huggingface/x.lock",
    "data/.cache/train-00001-of-00001.parquet", ".ipynb_checkpoints/README-checkpoint.md", "Thumbs.db", "figures/desktop.ini",
    ".cache/data/train.parquet",
)  # fmt: skip
_STRANGE = (
    ".huggingface.yaml", ".HuggingFace.yaml", "dataset_infos.json", "dataset_dict.json", "state.json", "notes.txt", "out.py",
    "data/._train-00000-of-00001.parquet", "data/train-x.parquet", "data/train-00000-of-00002.parquet", "data/a/b/c",
    "data/train-00001-of-00001.parquet", "README.md.bak", "extra/train-00000-of-00001.parquet", "schema/record.schema.json",
    "data/a\nb\x1b[31m.txt", os.fsdecode(b"data/\xff"), "sources/validation-00000-of-00001.parquet", "d" * 255,
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stray")
    (folder / "in").mkdir()
    for name, text in _FILES.items():
        (folder / "in" / name).write_text(text, encoding="utf-8")
    cvp.build(folder / "in", out=folder / "out", workers=1)
    return folder / "out"


def _put(path, content):
    def put(out):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        if (out / path).is_file():  # of the build
            (out / path).unlink()
        if content == "a shard":
            shutil.copy(out / "data/train-00000-of-00001.parquet", out / path)
        elif isinstance(content, bytes):
            (out / path).write_bytes(content)
        else:
            _SPECIAL[content](out / path)

    return put


def _socket(path):
    os.mknod(path, stat.S_IFSOCK | 0o600)


_SPECIAL = {
    "a FIFO": os.mkfifo,
    "a socket": _socket,
    "a folder": lambda path: (path / "x").mkdir(parents=True),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to a folder": lambda path: path.symlink_to("/proc/self"),
    "a link to the folder above": lambda path: path.symlink_to(".."),
}


def _instead(path, kind):
    def instead(out):
        (out / path).unlink()
        _put(path, kind)(out)

    return instead


def _cut(path, share):
    return lambda out: os.truncate(out / path, int((out / path).stat().st_size * share))


def _flip(path, share):
    def flip(out):
        data = bytearray((out / path).read_bytes())
        data[int((len(data) - 1) * share)] ^= 0x41
        (out / path).write_bytes(data)

    return flip


def _swap(one, other):
    def swap(out):
        (out / one).rename(out / "swap")
        (out / other).rename(out / one)
        (out / "swap").rename(out / other)

    return swap


def _manifest(key, value, signed):
    def change(out):
        manifest = json.loads((out / "manifest.json").read_text())
        manifest[key] = value(manifest[key]) if callable(value) else value
        (out / "manifest.json").write_text(json.dumps(manifest))
        if signed:
            with contextlib.suppress(Exception):  # what cannot be signed is left unsigned
                sign(out)

    return change


def _list_too(path):
    return lambda files: [*files, {"path": path, "bytes": 1, "sha256": "0" * 64}]


def _signed(path, content):
    def write(out):
        (out / path).write_bytes(content)
        sign(out)

    return write


def _parquet(path, change):
    def rewrite(out):
        pq.write_table(change(pq.read_table(out / path)), out / path)
        sign(out)

    return rewrite


def _hostile(field):
    return field.with_metadata({b"\xff": b"\xfe"})


def _set(table, place, values):
    return table.set_column(place, table.schema.names[place], values)


def _not_utf8(table):
    data = pa.array([b"\xff"] * len(table), pa.binary())
    return _set(table, 0, pa.Array.from_buffers(pa.string(), len(table), data.buffers()))


_CHANGES = (
    lambda table: table.slice(0, 0),
    lambda table: table.drop([table.schema.names[-1]]),
    lambda table: pa.concat_tables([table, table]),
    lambda table: _set(table, 0, pa.nulls(len(table), pa.string())),
    lambda table: _set(table, 0, pa.array(["\x1b]0;x\x07"] * len(table))),
    lambda table: _set(table, 1, pa.array(range(len(table)))),
    lambda table: table.replace_schema_metadata({b"\xff": b"\xff"}),
    lambda table: pa.table(table.columns, schema=pa.schema(map(_hostile, table.schema))),
    lambda table: table.rename_columns(["\u202e", *table.schema.names[1:]]),
    lambda table: table.cast(pa.schema([pa.field("id", pa.large_string()), *list(table.schema)[1:]])) if table.schema.names[0] == "id" else table.slice(1),
    _not_utf8,
)  # fmt: skip

_stray = st.builds(
    lambda path, content: (path, f"{path} = {content}", _put(path, content)),
    st.sampled_from(_HARMLESS + _STRANGE),
    st.sampled_from([b"", b"x" * 40, b"PAR1", "a shard", *_SPECIAL]),
)
_share = st.floats(0, 1, exclude_max=True)
_damaged = st.one_of(
    st.builds(lambda path, kind: (path, kind, _instead(path, kind)), st.sampled_from(_LISTED), st.sampled_from([*_SPECIAL])),
    st.builds(lambda path, share: (path, "cut", _cut(path, share)), st.sampled_from(_LISTED), _share),
    st.builds(lambda path, share: (path, "flipped", _flip(path, share)), st.sampled_from(_LISTED), _share),
    st.builds(lambda path: (path, "gone", lambda out: (out / path).unlink()), st.sampled_from(_LISTED)),
    st.builds(lambda pair: (pair[0], f"swapped with {pair[1]}", _swap(*pair[:2])), st.permutations(_LISTED)),
    st.builds(
        lambda key, value, signed: ("manifest.json", f"{key} {value}", _manifest(key, value, signed)),
        st.sampled_from(["schema", "name", "version", "generator", "date", "digest", "schemas", "config", "card", "seeds", "status", "splits", "files"]),
        st.sampled_from([None, {}, [], "", "x", "\x1b[31m", "\ud800", 0, -1, 1e400, 10**30, [[]], {"a": {"b": 1}}]),
        st.booleans(),
    ),
    st.builds(
        lambda path, signed: ("manifest.json", f"lists {path}", _manifest("files", _list_too(path), signed)),
        st.sampled_from(["/etc/hosts", "../in/corpus.toml", "data/train-00001-of-00002.parquet", "x.py", "README.md", ".git/HEAD"]),
        st.booleans(),
    ),
    st.builds(lambda path, data: (path, "signed", _signed(path, data)), st.sampled_from(_LISTED[:3] + _LISTED[4:]),
              st.sampled_from([b"", b"PAR1", b"---\na: &a [*a]\n---\n", b"---\nconfigs: 1\n---\nx", b"\xff", b"[" * 5000, b"{}"])),
    st.builds(lambda path, change: (path, "rewritten", _parquet(path, change)),
              st.sampled_from([path for path in _LISTED if path.endswith("parquet")]), st.sampled_from(_CHANGES)),
)  # fmt: skip


def _run(*arguments):
    """Exit code, what stdout says as JSON, and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*map(str, arguments), "--json"])
    return code, json.loads(out.getvalue()), err.getvalue()


def _counts(rejected=0, train=0):
    """Have the manifest count other seeds and records than there are, without a contradiction in itself."""

    def change(out):
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        status = {**manifest["status"], "rejected": rejected or manifest["status"]["rejected"]}
        splits = {**manifest["splits"], **({"train": manifest["splits"].get("train", 0) + train} if train else {})}
        status["published"] = sum(splits.values())
        sign(out, seeds=sum(status.values()), status=status, splits=splits)

    return change


_COMMANDS = {
    "stats": lambda out: ("stats", out),
    "card": lambda out: ("card", out, "--check"),
    "report": lambda out: ("report", out, "--out", out.parent / "report.html"),
    "diff": lambda out: ("diff", out, out.parent / "whole"),
    "sources": lambda out: ("sources", out, "--out", out.parent / "seeds"),
    "remove": lambda out: ("remove", out, "--id", _ID, "--reason", "x"),
    "publish": lambda out: ("publish", out, "a/b"),  # without a token: nothing is asked of the Hub
    "build": lambda out: ("build", out.parent / "in", "--out", out, "--workers", "1"),
}


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each case is small, and one takes half a second
)
@example(case=("manifest.json", "seeds 9", _manifest("seeds", 9, True)), command="remove")
@example(case=("manifest.json", "no splits", _manifest("splits", {}, True)), command="stats")
@example(case=("manifest.json", "another ledger", _counts(rejected=7)), command="remove")
@example(case=("manifest.json", "more records", _counts(train=6)), command="remove")
@given(case=st.one_of(_stray, _damaged), command=st.sampled_from(sorted(_COMMANDS)))
def test_whatever_lies_in_a_build_is_named_by_every_command(built, tmp_path, case, command):
    path, what, damage = case
    shutil.rmtree(tmp_path / "case", ignore_errors=True)
    out = shutil.copytree(built, tmp_path / "case/out")
    shutil.copytree(built, tmp_path / "case/whole")
    shutil.copytree(built.parent / "in", tmp_path / "case/in")
    damage(out)
    code, said, err = _run("verify", out)
    # What another version signed is not all checked, and that is said.
    was_whole = is_harmless(path) or _same(out, built) or (bool(said.get("unchecked")) and said["ok"])
    if not (out / "manifest.json").exists() and not (out / "manifest.json").is_symlink():
        assert (code, said["error"]["code"]) == (2, "output"), what
    else:
        assert (code, said["ok"], err) == (0 if was_whole else 1, was_whole, ""), (what, said)
    code, said, err = _run(*_COMMANDS[command](out))
    assert "Traceback" not in err
    assert code in (0, 1, 2), (what, said)
    if was_whole:
        assert code == 0 or command == "publish", (what, said)
    elif code == 2:
        assert said["error"]["code"] in ("damaged", "output", "config", "input", "access", "unfinished"), (what, said)
        assert said["error"]["hint"]


def _same(left, right):
    """Whether two builds hold the same files with the same bytes."""
    return _bytes(left) == _bytes(right)


def _bytes(folder):
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        found[name] = path.read_bytes() if path.is_file() else path.is_dir() and not path.is_symlink()
        if name == "manifest.json" and path.is_file():
            found[name] = found[name].rstrip()  # its last newline says nothing
    return found
