"""Texts -> tokens: nothing is cut off, a document ends once, and the same tokenizer has the same sha256."""

import json
import os
import pickle
import subprocess
import sys

import pytest
from support.builds import ROOT

import corpus_vn_police as cvp
from corpus_vn_police.train.encoding import Encoder

pytestmark = pytest.mark.train

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402

TEXTS = ["Ngày 7/12, Công an tỉnh họp.", "", "Một tin <|endoftext|> khác."]


def _tokenizer(specials=("<|endoftext|>",)):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=270, special_tokens=list(specials), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )  # fmt: skip
    made.train_from_iterator(["Công an tỉnh họp ngày 7/12"] * 4, trainer)
    return made


@pytest.fixture
def tokenizer():
    return _tokenizer()


def test_a_document_is_its_tokens_and_one_end(tokenizer):
    encoder = Encoder.of(tokenizer)
    assert (encoder.end, encoder.end_token, encoder.pad, encoder.size) == (0, "<|endoftext|>", 0, 270)
    found = encoder.encode(TEXTS)
    assert [each[-1] for each in found] == [0, 0, 0]
    assert [each.count(0) for each in found] == [1, 1, 1]
    assert [tokenizer.decode(each[:-1], skip_special_tokens=False) for each in found] == TEXTS


def test_an_added_token_that_is_not_special_is_one_token_in_a_text(tokenizer):
    tokenizer.add_tokens([AddedToken("<|2020|>", normalized=False)])
    encoder = Encoder.of(tokenizer)
    assert encoder.encode(["<|2020|>a"]) == [[270, tokenizer.token_to_id("a"), 0]]
    assert encoder.size == 271


def test_truncation_and_padding_of_the_tokenizer_are_not_used_and_stay_as_they_are(tokenizer):
    plain = Encoder.of(tokenizer)
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=64)
    before = tokenizer.to_str()
    encoder = Encoder.of(tokenizer)
    assert (encoder.encode(TEXTS), encoder.sha256) == (plain.encode(TEXTS), plain.sha256)
    assert (tokenizer.to_str(), tokenizer.encode_special_tokens) == (before, False)


def test_the_first_known_end_among_the_added_tokens_ends_a_document():
    ends = {
        specials: (encoder.end_token, encoder.encode(["a"])[0][-1] == encoder.end)
        for specials in [("</s>", "<eos>"), ("<pad>", "<eos>"), ("<|im_end|>",)]
        for encoder in [Encoder.of(_tokenizer(specials))]
    }
    assert ends == {
        ("</s>", "<eos>"): ("</s>", True),
        ("<pad>", "<eos>"): ("<eos>", True),
        ("<|im_end|>",): ("<|im_end|>", True),
    }


def test_a_tokenizer_without_an_end_ends_no_document_and_fills_with_zero():
    made = _tokenizer(())
    encoder = Encoder.of(made)
    assert (encoder.end, encoder.end_token, encoder.pad) == (None, None, 0)
    assert encoder.encode(["a"]) == [made.encode("a").ids]


def test_the_padding_token_fills():
    assert Encoder.of(_tokenizer(("<|endoftext|>", "<|padding|>"))).pad == 1


def test_tokens_around_a_text_stay_and_an_end_is_not_written_twice():
    made = _tokenizer(("<s>", "</s>"))
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    found = Encoder.of(made).encode(["a", "</s>"])
    assert (found[0], found[1][:1], found[1][-1:], found[1].count(1)) == ([0, made.token_to_id("a"), 1], [0], [1], 1)
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    assert Encoder.of(made).encode(["a"]) == [[0, made.token_to_id("a"), 1]]


@pytest.mark.parametrize(
    "given", [None, 3, ["a"], "", "nowhere.json", str.split], ids=["None", "3", "list", "empty", "nowhere", "function"]
)
def test_what_is_not_a_tokenizer_is_refused(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(cvp.ConfigError) as error:
        Encoder.of(given)
    assert (
        error.value.hint == "give a tokenizers.Tokenizer, a tokenizer of transformers, or the path of a tokenizer.json"
    )


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"text"])
def test_a_file_that_is_not_a_tokenizer_is_refused(tmp_path, content):
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(cvp.ConfigError, match=r"t\.json"):
        Encoder.of(tmp_path / "t.json")


def test_an_end_that_is_not_in_the_vocabulary_is_refused(tokenizer):
    with pytest.raises(cvp.ConfigError, match="end_token = '</s>' is not in the vocabulary") as error:
        Encoder.of(tokenizer, "</s>")
    assert error.value.hint == "it has <|endoftext|>"


def test_a_tokenizer_that_encodes_differently_every_time_is_refused(tokenizer):
    tokenizer.model.dropout = 0.1
    with pytest.raises(cvp.ConfigError, match=r"dropout = 0\.1"):
        Encoder.of(tokenizer)


def test_a_path_an_object_and_one_of_transformers_give_the_same_encoder(tokenizer, tmp_path):
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", model_max_length=4, padding_side="left", truncation_side="left"
    )  # fmt: skip
    fast.backend_tokenizer.enable_truncation(2)
    before = fast.backend_tokenizer.to_str()
    found = [Encoder.of(each) for each in (tokenizer, tmp_path / "tokenizer.json", str(tmp_path), fast)]
    assert len(set(found)) == 1
    assert [each.encode(TEXTS) for each in found] == [found[0].encode(TEXTS)] * 4
    assert fast.backend_tokenizer.to_str() == before


def test_the_end_of_a_tokenizer_of_transformers_is_its_own(tokenizer):
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=_tokenizer(("<|endoftext|>", "<stop>", "<fill>")))
    assert (Encoder.of(fast).end_token, Encoder.of(fast).encode(["a"])) == (None, [[fast.convert_tokens_to_ids("a")]])
    fast.eos_token, fast.pad_token = "<stop>", "<fill>"
    assert (Encoder.of(fast).end, Encoder.of(fast).end_token, Encoder.of(fast).pad) == (1, "<stop>", 2)
    assert Encoder.of(fast, "<|endoftext|>").end == 0


def test_a_tokenizer_in_python_is_used_through_its_call():
    made = transformers.ByT5Tokenizer()
    encoder = Encoder.of(made)
    assert (encoder.end_token, encoder.end, encoder.pad, encoder.size) == ("</s>", 1, 0, 384)
    assert encoder.encode(["ab", "a</s>b", ""]) == [[100, 101, 1], [100, *(each + 3 for each in b"</s>"), 101, 1], [1]]
    assert encoder.sha256 == Encoder.of(transformers.ByT5Tokenizer()).sha256
    assert encoder.sha256 != Encoder.of(transformers.ByT5Tokenizer(extra_ids=10)).sha256
    assert pickle.loads(pickle.dumps(encoder)).encode(["ab"]) == [[100, 101, 1]]


def test_an_encoder_pickles_with_all_that_it_does(tokenizer):
    encoder = Encoder.of(tokenizer)
    again = pickle.loads(pickle.dumps(encoder))
    assert (again, again.end, again.size) == (encoder, encoder.end, encoder.size)
    assert again.encode(TEXTS) == encoder.encode(TEXTS)
    assert Encoder.of(again) is again


def _changed(change):
    made = _tokenizer()
    change(made)
    return Encoder.of(made).sha256


def _vocabulary(made):
    described = json.loads(made.to_str())
    described["model"]["merges"].pop()
    made.model = models.BPE(described["model"]["vocab"], [tuple(each) for each in described["model"]["merges"]])


CHANGES = {
    "merges": _vocabulary,
    "normaliser": lambda made: setattr(made, "normalizer", normalizers.Lowercase()),
    "pre-tokenizer": lambda made: setattr(made, "pre_tokenizer", pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "post-processor": lambda made: setattr(
        made, "post_processor", processors.TemplateProcessing(single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)])
    ),
    "added token": lambda made: made.add_tokens(["<|2020|>"]),
    "special token": lambda made: made.add_special_tokens(["<|2020|>"]),
}  # fmt: skip


def test_the_sha256_changes_with_whatever_changes_the_tokens():
    digests = {name: _changed(change) for name, change in CHANGES.items()}
    digests |= {"none": _changed(lambda made: None), "end": Encoder.of(_tokenizer(), "a").sha256}
    assert len(set(digests.values())) == len(digests)


def test_the_sha256_is_the_same_in_another_process(tokenizer, tmp_path):
    tokenizer.save(str(tmp_path / "b.json"))
    code = "import sys; from corpus_vn_police.train.encoding import Encoder; print(Encoder.of(sys.argv[1]).sha256)"
    told = {
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / "b.json"],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert told == {Encoder.of(tokenizer).sha256}


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(cvp.ExtraError, match=r"train\.Blocks needs tokenizers") as error:
        Encoder.of("tokenizer.json")
    assert error.value.hint == "pip install 'corpus-vn-police[train]'"


def test_a_tokenizer_that_ends_documents_itself_is_not_given_a_second_end():
    made = _tokenizer()
    made.add_special_tokens(["<|endoftext|>", "</s>"])
    end = made.token_to_id("</s>")
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", end)])
    found = Encoder.of(made)
    assert (found.end_token, found.encode(["a"])[0][-2:]) == ("</s>", [made.token_to_id("a"), end])


def test_a_tokenizer_that_leaves_out_letters_is_warned_of():
    made = Tokenizer(models.BPE(vocab={"a": 0, "b": 1}, merges=[]))
    with pytest.warns(UserWarning, match="the tokenizer leaves out [0-9]+ letters and digits .* such as 'c'"):
        Encoder.of(made)


def test_a_tokenizer_that_fails_at_a_text_is_named():
    made = Tokenizer(models.WordLevel(vocab={"a": 0}, unk_token="[UNK]"))
    found = Encoder.of(made)
    with pytest.raises(cvp.ConfigError, match="the tokenizer cannot encode a text"):
        found.encode(["b"])
