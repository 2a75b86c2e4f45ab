"""Labels of your own: each stays with its token, whatever the packing; and offsets are those of the tokens in the blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.training import small_build, tokenizer_of

import corpus_vn_police as cvp
from corpus_vn_police import train
from corpus_vn_police.train.encoding import Encoder

tokenizers = pytest.importorskip("tokenizers")
pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return small_build(tmp_path_factory.mktemp("labels"), count=40)


@pytest.fixture(scope="module")
def tokenizer(build):
    return tokenizer_of(build)


@pytest.fixture
def make(build, tokenizer, tmp_path):
    def make(**options):
        given = {"length": 64, "template": "none", "cache": tmp_path / "tokens", "progress": False, **options}
        return train.Blocks(build, tokenizer, **given)

    return make


@pytest.fixture(scope="module")
def numbered(build, tokenizer):
    """The number of each token in its document, by the id of the record; the last one does not count."""
    records = build.records("train")
    offsets = train.token_offsets(tokenizer, records["text"])
    found = {id_: np.arange(len(each)) for id_, each in zip(records["id"], offsets, strict=True)}
    for each in found.values():
        each[-1] = -100
    return found


@pytest.mark.parametrize("packing", ["best_fit", "in_order", "none"])
def test_every_token_in_the_blocks_has_its_own_label(make, build, tokenizer, numbered, packing):
    plain = make(packing=packing)
    blocks = plain.with_labels(numbered)
    assert blocks.report.cut > 5
    found = blocks.batch(range(len(blocks)))
    whole = Encoder.of(tokenizer).encode(build.records("train")["text"].to_list())
    counting = found["labels"] != -100
    assert counting.sum() == blocks.report.targets == sum(len(each) - 1 for each in whole)
    seen = np.stack([found[name][counting] for name in ("document_ids", "labels", "input_ids")], axis=1).tolist()
    assert sorted(seen) == [[number, *pair] for number, each in enumerate(whole) for pair in enumerate(each[:-1])]
    before = plain.batch(range(len(plain)))
    for name in ("input_ids", "position_ids", "document_ids"):
        assert (found[name] == before[name]).all()
    assert (before["labels"] != found["labels"]).any()
    assert (blocks.padding(2)["labels"] == -100).all()


def test_the_key_is_that_of_the_labels(make, numbered):
    plain = make()
    other = {**numbered, next(iter(numbered)): numbered[next(iter(numbered))] * 0}
    keys = [plain.key, plain.with_labels(numbered).key, plain.with_labels(other).key]
    assert len(set(keys)) == 3
    assert make().with_labels({id_: each.tolist() for id_, each in numbered.items()}).key == keys[1]
    assert plain.with_labels(other).with_labels(numbered).key == keys[1]
    assert plain.key == make().key


def test_a_stream_hands_them_out_and_refuses_the_state_of_other_labels(make, numbered):
    pytest.importorskip("torch")
    blocks = make().with_labels(numbered)
    stream = train.Stream(blocks, batch_size=2)
    batch = next(iter(stream))
    numbers = blocks.order(0)[:2]
    assert (batch["labels"].numpy() == blocks.batch(numbers)["labels"]).all()
    plain = train.Stream(make(), batch_size=2)
    with pytest.raises(cvp.StateError, match="the state is of other blocks: another labels"):
        stream.load_state_dict(plain.state_dict())
    with pytest.raises(cvp.StateError, match="the state is of other blocks"):
        plain.load_state_dict(batch.state)


def test_records_that_are_not_in_the_blocks_need_no_labels(make, numbered):
    some = dict(list(numbered.items())[3:9])
    blocks = make(ids=list(some)).with_labels(some)
    assert blocks.report.targets == sum(len(each) - 1 for each in some.values())
    assert make(ids=list(some)).with_labels(numbered).key == blocks.key
    with pytest.raises(cvp.InputError, match="has no labels"):
        make().with_labels(some)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda each: each[:-1], cvp.InputError, "tokens and [0-9]+ labels"),
        (lambda each: np.append(each, 0), cvp.InputError, "tokens and [0-9]+ labels"),
        (lambda each: each - 1, cvp.ConfigError, "have -1"),
        (lambda each: each + (1 << 31), cvp.ConfigError, "have 2147483"),
        (lambda each: each / 2, cvp.ConfigError, "are float64 of shape"),
        (lambda each: each > 0, cvp.ConfigError, "are bool of shape"),
        (lambda each: each[:, None], cvp.ConfigError, "are int64 of shape"),
        (lambda each: [], cvp.ConfigError, "are float64 of shape"),
        (lambda each: ["O"] * len(each), cvp.ConfigError, "are <U1 of shape"),
    ],
)
def test_labels_that_are_not_one_integer_per_token_are_refused(make, numbered, change, error, words):
    record = list(numbered)[7]
    with pytest.raises(error, match=f"{record} .*{words}"):
        make().with_labels({**numbered, record: change(numbered[record])})


@given(st.text(st.sampled_from("Công àạ<|endoftext|>\n😀\u0301 ,.7"), max_size=40))
def test_offsets_cover_the_text_in_order_and_are_as_many_as_the_tokens(tokenizer, text):
    (found,) = train.token_offsets(tokenizer, [text])
    assert (found.dtype, found.shape) == (np.int64, (len(Encoder.of(tokenizer).encode([text])[0]), 2))
    assert found[-1].tolist() == [len(text), len(text)]
    covered = np.zeros(len(text), bool)
    for start, end in found[:-1].tolist():
        assert start < end
        covered[start:end] = True
    assert covered.all()
    assert (np.diff(found, axis=0) >= 0).all()


def test_tokens_that_a_tokenizer_puts_around_a_text_are_of_no_place(tokenizer):
    other = tokenizers.Tokenizer.from_str(tokenizer.to_str())
    other.post_processor = tokenizers.processors.TemplateProcessing(
        single="<|padding|> $A", special_tokens=[("<|padding|>", 1)]
    )
    other.enable_truncation(2)
    (found,) = train.token_offsets(other, ["Công an"])
    assert (found[0, 0] == found[0, 1], found[1, 0], found[-2, 1], found[-1].tolist()) == (True, 0, 7, [7, 7])


def test_a_tokenizer_that_is_written_in_python_does_not_know_offsets():
    transformers = pytest.importorskip("transformers")
    with pytest.raises(cvp.ConfigError, match="a ByT5Tokenizer does not know where its tokens are"):
        train.token_offsets(transformers.ByT5Tokenizer(), ["abc"])
