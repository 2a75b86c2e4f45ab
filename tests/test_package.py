"""The installed package: a wheel from the tree, a wheel from the sdist, an editable install.

Each goes into an environment of its own. The libraries come from the environment that runs the
tests (by a `.pth` line, which does not carry this project along), so that nothing is fetched.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.builds import ROOT

# The three share what is costly to make.
pytestmark = pytest.mark.xdist_group("package")

_USE = """
import os
import sys
import corpus_vn_police as cvp
from pathlib import Path
assert Path(cvp.__file__).is_relative_to(sys.argv[1]), cvp.__file__
rows = cvp.load_dataset()
print({split: rows[split]["id"][:] for split in rows})
print(*[row["path"] for row in cvp.load_dataset("sources", split="test", streaming=True)], flush=True)
# Now and then a stream aborts the interpreter as it exits ("terminate called without an active exception", a
# thread of pyarrow's; seen with datasets 5.2 on Python 3.11 and 3.13, also where the stream was read to its end).
os._exit(0)
"""
_USED = "{'train': ['c76f5c9e64c8c598'], 'test': ['3ae91319fd06e6ae']}\n002_3ae91319fd06e6ae.txt\n"


def _run(*command, **options):
    told = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what a clone would hold."""
    folder = tmp_path_factory.mktemp("checkout") / "corpus"
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def dist(checkout, tmp_path_factory):
    """A wheel made from the tree, an sdist, and a wheel made from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation")
    _run(*build, "--wheel", "--outdir", out / "tree", checkout)
    _run(*build, "--sdist", "--outdir", out / "sdist", checkout)
    (sdist,) = (out / "sdist").iterdir()
    with tarfile.open(sdist) as archive:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 has it, 3.11.2 has not
        archive.extractall(out / "unpacked", **safely)
    (unpacked,) = (out / "unpacked").iterdir()
    _run(*build, "--wheel", "--outdir", out / "from_sdist", unpacked)
    return out


def _environment(folder):
    _run(sys.executable, "-m", "venv", folder)
    python = folder / "bin/python"
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "zz_libraries.pth").write_text(sysconfig.get_path("purelib"))
    return python


def _variables(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CORPUS_VN_POLICE_CACHE")}
    return {**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}


@pytest.mark.field
@pytest.mark.parametrize("how", ["wheel from the tree", "wheel from the sdist", "editable"])
def test_an_installed_package_imports_and_loads_offline(dist, checkout, tmp_path, how):
    python = _environment(tmp_path / "env")
    pip = (python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation")
    if how == "editable":
        _run(*pip, "--editable", checkout)
    else:
        (wheel,) = (dist / {"wheel from the tree": "tree", "wheel from the sdist": "from_sdist"}[how]).iterdir()
        _run(*pip, wheel)
    home = checkout if how == "editable" else tmp_path / "env"
    assert _run(python, "-c", _USE, home, cwd=tmp_path, env=_variables(tmp_path)) == _USED
    assert "corpus-vn-police 0" in _run(
        tmp_path / "env/bin/corpus-vn-police", "--version", cwd=tmp_path, env=_variables(tmp_path)
    )
    # matplotlib, which draws the pictures, keeps its list of fonts there.
    assert {path.name for path in (tmp_path / "cache").iterdir()} - {"matplotlib"} == {"corpus-vn-police"}


def test_both_wheels_hold_the_same_files_and_nothing_of_the_tests(dist):
    names = []
    for kind in ("tree", "from_sdist"):
        (wheel,) = (dist / kind).iterdir()
        with zipfile.ZipFile(wheel) as archive:
            names.append(sorted(name for name in archive.namelist() if ".dist-info" not in name))
    assert names[0] == names[1]
    assert {name.split("/")[0] for name in names[0]} == {"corpus_vn_police"}
    data = {name.removeprefix("corpus_vn_police/_data/") for name in names[0] if "/_data/" in name}
    shipped = {
        path.relative_to(ROOT).as_posix() for folder in ("seeds", "schema") for path in (ROOT / folder).iterdir()
    }
    assert data == shipped | {"DATASET_CARD.md"}
    page = {path.relative_to(ROOT).as_posix() for path in (ROOT / "corpus_vn_police/commands/report/browser").iterdir()}
    words = {path.relative_to(ROOT).as_posix() for path in (ROOT / "corpus_vn_police/lexicon").glob("*.txt")}
    assert {"corpus_vn_police/py.typed", "corpus_vn_police/documents/blocks.md.jinja"} | page | words <= set(names[0])
    assert words
    assert page


def test_two_processes_may_build_the_shipped_corpus_at_once(tmp_path):
    variables = {**_variables(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "import corpus_vn_police as c; print(c.path())"]
    both = [subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, cwd=tmp_path) for _ in range(3)]
    paths = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0, 0]
    (path,) = paths
    told = _run(sys.executable, "-m", "corpus_vn_police", "verify", path, env=variables)
    assert told.startswith(f"{path}: no problem found\n")
    assert [name.name for name in Path(path).parent.iterdir() if not name.name.startswith(".")] == [Path(path).name]
