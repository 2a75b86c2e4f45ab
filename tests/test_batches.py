"""Small tasks go through the stages together, and are known one by one."""

import json

import pytest

import corpus_vn_police as cvp
from corpus_vn_police.commands.build import batches as through
from corpus_vn_police.commands.build.pipeline import Job, run_build
from corpus_vn_police.config import load_config
from corpus_vn_police.paths import output_path
from corpus_vn_police.stages.read import Batching


def _row(number):
    text = f"Ngày {number % 28 + 1}/3, Công an tỉnh Hà Nam tổ chức hội nghị số {number} về an ninh trật tự đợt {number**2}."
    return json.dumps({"date": f"20{10 + number % 9}-03", "text": text}, ensure_ascii=False) + "\n"


@pytest.fixture
def small(write):
    files = {f"{number:03d}.jsonl": _row(number) for number in range(60)}
    return write(
        files | {"020.jsonl": _row(20) + "{\n" + _row(120), "nothing.jsonl": "\n", "z.txt": " date 2019-01 Một."}
    )


@pytest.fixture
def batches(monkeypatch):
    """How many seeds went through the stages at once, batch by batch."""
    sizes = []

    def counted(batch, corpus, structure=through.structure):
        sizes.append(len(batch))
        return structure(batch, corpus)

    monkeypatch.setattr(through, "structure", counted)
    return sizes


def test_files_of_a_row_fill_a_batch_together(small, tmp_path, batches):
    cvp.build(small, out=tmp_path / "out")
    assert batches == [63]


def test_one_changed_file_of_many_is_read_alone(small, tmp_path, batches):
    cvp.build(small, out=tmp_path / "out")
    batches.clear()
    (small / "030.jsonl").write_text(_row(30) + _row(130), encoding="utf-8")
    built = cvp.build(small, out=tmp_path / "out")
    assert (batches, built.seeds) == ([2], 64)


@pytest.mark.parametrize("rows", [1, 7, 2_000])
def test_the_size_of_a_batch_changes_nothing(small, tmp_path, batches, rows):
    job = Job(workers=1, batching=Batching(rows=rows))
    built = run_build(str(small), output_path(tmp_path / "out"), load_config(None), job)
    assert max(batches) <= rows
    assert built.digest == cvp.build(small, out=tmp_path / "other").digest
