"""`examples/finetune_people.py`: the labels are the officers, word for word, and a tiny model learns to find them."""

import argparse

import numpy as np
import pytest
from support.officers import rows
from support.scripts import script

import corpus_vn_police as cvp
from corpus_vn_police import train

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.train

OPTIONS = {"epochs": 6, "batch": 2, "length": 96, "vocab": 500, "hidden": 64, "layers": 2, "lr": 3e-3, "seed": 0}
RANK, NAME, TITLE = range(3)


@pytest.fixture(scope="module")
def example():
    return script("examples/finetune_people.py")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    config = {"dedup": {"level": "off"}, "splits": {"test_from": "2020-10"}}
    return cvp.build(rows(60), out=tmp_path_factory.mktemp("officers") / "build", config=config, progress=False)


@pytest.fixture(scope="module")
def tokenizer(build):
    return train.fit_tokenizer(build, OPTIONS["vocab"], template="none", progress=False)


def test_it_learns(example, build, tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    given = [text for name, value in OPTIONS.items() for text in (f"--{name}", str(value))]
    before, losses, after = example.main([str(build.path), *given, "--out", str(tmp_path / "tagger")])
    torch.set_num_threads(threads)
    assert losses[-1] < losses[0] / 10
    assert before["all"] < 0.1
    assert after["all"] > 0.6
    assert set(after) == {"rank", "name", "title", "all"}
    assert {file.name for file in (tmp_path / "tagger").iterdir()} >= {"config.json", "tokenizer.json"}


def test_the_labels_of_every_record_are_its_officers(example, build, tokenizer):
    records, people = build.records(), build.annotations()["people"]
    texts = records["text"].to_list()
    assert sum(map(len, people)) > 100
    for text, officers, offsets in zip(texts, people, train.token_offsets(tokenizer, texts), strict=True):
        labels = example.labels_of(text, officers, offsets)
        assert (labels[-1], labels[:-1].min()) == (-100, 0)  # the end of the document does not count
        parts = sorted(example.parts_of(labels, np.arange(len(labels))))
        said = [(part, text[offsets[first, 0] : offsets[end - 1, 1]].strip()) for first, end, part in parts]
        wanted = [[(RANK, each["rank"]), (NAME, each["name"]), (TITLE, each["title"])] for each in officers]
        assert said == [(part, words) for each in wanted for part, words in each if words is not None]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thiếu tướng Lê An, Trưởng ban", ["Thiếu tướng", "Lê An", "Trưởng ban"]),
        ("Trưởng ban, Thiếu tướng Lê An", ["Thiếu tướng", "Lê An", "Trưởng ban"]),
        ("Đại tá Lê An", ["Đại tá", "Lê An"]),
    ],
)
def test_a_title_is_behind_the_name_or_in_front_of_the_rank(example, text, found):
    title = "Trưởng ban" if "Trưởng ban" in text else None
    before = "Họp với Lê An, Trưởng ban. "
    rank = next(rank for rank in ("Thiếu tướng", "Đại tá") if rank in text)
    officer = {"start": len(before), "end": len(before + text), "rank": rank, "name": "Lê An", "title": title}
    places = list(example.parts_in(before + text, officer))
    assert [(before + text)[start:end] for start, end, _ in places] == found
    assert all(start >= len(before) for start, _, _ in places)


def test_a_part_ends_where_the_next_begins_and_where_a_document_ends(example):
    b_rank, i_rank, b_name, i_name = (example.LABELS.index(each) for each in ("B-rank", "I-rank", "B-name", "I-name"))
    labels = np.array([[b_rank, i_rank, b_name, b_name, 0, i_name], [i_name, i_name, -100, 0, i_rank, i_name]])
    positions = np.array([[0, 1, 2, 3, 4, 5], [6, 0, 1, 2, 3, 4]])
    parts = {(0, 2, RANK), (2, 3, NAME), (3, 4, NAME), (5, 7, NAME), (7, 8, NAME), (10, 11, RANK), (11, 12, NAME)}
    assert example.parts_of(labels, positions) == parts


def test_padding_and_other_documents_do_not_change_what_a_document_gives(example, build, tokenizer):
    args = argparse.Namespace(**OPTIONS)
    model = example.Tagger(tokenizer, args).eval()
    train.check_boundaries(model)
    blocks = example.blocks_of(build, "test", tokenizer, args)
    numbers = [number for number, block in enumerate(blocks) if len(set(block["document_ids"])) > 2]  # padding, too
    block = blocks[numbers[0]]
    assert (block["labels"][block["document_ids"] < 0] == -100).all()
    logits = model(*(torch.from_numpy(block[name][None]) for name in ("input_ids", "position_ids"))).logits[0]
    starts = np.flatnonzero(block["position_ids"] == 0).tolist()
    for first, end in zip(starts, [*starts[1:], blocks.length], strict=True):
        alone = model(
            *(torch.from_numpy(block[name][None, first:end]) for name in ("input_ids", "position_ids"))
        ).logits[0]
        torch.testing.assert_close(logits[first:end], alone, rtol=1e-4, atol=1e-5)
