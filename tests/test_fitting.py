"""A tokenizer of a corpus's own: what it gives back, what it is fitted to, and that it is always the same."""

import os
import re
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.builds import ROOT

import corpus_vn_police as cvp
from corpus_vn_police.train.encoding import Encoder

pytestmark = pytest.mark.train

pytest.importorskip("tokenizers")
from tokenizers import Tokenizer  # noqa: E402

_WORDS = "Công an tỉnh họp ngày xét xử vụ án ma túy tại huyện Hòa Vang"
_OWN = ["qqqqq", "wwwww", "fffff", "jjjjj", "zzzzz"]
_ROWS = [
    {"text": f"{_WORDS} lần {number}.{f' {_OWN[number]}' * 9}", "date": date}
    for number, date in enumerate(["2019-11", "2020-12-07", "2020", None, "2022-01-05"])
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return cvp.build(_ROWS, out=tmp_path_factory.mktemp("fitting") / "out", config={"splits": {"test_from": "2021-06"}})


@pytest.fixture(scope="module")
def fitted(built):
    return {template: cvp.train.fit_tokenizer(built, 330, template=template) for template in ("seed", "token")}


_PIECES = st.sampled_from(
    ["<|2020|>", "<|m12|>", "<|endoftext|>", "<|padding|>", "  ", "\n\n", "Ngày 7/12", "é", "\u0301"]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)), st.sampled_from(["seed", "token"]))
@example("", "seed")
def test_decoding_gives_back_every_text(fitted, text, template):
    tokenizer = fitted[template]
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text
    (ids,) = Encoder.of(tokenizer).encode([text])
    assert (tokenizer.decode(ids[:-1], skip_special_tokens=False), ids.index(0)) == (text, len(ids) - 1)


def test_it_has_the_special_tokens_first_and_as_many_tokens_as_asked(fitted):
    tokenizer = fitted["seed"]
    assert [tokenizer.id_to_token(each) for each in (0, 1)] == ["<|endoftext|>", "<|padding|>"]
    assert (tokenizer.get_vocab_size(), fitted["token"].get_vocab_size()) == (330, 330)
    encoder = Encoder.of(tokenizer)
    assert (encoder.end_token, encoder.end, encoder.pad) == ("<|endoftext|>", 0, 1)


def _rows_seen(built, **options):
    """The rows whose own word became a token, and whether that of the header did."""
    vocabulary = cvp.train.fit_tokenizer(built, 5_000, **options).get_vocab()
    return [number for number, word in enumerate(_OWN) if f"Ġ{word}" in vocabulary], "Ġdate" in vocabulary


def test_it_is_fitted_to_the_texts_of_one_split_as_the_template_renders_them(built):
    assert _rows_seen(built) == ([0, 1, 2, 3], True)
    assert _rows_seen(built, template="none", split="test") == ([4], False)
    assert _rows_seen(built, template="none", split=None) == ([0, 1, 2, 3, 4], False)
    assert _rows_seen(built, min_frequency=100) == ([], False)


def test_with_the_template_token_every_year_month_and_day_is_one_token(built, fitted):
    tokens = cvp.train.date_tokens(built)
    assert tokens[:4] == ("<|2019|>", "<|2020|>", "<|2021|>", "<|2022|>")
    assert tokens[4:] == (*(f"<|m{month:02}|>" for month in range(1, 13)), *(f"<|d{day:02}|>" for day in range(1, 32)))
    found = fitted["token"].encode(cvp.train.render({"date": "2021-02-28", "text": "C"}, "token"))
    assert found.ids == [283 + 2, 287 + 1, 299 + 27, fitted["token"].token_to_id("C")]
    assert not any(token.special for token in list(fitted["token"].get_added_tokens_decoder().values())[2:])


def test_a_build_without_dates_has_no_date_tokens(tmp_path):
    built = cvp.build([{"text": f"{_WORDS} hôm nay."}], out=tmp_path / "out")
    assert cvp.train.date_tokens(built) == ()
    assert cvp.train.fit_tokenizer(built, 300, template="token").get_vocab_size() <= 300


def test_the_same_build_gives_the_same_file_whatever_the_process(built, tmp_path):
    code = "import sys; from corpus_vn_police import train; train.fit_tokenizer(sys.argv[1], 400, template='natural', out=sys.argv[2])"
    for seed, threads in (("1", "1"), ("2", "2")):
        subprocess.run(
            [sys.executable, "-c", code, built.path, tmp_path / "new/folder" / seed],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": threads}, check=True,
        )  # fmt: skip
    written = [(tmp_path / "new/folder" / seed).read_bytes() for seed in ("1", "2")]
    assert written[0] == written[1]
    read = Tokenizer.from_str(written[0].decode())
    assert read.to_str() == cvp.train.fit_tokenizer(built, 400, template="natural").to_str()
    assert sorted(each.name for each in (tmp_path / "new/folder").iterdir()) == ["1", "2"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"vocab_size": 257}, "vocab_size = 257 is too small"),
        ({"vocab_size": 304, "template": "token"}, "2 special tokens and 47 of dates"),
        ({"vocab_size": "8000"}, "vocab_size = '8000' is not allowed"),
        ({"min_frequency": 0}, "min_frequency = 0 is not allowed"),
        ({"split": "dev"}, "split = 'dev' is not a split"),
        ({"template": "sed"}, "'sed' is not a template"),
        ({"template": "{titel}"}, "'titel' is not a field"),
        ({"out": "s3://a/b.json"}, "is a URL"),
        ({"out": "."}, "out = '.' is a folder"),
    ],
)
def test_what_cannot_be_fitted_is_refused_and_nothing_is_written(built, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(cvp.ConfigError, match=re.escape(said)):
        cvp.train.fit_tokenizer(built, **{"out": "t.json", **options})
    assert list(tmp_path.iterdir()) == []


def test_a_split_without_records_is_refused(built):
    with pytest.raises(cvp.InputError, match="no records in the split validation") as error:
        cvp.train.fit_tokenizer(built, split="validation")
    assert error.value.hint == "it has records in train, test"


def test_it_tells_how_far_it_is(built):
    told = []
    cvp.train.fit_tokenizer(built, 300, progress=lambda *step: told.append(step))
    assert told == [("fit", 4, 4)]


def test_without_the_library_it_says_what_to_install(built, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(cvp.ExtraError, match=r"train\.fit_tokenizer needs tokenizers"):
        cvp.train.fit_tokenizer(built)


def test_a_file_that_is_written_can_be_read_by_others_as_the_umask_says(built, tmp_path):
    out = tmp_path / "new" / "tokenizer.json"
    before = os.umask(0o022)
    try:
        cvp.train.fit_tokenizer(built, vocab_size=300, out=out, progress=False)
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in out.parent.iterdir()] == ["tokenizer.json"]
