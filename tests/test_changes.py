"""Versions of the data: what a build says that its changes ask for."""

import json

import pytest

import corpus_vn_police as cvp
from corpus_vn_police.commands.versions import add_change, propose
from corpus_vn_police.dataset.manifest import read_manifest

_FIRST = {"a.txt": " date 2020-12 Một hai ba.", "b.txt": " date 2021-01 Bốn năm sáu."}


def _build(write, tmp_path, files, toml=""):
    folder = write({**files, "corpus.toml": toml})
    for path in folder.iterdir():
        if path.name not in {*files, "corpus.toml"}:
            path.unlink()
    return [
        note
        for note in cvp.build(folder, out=tmp_path / "out", workers=1).notes
        if "for CHANGES.md" in note or "changes since" in note
    ]


def _asked(version, *lines):
    return (
        f'the changes since version 0.1.0 need version {version}, not 0.1.0: write\nversion = "{version}"\n'
        f"into corpus.toml, and on top of CHANGES.md beside it:\n## {version}\n\n" + "\n".join(lines)
    )


@pytest.mark.parametrize(
    ("files", "toml", "note"),
    [
        ({**_FIRST, "c.txt": "Bảy tám."}, "", _asked("0.2.0", "- 1 record added")),
        ({"a.txt": _FIRST["a.txt"], "c.txt": "Bảy.", "d.txt": "Tám."}, "", _asked("0.2.0", "- 2 records added", "- 1 record removed")),
        (_FIRST, '[splits]\ntest_from = "2021-01"\n', _asked("1.0.0", "- 1 record moved from train to test")),
        ({**_FIRST, "1_0123456789abcdef.txt": "x."}, "", _asked("0.2.0", "- 1 record added")),
        (_FIRST, "[quality]\nenabled = false\n", _asked("0.2.0", "- 2 records changed: `vietnamese_share` 2, `syllable_share` 2, `tone_style.old` 2, `tone_style.new` 2")),
        (_FIRST, "[sources]\nenabled = false\n", _asked("0.2.0", "- the build has other configs than before")),
        (_FIRST, 'title = "x"\n', _asked("0.1.1", "- the card or another description changed; the records are the same")),
    ],
)  # fmt: skip
def test_a_build_proposes_the_version_that_its_changes_ask_for(write, tmp_path, files, toml, note):
    assert _build(write, tmp_path, _FIRST) == []
    found = _build(write, tmp_path, files, toml)
    assert found == [note]


def test_the_same_build_again_proposes_nothing(write, tmp_path):
    assert [_build(write, tmp_path, _FIRST) for _ in range(2)] == [[], []]


def test_a_version_that_is_high_enough_wants_its_lines_in_the_list_of_changes(write, tmp_path):
    _build(write, tmp_path, _FIRST)
    more = {**_FIRST, "c.txt": "Bảy."}
    note = "for CHANGES.md beside corpus.toml, which the card shows:\n## 0.10.0\n\n- 1 record added"
    assert _build(write, tmp_path, more, 'version = "0.10.0"') == [note]


def test_a_version_whose_changes_are_listed_wants_nothing(write, tmp_path):
    _build(write, tmp_path, _FIRST)
    more = {**_FIRST, "c.txt": "Bảy.", "CHANGES.md": "# Changes\n\n## 0.2.0\n\n- more\n"}
    assert _build(write, tmp_path, more, 'version = "0.2.0"') == []
    assert "**0.2.0**\n\n- more\n<!-- end: changes -->" in (tmp_path / "out/README.md").read_text()


def test_a_changed_record_format_asks_for_a_major_version(write, tmp_path):
    cvp.build(write(_FIRST), out=tmp_path / "out", workers=1)
    after = read_manifest(tmp_path / "out")
    before = {**after, "version": "1.2.3", "schemas": {**after["schemas"], "record": "0" * 64}}
    found = propose(tmp_path / "out", tmp_path / "out", before, after)
    assert (found.version, found.lines) == ("2.0.0", ("- the record format changed",))


def test_a_build_that_cannot_be_read_is_replaced_all_the_same(write, tmp_path):
    _build(write, tmp_path, _FIRST)
    (tmp_path / "out/data/train-00000-of-00001.parquet").write_bytes(b"x")
    note = _asked("0.2.0", "- the older build could not be read, so it is not known what changed")
    assert _build(write, tmp_path, {**_FIRST, "c.txt": "Bảy."}) == [note]
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    (tmp_path / "out/manifest.json").write_text(
        json.dumps({**manifest, "schema": "urn:corpus-vn-police:schema:manifest:0.9.0"})
    )
    assert _build(write, tmp_path, _FIRST) == []
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    (tmp_path / "out/manifest.json").write_text(json.dumps({**manifest, "version": "next"}))
    assert _build(write, tmp_path, {"a.txt": _FIRST["a.txt"]}) == []
    assert cvp.verify(tmp_path / "out").ok


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "# Changes\n\n- new\n"),
        ("# Changes\n", "# Changes\n\n- new\n"),
        ("# Mine\n\n- old\n", "# Mine\n\n- new\n- old\n"),
        ("# Mine\n## 0.1.0\n\n- old", "# Mine\n\n- new\n\n## 0.1.0\n\n- old"),
        ("## 0.1.0\n", "# Changes\n\n- new\n\n## 0.1.0\n"),
    ],
)
def test_a_change_is_added_on_top(text, expected):
    assert add_change(text, "- new") == expected
