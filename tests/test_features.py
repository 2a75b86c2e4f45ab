"""What `datasets` reads of a build's columns, whichever of its versions it is."""

import json
import subprocess
import sys
import venv

import datasets
import polars as pl
import pyarrow.parquet as pq
import pytest
from support.builds import SEEDS

import corpus_vn_police as cvp
from corpus_vn_police.contract import CONFIGS, load_contract

_FOLDERS = {"default": "data", "annotations": "annotations", "sources": "sources"}
# Types that datasets 3.0 knows; 4.0 added List, and reads a plain JSON list as one.
_OLD = {"Value"}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    out = tmp_path_factory.mktemp("features") / "out"
    cvp.build(SEEDS, out=out, workers=1)
    return out


def _metadata(path):
    return json.loads(pq.read_schema(path).metadata[b"huggingface"])["info"]["features"]


def _types(feature):
    """All `_type`s in the JSON form of a feature."""
    if isinstance(feature, list):
        return {kind for part in feature for kind in _types(part)}
    if isinstance(feature.get("_type"), str):
        return {feature["_type"]} | (_types(feature["feature"]) if "feature" in feature else set())
    return {kind for part in feature.values() for kind in _types(part)}


@pytest.mark.parametrize("config", CONFIGS)
def test_the_features_in_a_parquet_file_use_only_types_that_datasets_3_knows(out, config):
    for path in (out / _FOLDERS[config]).glob("*.parquet"):
        assert _types(_metadata(path)) == _OLD


@pytest.mark.parametrize("config", CONFIGS)
def test_the_features_in_a_parquet_file_are_those_of_its_columns(out, config):
    expected = datasets.Features.from_arrow_schema(load_contract(CONFIGS[config]).schema)
    for path in (out / _FOLDERS[config]).glob("*.parquet"):
        assert datasets.Features.from_dict(_metadata(path)) == expected
        loaded = datasets.load_dataset("parquet", data_files=str(path), split="train")
        assert loaded.features == expected


_READ = """
import json, sys, datasets
datasets.disable_progress_bars()
out, config, folder, streaming = sys.argv[1:]
for source in (("parquet", None, {"data_files": f"{out}/{folder}/train-*.parquet"}), (out, config, {})):
    path, name, more = source
    rows = datasets.load_dataset(path, name, split="train", streaming=streaming == "yes", **more)
    print(json.dumps([[row["id"] for row in rows], str(rows.features.arrow_schema.remove_metadata())]))
"""


@pytest.mark.long
@pytest.mark.parametrize("version", ["datasets==3.0.0", "datasets==3.6.0", "datasets>=4,<5"])
def test_older_versions_of_datasets_read_files_and_folder(out, version, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if subprocess.run([python, "-m", "pip", "install", "-q", version], check=False).returncode:
        pytest.skip(f"{version} cannot be installed here")
    for config, folder in _FOLDERS.items():
        ids = pl.read_parquet(sorted((out / folder).glob("train-*")))["id"].to_list()
        schema = str(load_contract(CONFIGS[config]).schema.remove_metadata())
        for streaming in ("no", "yes"):
            command = [python, "-c", _READ, str(out), config, folder, streaming]
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            found = [json.loads(line) for line in told.stdout.splitlines()]
            assert found == [[ids, schema]] * 2, told.stderr
