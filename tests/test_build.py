"""Builds: laws 3, 4, 6, 7, 9 and 10, and what the folder holds."""

import hashlib
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builds import ROOT, SEEDS, ledger, outcomes, place_of, records

import corpus_vn_police as cvp
from corpus_vn_police.commands.build.pipeline import Job, run_build
from corpus_vn_police.config import load_config
from corpus_vn_police.contract import CONFIGS, contracts, load_contract, schema_digests
from corpus_vn_police.dataset import cuts
from corpus_vn_police.dataset.digest import ColumnHashes
from corpus_vn_police.dataset.figures import STATUSES
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.errors import ConfigError, NothingPublishedError, OutputError, RejectedError
from corpus_vn_police.paths import output_path
from corpus_vn_police.stages.read import Batching
from corpus_vn_police.write import parquet

_MIXED = {
    **{f"{n:03d}.txt": f" date 20{n % 25:02d}-0{n % 9 + 1} Bài số {n}\n\nĐoạn hai, {'được ' * n}" for n in range(60)},
    "bad/utf8.txt": b" date 2020-12 \xff",
    "bad/nul.txt": b"a\0b",
    "bad/empty.txt": "",
    "bad/header.txt": "date 2020-13 a",
    "rows.jsonl": "\n".join(
        json.dumps({"id": n, "text": f"Dòng {n}", "date": f"2021-{n % 12 + 1:02d}"}) for n in range(120)
    ),
    "corpus.toml": '[splits]\nvalidation_from = "2015-01"\ntest_from = "2021-06"\n',
}


def _status(**counts):
    return {status: counts.get(status, 0) for status in STATUSES}


def _published(out):
    return [row["id"] for row in records(out)]


def test_the_two_seeds_become_a_dataset(tmp_path):
    built = cvp.build(SEEDS, out=tmp_path / "out")
    assert (built.seeds, built.status, built.splits) == (2, _status(published=2), {"train": 1, "test": 1})
    first, second = records(tmp_path / "out")
    data = (SEEDS / "000_c76f5c9e64c8c598.txt").read_bytes()
    assert data.decode().startswith(f" date 2020-12 {first['text'][:400]}")
    assert {key: first[key] for key in ("id", "date", "date_precision", "year", "month", "n_paragraphs", "n_chars", "n_syllables")} == {
        "id": "c76f5c9e64c8c598", "date": "2020-12", "date_precision": "month", "year": 2020, "month": 12,
        "n_paragraphs": 7, "n_chars": len(first["text"]), "n_syllables": len(first["text"].split()),
    }  # fmt: skip
    assert first["source"] == {
        "path": "000_c76f5c9e64c8c598.txt", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
        "key": None, "url": None, "publisher": None,
    }  # fmt: skip
    assert (second["id"], second["date"]) == ("3ae91319fd06e6ae", "2023-06")


def test_law_3_every_seed_has_one_row_in_the_ledger(write, tmp_path):
    built = cvp.build(write(_MIXED), out=tmp_path / "out")
    rows = ledger(tmp_path / "out")
    expected = sorted(
        [name for name in _MIXED if name.endswith(".txt")] + [f"rows.jsonl#{n}" for n in range(1, 121)], key=place_of
    )
    assert [row["path"] for row in rows] == expected
    assert {path: outcome for path, outcome in outcomes(tmp_path / "out").items() if path.startswith("bad")} == {
        "bad/utf8.txt": "encoding.invalid_utf8", "bad/nul.txt": "encoding.nul",
        "bad/empty.txt": "text.empty", "bad/header.txt": "header.impossible_date",
    }  # fmt: skip
    assert built.seeds == len(rows) == sum(built.status.values())
    assert built.status == _status(published=180, rejected=4)


def test_law_4_order_batches_and_workers_change_nothing(write, tmp_path):
    folder = write(_MIXED)
    digests = {cvp.build(folder, out=tmp_path / "out", workers=1).digest}
    names = list(_MIXED)
    random.Random(7).shuffle(names)
    digests.add(cvp.build(write({name: _MIXED[name] for name in names}, "shuffled"), out=tmp_path / "b").digest)
    corpus = load_config(folder / "corpus.toml")
    for workers, batching in [(1, Batching(5, 1 << 20)), (2, Batching(11, 900)), (3, Batching(50, 1 << 20))]:
        digests.add(
            run_build(str(folder), output_path(tmp_path / "c"), corpus, Job(workers=workers, batching=batching)).digest
        )
    assert len(digests) == 1


@pytest.mark.parametrize("locale", ["C", "vi_VN.UTF-8", "tr_TR.UTF-8"])
def test_law_4_place_and_machine_change_nothing(write, tmp_path, cli, locale):
    folder = write(_MIXED)
    digests = {json.loads(cli("build", folder, "--out", tmp_path / "a", "--json").stdout)["digest"]}
    shutil.copytree(folder, tmp_path / "elsewhere/đây")
    mask = os.umask(0o077)
    told = cli(
        "build",
        "đây",
        "--out",
        "b",
        "--json",
        cwd=tmp_path / "elsewhere",
        PYTHONHASHSEED="3",
        TZ="Asia/Tokyo",
        LC_ALL=locale,
    )
    os.umask(mask)
    digests.add(json.loads(told.stdout)["digest"])
    assert len(digests) == 1
    # Nothing of this machine is in it, so every file is the same, to the byte.
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "elsewhere/b/manifest.json").read_bytes()


def test_rows_stand_in_the_order_of_their_paths_inside_a_split(write, tmp_path):
    cvp.build(write(_MIXED), out=tmp_path / "out")
    for split in ("train", "validation", "test"):
        for config in CONFIGS:
            files = sorted((tmp_path / "out" / FOLDERS[config]).glob(f"{split}-*"))
            rows = [row for file in files for row in pl.read_parquet(file).to_dicts()]
            paths = [row["source"]["path"] if config == "default" else row.get("path") for row in rows]
            assert config == "annotations" or paths == sorted(paths, key=place_of)
    ids = {config: [row["id"] for row in records(tmp_path / "out", folder)] for config, folder in FOLDERS.items()}
    assert ids["default"] == ids["annotations"] == ids["sources"]


def test_law_7_the_sources_are_the_seeds_bytes(write, tmp_path):
    folder = write(_MIXED)
    cvp.build(folder, out=tmp_path / "out")
    lines = (folder / "rows.jsonl").read_bytes().split(b"\n")
    rows = records(tmp_path / "out", "sources")
    assert len(rows) == 180
    for row in rows:
        name, _, number = row["path"].partition("#")
        assert row["data"] == (lines[int(number) - 1] if number else (folder / name).read_bytes())


@given(
    st.lists(
        st.binary(max_size=60) | st.text().map(lambda text: f" date 2020-12 {text}".encode("utf-8", "surrogatepass")),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_9_no_bytes_raise_out_of_a_build(tmp_path, seeds):
    folder, out = tmp_path / "fuzz", tmp_path / "fuzzed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "good.txt").write_text("a")
    for number, data in enumerate(seeds):
        (folder / f"{number}.txt").write_bytes(data)
        (folder / f"{number}.jsonl").write_bytes(b'{"text": "a"}\n' + data.replace(b"\n", b" "))
    built = cvp.build(folder, out=out, workers=1)
    rows = ledger(out)
    assert built.seeds == len(rows) == len({row["path"] for row in rows})
    assert len(rows) >= 1 + 2 * len(seeds)
    assert cvp.verify(out).problems == ()


def _loaded(out, name=None, **options):
    return datasets.load_dataset(str(out), name, **options)


def test_law_10_what_is_loaded_is_what_was_built(write, tmp_path):
    cvp.build(write(_MIXED), out=tmp_path / "out")
    for config, folder in FOLDERS.items():
        for split in ("train", "validation", "test"):
            (file,) = (tmp_path / "out" / folder).glob(f"{split}-*")
            built = pq.read_table(file).to_pylist()
            assert _loaded(tmp_path / "out", config, split=split).to_list() == built
            assert list(_loaded(tmp_path / "out", config, split=split, streaming=True)) == built
        features = datasets.Features.from_arrow_schema(load_contract(CONFIGS[config]).schema)
        assert _loaded(tmp_path / "out", config, split="train").features == features


def test_a_folder_that_was_built_anew_gives_the_new_rows_not_cached_ones(write, tmp_path):
    for text in ("cũ", "mới", "nay"):
        cvp.build(write({"a.txt": text}), out=tmp_path / "out")
        assert _loaded(tmp_path / "out", split="train")["text"][:] == [text]
        assert [row["text"] for row in _loaded(tmp_path / "out", split="train", streaming=True)] == [text]


def test_the_files_read_in_duckdb_polars_and_pandas(write, tmp_path):
    cvp.build(write(_MIXED), out=tmp_path / "out")
    pattern = str(tmp_path / "out/data/*.parquet")
    assert duckdb.sql(
        f"select count(*), count(distinct id), sum(len(text)) = sum(n_chars) from '{pattern}'"
    ).fetchall() == [(180, 180, True)]
    assert pl.scan_parquet(pattern).select(pl.col("n_chars").sum()).collect().item() == sum(
        row["n_chars"] for row in records(tmp_path / "out")
    )
    assert len(pd.read_parquet(tmp_path / "out/data")) == 180


def test_the_card_names_the_splits_and_counts_that_there_are(write, tmp_path):
    built = cvp.build(write(_MIXED), out=tmp_path / "out")
    text = (tmp_path / "out/README.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert [config["config_name"] for config in front["configs"]] == ["default", "annotations", "sources"]
    for config, info in zip(front["configs"], front["dataset_info"], strict=True):
        assert config["description"] == built.digest
        assert {split["name"]: split["num_examples"] for split in info["splits"]} == built.splits
        assert info["download_size"] == sum(
            file.stat().st_size for file in (tmp_path / "out" / FOLDERS[config["config_name"]]).iterdir()
        )
    assert "| left out: rejected | 4 |" in text
    assert re.search(r"\| `encoding\.nul`: .* \| 1 \|\n", text)


def test_an_empty_split_is_left_out_everywhere(write, tmp_path):
    built = cvp.build(
        write({"a.txt": "date 2020 a", "corpus.toml": '[splits]\ntest_from = "2022-01"\n'}), out=tmp_path / "out"
    )
    assert built.splits == {"train": 1}
    assert not list((tmp_path / "out").rglob("test-*"))
    assert list(_loaded(tmp_path / "out")) == ["train"]


def test_configs_that_are_switched_off_are_left_out_everywhere(write, tmp_path):
    cvp.build(
        write({"a.txt": "a", "corpus.toml": "[sources]\nenabled = false\n[annotations]\nenabled = false\n"}),
        out=tmp_path / "out",
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "croissant.json",
        "data",
        "ledger.parquet",
        "manifest.json",
        "schema",
    ]
    assert datasets.get_dataset_config_names(str(tmp_path / "out")) == ["default"]
    assert cvp.verify(tmp_path / "out").ok


def test_seeds_with_one_id_and_different_bytes_are_all_rejected(write, tmp_path):
    name = "c76f5c9e64c8c598.txt"
    files = {f"1_{name}": "a", f"2_{name}": "b", f"3_{name}": b"\xff", "ok.txt": "c"}
    cvp.build(write(files), out=tmp_path / "out")
    assert outcomes(tmp_path / "out") == {
        f"1_{name}": "id.collision",
        f"2_{name}": "id.collision",
        f"3_{name}": "encoding.invalid_utf8",
        "ok.txt": "published",
    }
    assert ledger(tmp_path / "out")[0]["detail"] == f"same id, different bytes: 1_{name}, 2_{name}, 3_{name}"


def test_two_seeds_are_enough_for_a_collision_and_the_id_of_zeros_is_one(write, tmp_path):
    names = [f"{number}_{'0' * 16}.txt" for number in (1, 2)]
    cvp.build(write({names[0]: "a", names[1]: "b", "ok.txt": "c"}), out=tmp_path / "out")
    assert outcomes(tmp_path / "out") == {names[0]: "id.collision", names[1]: "id.collision", "ok.txt": "published"}


def test_seeds_with_one_id_and_the_same_bytes_are_one_record(write, tmp_path):
    cvp.build(write({"b/1.txt": "a", "a/2.txt": "a", "c.txt": "a", "d.txt": "d"}), out=tmp_path / "out")
    assert outcomes(tmp_path / "out") == {
        "a/2.txt": "published",
        "b/1.txt": "duplicate",
        "c.txt": "duplicate",
        "d.txt": "published",
    }
    kept, other = records(tmp_path / "out")
    assert (kept["source"]["path"], kept["duplicates"], other["duplicates"]) == ("a/2.txt", 2, 0)
    left_out = [row for row in ledger(tmp_path / "out") if row["status"] == "duplicate"]
    assert [(row["duplicate_of"], row["similarity"]) for row in left_out] == [(kept["id"], 1.0)] * 2
    assert cvp.verify(tmp_path / "out").ok


def test_a_record_that_breaks_the_schema_is_rejected_with_its_pointer(write, tmp_path):
    rows = [{"text": "a", "url": "not a url"}, {"text": "b", "url": "https://x.vn/b"}]
    cvp.build(write({"x.jsonl": "\n".join(map(json.dumps, rows))}), out=tmp_path / "out")
    bad, good = ledger(tmp_path / "out")
    assert (bad["reason"], bad["pointer"], good["status"]) == ("schema.pattern", "/source/url", "published")
    assert "not a url" not in bad["detail"]


def test_a_large_split_has_several_shards_with_the_same_records_in_every_config(write, tmp_path, monkeypatch):
    folder = write(_MIXED)
    whole = cvp.build(folder, out=tmp_path / "whole")
    monkeypatch.setattr(cuts, "ONE_SHARD_BYTES", 1500)
    monkeypatch.setattr(parquet, "GROUP_BYTES", 400)
    built = cvp.build(folder, out=tmp_path / "out")
    for config in FOLDERS.values():
        files = sorted((tmp_path / "out" / config).glob("train-*"))
        assert [file.name for file in files] == [
            f"train-{number:05d}-of-{len(files):05d}.parquet" for number in range(len(files))
        ]
        assert len(files) >= 8
        rows = [[row["id"] for row in pl.read_parquet(file, columns=["id"]).to_dicts()] for file in files]
        assert rows == [
            [row["id"] for row in pl.read_parquet(tmp_path / f"out/data/{file.name}").to_dicts()] for file in files
        ]
    assert _published(tmp_path / "out") == _published(tmp_path / "whole")
    assert cvp.verify(tmp_path / "out").digest == built.digest == whole.digest
    assert len(_loaded(tmp_path / "out", split="train")) == built.splits["train"]


def test_the_parquet_files_are_written_for_the_hub(write, tmp_path):
    cvp.build(write({"a.txt": "a"}), out=tmp_path / "out")
    file = pq.ParquetFile(tmp_path / "out/data/train-00000-of-00001.parquet")
    column = file.metadata.row_group(0).column(file.schema_arrow.get_field_index("text"))
    assert (column.compression, column.has_offset_index, column.has_column_index) == ("ZSTD", True, True)
    assert json.loads(file.metadata.metadata[b"huggingface"])["info"]["features"]["id"] == {
        "dtype": "string",
        "_type": "Value",
    }
    assert file.schema_arrow.names == load_contract("record").schema.names


def test_the_manifest_lists_every_other_file(write, tmp_path):
    out = tmp_path / "out"
    cvp.build(write(_MIXED), out=out)
    manifest = json.loads((out / "manifest.json").read_text())
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert {entry["path"]: (entry["bytes"], entry["sha256"]) for entry in manifest["files"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()
    }
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    canonical = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert manifest["sha256"] == hashlib.sha256(canonical).hexdigest()
    assert (manifest["date"], manifest["schemas"]) == ("2024-07", schema_digests(contracts()))
    assert str(tmp_path) not in (out / "manifest.json").read_text() + (out / "README.md").read_text()


def test_the_date_of_a_build_is_the_newest_record_s_or_the_one_given(write, tmp_path):
    folder = write({"a.txt": "date 2020-05 a", "b.txt": "b"})
    for given_date, date in [(None, "2020-05"), ("2026-01-02", "2026-01-02")]:
        cvp.build(folder, out=tmp_path / "out", date=given_date)
        assert json.loads((tmp_path / "out/manifest.json").read_text())["date"] == date


def _golden_table():
    kind = pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))])
    return pa.table(
        {
            "s": pa.array(["đ", None, "", "xy"]),
            "n": pa.array([1, -1, None, 0], pa.int8()),
            "t": pa.array([True, None, False, True]),
            "d": pa.array([0, None, -1, 18_603], pa.int32()).cast(pa.date32()),
            "l": pa.array([[{"a": 1, "b": ["x", None]}], [], None, [None, {"a": None, "b": None}]], pa.list_(kind)),
            "f": pa.array([0.5, float("inf"), None, -0.0]),
            "b": pa.array([b"\x00", b"", None, b"\xff\xff"]),
        }
    )


def test_the_digest_s_buffers_are_those_that_the_documentation_says():
    hashes = ColumnHashes()
    hashes.update(_golden_table())
    sha = {name: hashlib.sha256(data).hexdigest() for name, data in {
        "s:valid": b"\1\0\1\1", "s:lengths": b"\2\0\0\0\0\0\0\0\2\0\0\0", "s:values": "đxy".encode(),
        "n:valid": b"\1\1\0\1", "n:values": b"\1\xff\0",
        "t:valid": b"\1\0\1\1", "t:values": b"\1\0\1",
        "d:valid": b"\1\0\1\1", "d:values": b"\0\0\0\0\xff\xff\xff\xff" + (18_603).to_bytes(4, "little"),
        "l:valid": b"\1\1\0\1", "l:lengths": b"\1\0\0\0\0\0\0\0\2\0\0\0",
        "l[]:valid": b"\1\0\1", "l[].a:valid": b"\1\0", "l[].a:values": b"\1\0\0\0",
        "l[].b:valid": b"\1\0", "l[].b:lengths": b"\2\0\0\0", "l[].b[]:valid": b"\1\0", "l[].b[]:lengths": b"\1\0\0\0", "l[].b[]:values": b"x",
        "f:valid": b"\1\1\0\1", "f:values": b"\0\0\0\0\0\0\xe0?\0\0\0\0\0\0\xf0\x7f" + bytes(8),
        "b:valid": b"\1\1\0\1", "b:lengths": b"\1\0\0\0\0\0\0\0\2\0\0\0", "b:values": b"\0\xff\xff",
    }.items()}  # fmt: skip
    assert hashes.digest() == {"rows": 4, "buffers": sha}


@given(st.lists(st.integers(0, 4), max_size=3))
def test_how_a_block_is_cut_changes_no_hash(cuts):
    table, whole, pieces = _golden_table(), ColumnHashes(), ColumnHashes()
    whole.update(table)
    bounds = sorted({0, 4, *cuts})
    for start, stop in itertools.pairwise(bounds):
        pieces.update(table.slice(start, stop - start))
    assert pieces.digest() == whole.digest()


def test_an_output_that_holds_something_else_is_left_alone(write, tmp_path):
    folder = write({"a.txt": "a"})
    (tmp_path / "other").mkdir()
    (tmp_path / "other/precious.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for out, said in {"other": "holds something other", "file": "is a file"}.items():
        with pytest.raises(OutputError, match=said):
            cvp.build(folder, out=tmp_path / out)
    assert sorted(path.name for path in tmp_path.iterdir() if "other" in path.name or "file" in path.name) == [
        "file",
        "other",
    ]
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["precious.txt"]


@pytest.mark.parametrize("out", ["in/out", ".", "in"])
def test_seeds_and_output_may_not_lie_in_one_another(write, tmp_path, out):
    with pytest.raises(ConfigError, match="overlap"):
        cvp.build(write({"a.txt": "a"}), out=tmp_path / out)


def test_an_older_build_stays_where_the_new_one_would_publish_nothing(write, tmp_path):
    old = cvp.build(write({"a.txt": "a"}), out=tmp_path / "out")
    with pytest.raises(NothingPublishedError, match=r"1 text\.empty"):
        cvp.build(write({"b.txt": ""}, "bad"), out=tmp_path / "out")
    with pytest.raises(RejectedError, match=r"1 of 2 seeds are rejected: 1 text\.empty"):
        cvp.build(write({"b.txt": "", "c.txt": "c"}, "half"), out=tmp_path / "out", strict=True)
    assert cvp.verify(tmp_path / "out").digest == old.digest
    assert not (tmp_path / ".out.state/new").exists()


def test_a_second_build_into_the_same_folder_says_that_it_is_busy(write, tmp_path):
    from corpus_vn_police.state.folder import open_state

    with open_state(tmp_path / "out"), pytest.raises(OutputError, match="another build is writing"):
        cvp.build(write({"a.txt": "a"}), out=tmp_path / "out")


def test_a_build_that_is_killed_leaves_the_old_one_and_no_process(write, tmp_path):
    folder = write({f"{number}.txt": "chữ " * 2000 for number in range(3000)})
    old = cvp.build(write({"a.txt": "a"}, "small"), out=tmp_path / "out")
    script = f"import corpus_vn_police as c\nif __name__ == '__main__': c.build({str(folder)!r}, out={str(tmp_path / 'out')!r}, workers=2)"
    (tmp_path / "run.py").write_text(script)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "run.py"], env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True
    )
    parts = tmp_path / ".out.state/parts"
    while not (parts.is_dir() and any(parts.iterdir())):
        assert process.poll() is None, "it ended before it could be killed"
    process.kill()
    process.wait()
    assert cvp.verify(tmp_path / "out").digest == old.digest
    assert _session(process.pid) == []  # nothing outlives it
    assert cvp.build(folder, out=tmp_path / "out").status == _status(published=1, duplicate=2999)


def _session(leader):
    """Processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # ended just now
            continue
        if int(session) == leader and state != "Z":
            found.append(stat.parent.name)
    return found


def test_a_plain_script_may_build_with_several_threads(write, tmp_path):
    folder = write({f"{number}.txt": f"a {number}" for number in range(4001)})
    (tmp_path / "script.py").write_text(
        f"import corpus_vn_police as cvp\nprint(cvp.build({str(folder)!r}, out='out', workers=2).seeds)\n"
    )
    told = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (told.stdout, told.stderr) == ("4001\n", "")


def test_an_output_that_is_a_link_is_built_where_it_leads(write, tmp_path):
    folder = write({"a.txt": "a"})
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        cvp.build(folder, out=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert cvp.verify(tmp_path / "real").ok


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"manifest.json": '{"name": "my app", "manifest_version": 3}', "thesis.docx": "x"}, "is not that of a build"),
        ({"manifest.json": "{"}, "is not that of a build"),
        ({"notes.txt": "mine"}, "notes.txt"),
    ],
)
def test_a_folder_with_a_stranger_s_files_is_no_build_to_replace(write, tmp_path, files, said):
    folder = write({"a.txt": "a"})
    out = tmp_path / "out"
    if "manifest.json" not in files:
        cvp.build(folder, out=out)
    write(files, "out")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=said):
        cvp.build(folder, out=out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_glob_does_not_read_what_an_older_build_wrote(write, tmp_path):
    folder = write({"a.txt": "a"})
    first = cvp.build(f"{folder}/*", out=folder / "out")
    assert cvp.build(f"{folder}/*", out=folder / "out") == first
    assert cvp.build(f"{folder}/**", out=folder / "out") == first
    assert outcomes(folder / "out") == {"a.txt": "published"}
    assert "skipped, because they are not seeds: out" in cvp.check(f"{folder}/*").notes
    cvp.build(f"{folder}/*", out=folder / "second")
    assert outcomes(folder / "second") == {"a.txt": "published"}
    above = folder.parent
    assert cvp.check(f"{above}/*/a.txt").seeds == 1
    named = cvp.check(f"{above}/{folder.name[0]}*/out").ledger
    assert named.select("path", "reason").rows() == [(f"{folder.name}/out", "file.build_output")]
    for seeds in (f"{folder}/out/*", f"{folder}/out/data/*.parquet", next((folder / "out/data").iterdir())):
        with pytest.raises(ConfigError, match="overlap"):
            cvp.build(seeds, out=folder / "out")
    with pytest.raises(ConfigError, match="overlap"):
        cvp.build(f"file://{folder}", out=folder / "out")


@pytest.mark.parametrize("seeds", ["out/*", "out/data/*.parquet", "out/ledger.parquet", "out/data/**"])
def test_what_lies_in_the_output_is_not_an_input(write, tmp_path, seeds):
    out = tmp_path / "out"
    cvp.build(write({"a.txt": "a"}), out=out)
    with pytest.raises(ConfigError, match="overlap"):
        cvp.build(f"{tmp_path}/{seeds}", out=out)
    assert cvp.verify(out).ok


@pytest.mark.parametrize("date", ["2020--1207", "20201207--", "2020-1-007", "２０２０-12-07", "2020-02-30", "2020-12"])
def test_a_date_of_a_build_is_a_day_of_the_calendar(write, tmp_path, date):
    with pytest.raises(ConfigError, match="not a day of the calendar"):
        cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", date=date)


def test_a_build_says_how_many_titles_are_no_headlines(write, tmp_path):
    sentence = "Ngày {}/12, Công an tỉnh đã tổ chức hội nghị sơ kết."
    titles = ["Sơ kết công tác", *map(sentence.format, (7, 7, 8, 9))]
    lines = [json.dumps({"title": title, "text": f"{title}\nHội nghị diễn ra trong một ngày."}) for title in titles]
    both, one, none = (
        write({"x.jsonl": "\n".join(part)}, name) for name, part in (("a", lines), ("b", lines[:2]), ("c", lines[:1]))
    )
    notes = [cvp.build(seeds, out=tmp_path / f"out-{seeds.name}", dedup="exact").notes for seeds in (both, one, none)]
    told = [[note for note in each if "headline" in note] for each in notes]
    rule = "(a whole sentence, several sentences or more than 300 characters): it stays in the text"
    # The second of the two that are the same is a duplicate, and no record.
    assert told == [
        [f"3 records have a title that is not a headline {rule}"],
        [f"1 record has a title that is not a headline {rule}"],
        [],
    ]
