"""Several inputs in one build, what is said of files that are not seeds, and inputs behind a URL."""

import functools
import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
from support import hub as stand_in
from support.builds import ROOT, ledger, outcomes
from support.containers import deflated_zip, read_all, seeds, texts_or_reasons

import corpus_vn_police as cvp
from corpus_vn_police.config import load_config
from corpus_vn_police.errors import ConfigError, DiskError, InputError
from corpus_vn_police.stages.read import Batching, Source, Texts, list_input, load
from corpus_vn_police.stages.read.skipped import Skipped


def _article(number):
    return f" date 2020-0{number % 9 + 1} Công an quận {number} bắt {number * 7} nghi can ở phường {number * 3 + 1}."


def _row(number):
    return json.dumps({"text": _article(number)}, ensure_ascii=False) + "\n"


# Several inputs


@pytest.fixture
def several(write):
    root = write({
        "x/a/1.txt": _article(1), "x/a/b/2.txt": _article(2), "x/a/notes.md": "n", "x/a/.h.txt": "h",
        "y/b.jsonl": _row(3) + _row(4), "y/c.zip": deflated_zip([("5.txt", _article(5).encode())]),
    })  # fmt: skip
    return root, [root / "x/a", root / "y/b.jsonl", root / "y/c.zip"]


def test_each_path_begins_with_the_last_name_of_its_input(several, tmp_path):
    root, inputs = several
    built = cvp.build(inputs, out=tmp_path / "out")
    assert outcomes(tmp_path / "out") == dict.fromkeys(
        ["a/1.txt", "a/b/2.txt", "b.jsonl#1", "b.jsonl#2", "c.zip/5.txt"], "published"
    )
    assert "skipped, because they are not seeds: a/notes.md; 1 hidden (a/.h.txt)" in built.notes
    again = cvp.build((str(root / "y/c.zip"), str(root / "y/b.jsonl"), f"{root}/x/a/"), out=tmp_path / "again")
    assert again.digest == built.digest


def test_on_the_command_line_too(several, tmp_path, cli):
    _, inputs = several
    told = cli("build", *inputs, "--out", tmp_path / "out", "--json")
    assert json.loads(told.stdout)["seeds"] == 5, told.stderr
    told = cli("check", *inputs, "--json")
    assert [json.loads(line)["path"] for line in told.stdout.splitlines()] == [
        row["path"] for row in ledger(tmp_path / "out")
    ]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("x/a", "y/a", "both are called a"),
        ("x/a", "x/a/", "both are called a"),
        ("x/a", "x/a/b", "is inside"),
        ("x", "x/a/1.txt", "is inside"),
        ("x/*", "x/a", "is inside"),
        ("x", "link", "is inside"),
    ],
)
def test_inputs_of_one_name_or_in_one_another_are_refused_by_their_names(write, first, second, said):
    root = write({"x/a/1.txt": "1", "x/a/b/2.txt": "2", "y/a/3.txt": "3"})
    (root / "link").symlink_to("x")
    for inputs in ((first, second), (second, first)):
        with pytest.raises(InputError, match=said) as caught:
            list_input(Source(tuple(f"{root}/{name}" for name in inputs)))
        assert f"{root}/{first}" in str(caught.value)
        assert f"{root}/{second}" in str(caught.value)


def test_a_glob_and_a_file_beside_what_it_matches_go_together(write):
    root = write({"x/1.txt": "1", "x/b.jsonl": '{"text": "2"}'})
    listing = list_input(Source((f"{root}/x/*.txt", f"{root}/x/b.jsonl")))
    assert listing.names == ("b.jsonl", "x/1.txt")


def test_a_corpus_toml_beside_one_of_them_is_not_read_without_a_word(several, tmp_path):
    root, inputs = several
    config = root / "x/a/corpus.toml"
    config.write_text('version = "3.0.0"\n', encoding="ascii")
    with pytest.raises(ConfigError) as caught:
        cvp.build(inputs, out=tmp_path / "out")
    assert str(caught.value) == (
        f"{config}: is not read, because there are several inputs\n"
        f"give --config {config} to use it for all of them, or --config with another file"
    )
    assert cvp.build(inputs, out=tmp_path / "out", config=config).version == "3.0.0"


def test_what_was_taken_down_beside_one_of_them_stays_away(several, tmp_path):
    root, inputs = several
    identity = next(row["id"] for row in _rows_of(inputs, tmp_path) if row["path"] == "b.jsonl#2")
    (root / "y/removed.csv").write_text(f"id,sha256,date,reason\n{identity},,2021-01-01,asked for\n", encoding="ascii")
    (root / "other.toml").touch()
    for config in (None, root / "other.toml"):
        built = cvp.build(inputs, out=tmp_path / "out", config=config)
        assert built.status["removed"] == 1


def _rows_of(inputs, tmp_path):
    cvp.build(inputs, out=tmp_path / "first")
    return ledger(tmp_path / "first")


def test_only_what_changed_is_read_again(several, tmp_path):
    root, inputs = several
    for path in root.rglob("*"):
        os.utime(path, ns=(1, 1))
    read = []
    progress = lambda step, done, total: read.append((done, total)) if step == "read bytes" else None  # noqa: E731
    first = cvp.build(inputs, out=tmp_path / "out", progress=progress)
    size = read[0][1]
    assert (read[0][0], sum(done for done, _ in read)) == (0, size)
    read.clear()
    (root / "x/a/new.txt").write_text(_article(6), encoding="utf-8")
    second = cvp.build(inputs, out=tmp_path / "out", progress=progress)
    fresh = cvp.build(inputs, out=tmp_path / "fresh")
    assert read[0] == (size, size + (root / "x/a/new.txt").stat().st_size)
    assert (second.seeds, second.digest) == (first.seeds + 1, fresh.digest)


def test_an_output_in_any_of_them_is_refused(several):
    _, inputs = several
    with pytest.raises(ConfigError, match="overlap"):
        cvp.build(inputs, out=inputs[0] / "out")


# Files that are not seeds


def test_the_first_files_that_are_skipped_are_named_and_the_others_counted(write):
    names = [f"{number}.docx" for number in range(8)]
    skipped = read_all(write({**dict.fromkeys([*names, ".b", ".a"], ""), "a.txt": "a"}))[1]
    assert skipped == Skipped(2, 8, (".a", ".b"), tuple(names[:5]))
    assert skipped.said() == "0.docx, 1.docx, 2.docx, 3.docx, 4.docx and 3 more; 2 hidden (.a, .b)"


def test_the_sum_of_what_is_skipped_does_not_depend_on_the_order():
    parts = [Skipped.of(other=[f"{number}.md"]) for number in range(9)]
    assert sum(parts, Skipped()) == sum(parts[::-1], Skipped()) == Skipped.of(other=[f"{n}.md" for n in range(9)])
    assert Skipped.of_json(parts[0].as_json()) == parts[0]


def test_files_that_describe_the_corpus_are_not_named(write, tmp_path):
    folder = write({
        "1.txt": _article(1), "corpus.toml": '[card]\nprose = "card/prose.md"\n[record]\nfields = "fields.json"\n',
        "card/prose.md": "# X\n", "fields.json": '{"properties": {"topic": {"type": ["string", "null"], "description": "T."}}}',
        "CHANGES.md": "# Changes\n\n## 0.0.0\n\nFirst.\n", "removed.csv": "id,sha256,date,reason\n",
    })  # fmt: skip
    built = cvp.build(folder, out=tmp_path / "out")
    assert (built.seeds, [note for note in built.notes if note.startswith("skipped")]) == (1, [])


def test_the_shipped_seeds_skip_nothing_that_is_named(tmp_path):
    assert [note for note in cvp.build(out=tmp_path / "out").notes if note.startswith("skipped")] == []


# Behind a URL


def _in_a_process(urls, **variables):
    code = (
        "import json, sys\nfrom support.containers import read_all\n"
        "for url in sys.argv[1:]:\n    rows, skipped = read_all(url)\n"
        "    print(json.dumps([{row['path']: row['reason'] or row['body'].decode() for row in rows}, skipped.said()]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, *urls], capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", **variables},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_a_dataset_of_the_hub_is_read_at_one_commit_without_its_own_files(tmp_path):
    with stand_in.serving() as hub:
        repo = hub.repos["user/name"] = stand_in.Repo(private=False)
        files = {"README.md": b"# X", ".gitattributes": b"", "data/a.jsonl": b'{"text": "a"}\n', "b.txt": b"b"}
        commit = hub._add(repo, {name: stand_in.Blob(len(data), data) for name, data in files.items()}, "first")
        repo.tags["v1"] = commit
        hub.commit("user/name", {"b.txt": b"later"})
        urls = ["hf://datasets/user/name", "hf://datasets/user/name@v1", "hf://datasets/user/name@v1/data/a.jsonl"]
        found = _in_a_process(urls, **stand_in.variables(hub, tmp_path))
    assert found == [
        [{"b.txt": "later", "data/a.jsonl#1": "a"}, "README.md; 1 hidden (.gitattributes)"],
        [{"b.txt": "b", "data/a.jsonl#1": "a"}, "README.md; 1 hidden (.gitattributes)"],
        [{"a.jsonl#1": "a"}, ""],
    ]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def web(write):
    """A folder as Python's own server shows it: pages with links, no parts of files."""
    pytest.importorskip("aiohttp")
    folder = write(
        {
            "a.txt": "a http://x/y",
            "sub/b c.jsonl": '{"text": "<a href=\\"http://x/\\">"}\n',
            "Tin Đ.txt": "đ",
            "n.md": "",
        }
    )
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_of_links_is_a_folder_and_a_file_of_seeds_is_none(web):
    rows = {"Tin Đ.txt": "đ", "a.txt": "a http://x/y", "sub/b c.jsonl#1": '<a href="http://x/">'}
    assert texts_or_reasons(web) == rows
    assert texts_or_reasons(f"{web}/sub/b%20c.jsonl") == {"b c.jsonl#1": rows["sub/b c.jsonl#1"]}
    with pytest.raises(InputError, match="no such file"):
        seeds(f"{web}/c.txt")


def test_several_inputs_may_be_behind_urls(web, write):
    found = list_input(Source((f"{web}/sub", str(write({"1.txt": "1"}, "here")))))
    assert found.names == ("here/1.txt", "sub/b c.jsonl")
    assert found.root.location("sub/b c.jsonl") == f"{web}/sub/b%20c.jsonl"


def test_law_14_a_server_that_fails_is_not_the_seed_s_fault(web, monkeypatch):
    listing = list_input(web)
    monkeypatch.setattr(_Quiet, "do_GET", lambda handler: handler.send_error(503))
    with pytest.raises(DiskError, match="cannot be read: ClientResponseError: 503"):
        list(load(Texts(listing.root, listing.names, {}), load_config(None), Batching()))
    monkeypatch.setattr(_Quiet, "do_HEAD", lambda handler: handler.send_error(503))
    with pytest.raises(DiskError, match="cannot be listed: 503"):
        list_input(f"{web}/a.txt")


@pytest.mark.parametrize(
    ("url", "driver", "hint"),
    [
        ("s3://bucket/a", "s3fs", "pip install 'corpus-vn-police[s3]'"),
        ("https://host/a", "aiohttp", "pip install 'corpus-vn-police[http]'"),
        ("gs://bucket/a", "gcsfs", "pip install 'gcsfs'"),
    ],
)
def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch, url, driver, hint):
    import fsspec

    def without(protocol):
        raise ImportError(f"Install {driver} to access {protocol}")

    monkeypatch.setattr(fsspec.core, "get_filesystem_class", without)
    with pytest.raises(InputError) as caught:
        list_input(url)
    assert caught.value.hint == hint
    assert caught.value.message.startswith(f"{url}: the package that reads {url.partition('://')[0]}:// is missing: ")
