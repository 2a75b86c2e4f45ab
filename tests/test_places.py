"""Folders of every name, and every locale: a build works there, or is refused with the reason."""

import json
import os
import shutil
import subprocess
import sys

import datasets
import datasets.packaged_modules
import pytest
from support.builds import ROOT, SEEDS, outcomes

import corpus_vn_police as cvp
from corpus_vn_police.errors import ConfigError, CorpusError, InputError, OutputError
from corpus_vn_police.paths import PACKAGED, check_loadable, output_path

pytestmark = pytest.mark.field

posix = pytest.mark.skipif(os.name == "nt", reason="wants names that Windows has not")
_RECORDS = {"train": 1, "test": 1}

_READ = [
    "Hà Nội", "~", "~root", "a~b", "-x", "--out", "#", "a#b", "%41", "100 %", "a&b", "$", "a$", "a]", "{a,b}", "(a)", "!", "a:b",
    "a\nb", "a\tb", " ", "a ", "'", '"', "\\", "\x01", "\x7f", "\u200b", ".hidden", "__x__", "file:", "parquet", "x.zip", "é" * 64, "x" * 128,
]  # fmt: skip
_REFUSED = {
    "tin [2021]": "'[' for a pattern",
    "tin 202?": "'?' for a pattern",
    "a*": "'*' for a pattern",
    "[": "'[' for a pattern",
    "a::b": "'::' for a chain of URLs",
    "$HOME": "'$H' for a variable of the environment",
    "a${x}": "'${' for a variable of the environment",
    "a\udce9b": "it takes only names in UTF-8",
}
_REFUSED_LAST = {
    "x.py": "a name that ends in .py for a program",
    "é" * 65: "its name has 130 bytes",
    "x" * 255: "its name has 255 bytes",
}
_REFUSED_RELATIVE = {
    "~": "'~' for somebody's home",
    "~x": "'~x' for somebody's home",
    "./~x": "'~x' for somebody's home",
    "~x/out": "'~x' for somebody's home",
    "file:": "'file:' for the beginning of a URL",
    "parquet": "'parquet' for a kind of file",
    "./json": "'json' for a kind of file",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build of the shipped seeds."""
    out = tmp_path_factory.mktemp("built") / "out"
    cvp.build(SEEDS, out=out, workers=1)
    return out


def _loaded(path, tmp_path, **options):
    """How many records `load_dataset` finds in a folder, without what it has in its cache."""
    cache = str(tmp_path / f"cache-{len(list(tmp_path.iterdir()))}")
    found = datasets.load_dataset(str(path), cache_dir=cache, **options)
    return {split: sum(1 for _ in rows) for split, rows in found.items()}


def _why(given):
    """Why a folder is refused; None if it is not."""
    try:
        check_loadable(output_path(given))
    except CorpusError as error:
        return str(error)
    return None


@posix
@pytest.mark.parametrize("name", _READ, ids=ascii)
def test_a_folder_that_is_not_refused_is_read_by_load_dataset(built, tmp_path, name):
    out = tmp_path / "above" / name
    assert _why(out) is None
    shutil.copytree(built, out)
    assert _loaded(out, tmp_path) == _RECORDS
    assert _loaded(out, tmp_path, streaming=True) == _RECORDS


@posix
@pytest.mark.parametrize(("name", "reason"), [*_REFUSED.items(), *_REFUSED_LAST.items()], ids=ascii)
def test_a_folder_that_load_dataset_cannot_read_is_refused(tmp_path, name, reason):
    assert reason in (_why(tmp_path / name) or "")


@posix
@pytest.mark.parametrize(("name", "reason"), _REFUSED.items(), ids=ascii)
def test_a_folder_below_one_that_load_dataset_cannot_read_is_refused(tmp_path, name, reason):
    assert reason in (_why(tmp_path / name / "out") or "")


@posix
@pytest.mark.parametrize(("given", "reason"), _REFUSED_RELATIVE.items())
def test_a_relative_path_that_load_dataset_takes_for_something_else_is_refused(tmp_path, monkeypatch, given, reason):
    monkeypatch.chdir(tmp_path)
    assert reason in (_why(given) or "")
    assert _why(tmp_path / given) is None


def test_a_link_to_a_folder_that_load_dataset_cannot_read_is_refused(tmp_path):
    (tmp_path / "[a]").mkdir()
    (tmp_path / "plain").symlink_to("[a]")
    assert "'[' for a pattern" in (_why(tmp_path / "plain") or "")


def test_every_kind_of_file_of_datasets_is_known():
    assert set(datasets.packaged_modules._PACKAGED_DATASETS_MODULES) <= PACKAGED


def test_a_path_that_is_too_long_is_refused(tmp_path):
    assert "leave room for the files in it" in (_why(tmp_path.joinpath(*["x" * 100] * 38)) or "")


@pytest.mark.parametrize("given", ["", "a\0b", "hf://datasets/user/name", "s3://bucket/x"])
def test_what_is_no_path_of_this_machine_is_no_output(given):
    with pytest.raises(ConfigError):
        output_path(given)


def test_a_refused_build_reads_nothing_and_writes_nothing(cli, tmp_path):
    told = cli("build", tmp_path / "missing", "--out", tmp_path / "tin [2021]", "--json")
    assert (told.returncode, json.loads(told.stdout)["error"]["code"]) == (2, "output")
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize(
    "name", ["tin [2021]", "a::b", "$HOME", "~", "-x", "a\nb", "a\udce9b", "x" * 255, "Hà Nội"], ids=ascii
)
def test_seeds_and_what_is_written_from_a_build_may_have_any_name(built, tmp_path, monkeypatch, name):
    seeds, moved = tmp_path / name / "seeds", tmp_path / name / "moved"
    shutil.copytree(SEEDS, seeds)
    shutil.copytree(built, moved)
    monkeypatch.chdir(tmp_path)
    assert cvp.build(seeds, out=tmp_path / "out", workers=1).digest == cvp.verify(built).digest
    assert cvp.verify(moved).problems == ()
    assert cvp.sources(moved, out=tmp_path / name / "back").seeds == 2
    assert cvp.report(moved, out=tmp_path / name / "page.html", seeds=seeds).seeds == 2
    assert len(cvp.diff(moved, built).changed) == 0


@posix
@pytest.mark.parametrize("name", ["[a]", "a::b", "a\udce9b", "x" * 3_900], ids=["[a]", "a::b", "not UTF-8", "long"])
def test_a_cache_that_cannot_hold_a_build_is_an_error_that_names_the_variable(tmp_path, monkeypatch, name):
    monkeypatch.setenv("CORPUS_VN_POLICE_CACHE", str(tmp_path / name))
    with pytest.raises(OutputError) as raised:
        cvp.path()
    assert "CORPUS_VN_POLICE_CACHE" in raised.value.hint


@pytest.mark.parametrize("name", ["a#b", "~", "Hà Nội"])
def test_the_shipped_corpus_loads_from_a_cache_of_any_other_name(tmp_path, monkeypatch, name):
    monkeypatch.setenv("CORPUS_VN_POLICE_CACHE", str(tmp_path / name))
    assert _loaded(cvp.path(), tmp_path) == _RECORDS


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A locale whose names are in ISO-8859-1, as variables of the environment."""
    compiler = shutil.which("localedef")
    if compiler is None:
        pytest.skip("wants localedef")
    folder = tmp_path_factory.mktemp("locales")
    made = subprocess.run(
        [compiler, "-i", "en_US", "-f", "ISO-8859-1", folder / "en_US"], capture_output=True, check=False
    )
    if not (folder / "en_US").exists():
        pytest.skip(f"localedef has no en_US: {made.stderr!r}")
    return {"LOCPATH": str(folder), "LC_ALL": "en_US"}


_ODD = ["Huế.txt", "tin tức/Hà Nội.txt", "\udce9.txt"]


def _odd_seeds(root):
    for number, name in enumerate(_ODD):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f" date 2020-0{number + 1} Ngày 3/{number + 1}, bản tin số {number} của tỉnh này.")
    (root / "corpus.toml").write_text('[quality]\nenabled = false\n[card]\nprose = "thẻ.md"\n', encoding="utf-8")
    (root / "thẻ.md").write_text("Lời.\n", encoding="utf-8")


@posix
def test_law_4_one_digest_in_every_locale(cli, locales, tmp_path):
    """All names are bytes: in a Latin-1 locale as in UTF-8, of seeds, settings, the build, and what is given back."""
    root = tmp_path / "Tổng hợp"
    _odd_seeds(root / "in")
    expected = cvp.build(root / "in", out=root / "out", workers=1).digest
    paths = {"Huế.txt", "\\xe9.txt", "tin tức/Hà Nội.txt"}
    ascii_names = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for name, variables in {"latin1": locales, "ascii": ascii_names}.items():
        out, back = root / f"kết quả {name}", root / f"trả lại {name}"
        told = cli("build", root / "in", "--out", out, "--json", **variables)
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout)["digest"] == expected
        assert outcomes(out) == dict.fromkeys(paths, "published")
        for command in (("verify", out, "--json"), ("sources", root / "out", "--out", back, "--json")):
            told = cli(*command, **variables)
            assert (told.returncode, told.stderr) == (0, "")
        assert {path.relative_to(back).as_posix() for path in back.rglob("*.txt")} == paths


@posix
def test_a_name_that_the_locale_has_no_letters_for_is_an_error(locales, tmp_path):
    calls = ["build('H\\u1ed9', out='o')", "build('in', out='H\\u1ed9')", "report('in', out='H\\u1ed9')"]
    tries = "\n".join(f"try: cvp.{call}\nexcept cvp.CorpusError as error: print(ascii(str(error)))" for call in calls)
    told = subprocess.run(
        [sys.executable, "-c", f"import corpus_vn_police as cvp\n{tries}"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **locales}, cwd=tmp_path, text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert ["cannot be a name in this locale (" in line for line in told.stdout.splitlines()] == [True] * 3


def test_an_input_that_is_no_name_is_an_error():
    with pytest.raises(InputError):
        cvp.build("a\0b", out="o")
