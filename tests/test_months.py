"""Perplexity by month: what each document gives alone, which tokens count, and what the model is left as."""

import math
import sys
from collections import defaultdict
from types import SimpleNamespace

import polars as pl
import pytest
from support.training import rows, tokenizer_of

import corpus_vn_police as cvp
from corpus_vn_police import train
from corpus_vn_police.train import losses

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.train


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Models as small as these are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Articles of 30 months, one of a year alone and one without a date."""
    given = rows(40)
    given += [{"date": "2021", "text": given[0]["text"][::-1]}, {"text": f"{given[1]['text']} {given[2]['text']}"}]
    config = {"dedup": {"level": "off"}, "quality": {"enabled": False}}
    return cvp.build(given, out=tmp_path_factory.mktemp("months") / "build", config=config, progress=False)


@pytest.fixture(scope="module")
def tokenizer(build):
    return tokenizer_of(build)


def llama(seed, **sizes):
    torch.manual_seed(seed)
    known = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = {"vocab_size": 400, "max_position_embeddings": 512, "attention_dropout": 0.5, **known, **sizes}
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**config))


@pytest.fixture(scope="module")
def model():
    return llama(0)


@pytest.fixture(scope="module")
def measured(build, tokenizer, tmp_path_factory):
    """`perplexity_by_month` of the build."""
    cache = tmp_path_factory.mktemp("tokens")

    def measure(model, **options):
        given = {"split": None, "length": 512, "resamples": 20, "cache": cache, "progress": False, **options}
        return train.perplexity_by_month(model, tokenizer, build, **given)

    return measure


class Uniform(torch.nn.Module):
    """A model to which all tokens are equally likely."""

    def forward(self, input_ids, position_ids, use_cache):
        assert not use_cache
        return SimpleNamespace(logits=torch.zeros(*input_ids.shape, 400))


def alone(model, build, tokenizer, template, length):
    """Month -> targets, bytes and loss, each fragment of each document computed alone; headers found by offsets."""
    found = defaultdict(lambda: [0, 0, 0, 0.0])
    model.eval()
    for record in build.records().iter_rows(named=True):
        text = train.render(record, template)
        header = text[: len(text) - len(record["text"])]
        encoded = tokenizer.encode(text)
        inside = sum(end <= len(header) for _, end in encoded.offsets)
        ids = [*encoded.ids, 0]
        date = record["date"]
        sums = found[date[:7] if date and len(date) > 4 else None]
        sums[0] += 1
        sums[2] += len(record["text"].encode())
        for first in range(0, len(ids), length):
            fragment = torch.tensor([ids[first : first + length]])
            with torch.no_grad():
                likely = torch.log_softmax(model(fragment, use_cache=False).logits[0].double(), -1)
            for place in range(1, fragment.shape[1]):
                if first + place >= inside:
                    sums[1] += 1
                    sums[3] -= float(likely[place - 1, fragment[0, place]])
    months = sorted(month for month in found if month is not None)
    return [(month, *found[month]) for month in [*months, *found.keys() - months]]


@pytest.mark.parametrize(("template", "length"), [("seed", 512), ("seed", 64), ("natural", 512), ("none", 100)])
def test_a_month_is_the_sum_of_its_documents_alone(build, tokenizer, model, measured, template, length):
    months = measured(model, template=template, length=length).months
    expected = alone(model, build, tokenizer, template, length)
    assert months.select("month", "documents", "tokens", "bytes").rows() == [row[:4] for row in expected]
    assert months["nll"].to_list() == pytest.approx([row[4] for row in expected], rel=1e-5)
    perplexities = [math.exp(row[4] / row[2]) for row in expected]
    assert months["perplexity"].to_list() == pytest.approx(perplexities, rel=1e-4)


def test_a_fragment_that_begins_as_the_header_does_is_text(tokenizer, model, tmp_path):
    template = "{date}\n{text}"
    given = [{"date": "2020-12", "text": "\n".join(["2020-12"] * 90)}, *rows(3)]
    config = {"dedup": {"level": "off"}, "quality": {"enabled": False}}
    build = cvp.build(given, out=tmp_path / "build", config=config, progress=False)
    length = 4 * len(tokenizer.encode("2020-12\n").ids)
    found = train.perplexity_by_month(
        model, tokenizer, build, None, template=template, length=length, cache=tmp_path / "tokens", progress=False
    )
    expected = alone(model, build, tokenizer, template, length)
    assert found.months.select("month", "documents", "tokens", "bytes").rows() == [row[:4] for row in expected]


def test_documents_that_are_cut_are_counted(build, tokenizer, measured):
    long = [len(tokenizer.encode(train.render(row)).ids) + 1 > 64 for row in build.records().iter_rows(named=True)]
    assert measured(Uniform(), length=64).cut == sum(long) > 0
    assert measured(Uniform()).cut == 0


def test_a_model_that_knows_nothing_has_the_perplexity_of_its_vocabulary(measured):
    found = measured(Uniform())
    assert found.months["perplexity"].to_list() == pytest.approx([400] * len(found.months))
    row = found.whole.row(0, named=True)
    assert row["perplexity"] == pytest.approx(400)
    assert row["bits_per_byte"] == pytest.approx(row["tokens"] * math.log2(400) / row["bytes"])
    assert found.months.select("documents", "tokens", "bytes").sum().rows() == [
        (row["documents"], row["tokens"], row["bytes"])
    ]


def test_the_batch_size_changes_nothing(model, measured):
    one, many = measured(model, batch_size=1).months, measured(model, batch_size=7).months
    assert one.select("month", "documents", "tokens", "bytes").equals(
        many.select("month", "documents", "tokens", "bytes")
    )
    for name in ("nll", "perplexity", "low", "high"):
        assert one[name].is_null().equals(many[name].is_null())
        assert one[name].drop_nulls().to_list() == pytest.approx(many[name].drop_nulls().to_list(), rel=1e-5)


def test_few_logits_at_once_give_the_same(model, measured, monkeypatch):
    every = measured(model).months["nll"].to_list()
    monkeypatch.setattr(losses, "_AT_ONCE", 1200)
    assert measured(model).months["nll"].to_list() == pytest.approx(every, rel=1e-6)


def test_the_model_is_left_as_it_was(model, measured):
    model.train()
    model.model.layers[0].eval()
    before = [module.training for module in model.modules()]
    measured(model)  # it has dropout, which is off meanwhile: the test of documents alone would fail
    assert [module.training for module in model.modules()] == before
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_model_is_left_as_it_was_if_it_fails(measured):
    class Broken(torch.nn.Module):
        def forward(self, **_):
            raise RuntimeError("broken")

    broken = Broken()
    with pytest.raises(RuntimeError, match="broken"):
        measured(broken)
    assert broken.training


def test_only_the_given_records_count(build, model, measured):
    every = build.records(columns=["id", "date"])
    some = every.filter(pl.col("date").str.starts_with("2020-0"))
    found = measured(model, ids=some["id"].to_list()).months
    whole = measured(model).months.filter(pl.col("month").str.starts_with("2020-0"))
    assert found["month"].to_list() == whole["month"].to_list()
    assert found["documents"].sum() == len(some)
    assert found["nll"].to_list() == pytest.approx(whole["nll"].to_list(), rel=1e-5)


def test_a_model_against_itself_has_the_ratio_1(model, measured):
    found = measured(model, against=model).months
    assert found["ratio"].to_list() == [1.0] * len(found)
    assert set(found["ratio_low"].drop_nulls()) == set(found["ratio_high"].drop_nulls()) == {1.0}


def test_a_comparison_is_of_what_each_model_gives_alone(model, measured):
    other = llama(1)
    both, first, second = measured(model, against=other), measured(model), measured(other)
    own = ("nll", "perplexity", "low", "high", "bits_per_byte")
    assert both.months.select(first.months.columns).equals(first.months)
    assert both.months.select(pl.col(f"against_{name}").alias(name) for name in own).equals(second.months.select(own))
    ratio = (first.whole["perplexity"] / second.whole["perplexity"]).item()
    assert both.whole["ratio"].item() == pytest.approx(ratio)
    assert both.whole["ratio_low"].item() < ratio < both.whole["ratio_high"].item()


def test_the_same_again_is_equal_and_another_seed_has_other_intervals(model, measured):
    first, other = measured(model), measured(model, seed=1)
    assert first == measured(model)
    assert hash(first) == hash(measured(model))
    assert first != other
    assert first.months["perplexity"].to_list() == other.months["perplexity"].to_list()


def test_the_header_of_a_format_string_that_begins_with_the_date_does_not_count(measured):
    seed = measured(Uniform()).months
    same = measured(Uniform(), template=" date {date} {text}").months
    assert same.filter(pl.col("month").is_not_null()).equals(seed.filter(pl.col("month").is_not_null()))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"length": 1024}, "length = 1024 is more than the 512 positions of model"),
        ({"length": 1}, "length = 1 is not allowed"),
        ({"length": 4}, "a header alone has"),
        ({"batch_size": 0}, "batch_size = 0 is not allowed"),
        ({"resamples": 0}, "resamples = 0 is not allowed"),
        ({"seed": -1}, "seed = -1 is not allowed"),
        ({"against": "a path"}, "against is a str, not a model of torch"),
    ],
)
def test_what_cannot_be_measured_is_refused(model, measured, options, said):
    with pytest.raises(cvp.ConfigError, match=said):
        measured(model, **options)


def test_a_model_with_fewer_tokens_than_the_tokenizer_is_refused(measured):
    with pytest.raises(cvp.ConfigError, match="model has 300 tokens, the tokenizer 400"):
        measured(llama(0, vocab_size=300))


def test_without_torch_it_is_said_which_extra_has_it(model, measured, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(cvp.ExtraError, match=r"train\.perplexity_by_month needs torch") as caught:
        measured(model)
    assert caught.value.hint == "pip install 'corpus-vn-police[train]'"


def test_of_no_records_nothing_is_measured(model, measured):
    with pytest.raises(cvp.InputError, match="none of 0 documents has a token"):
        measured(model, ids=[], against=model)


def test_ids_may_be_anything_that_gives_them_once(model, measured, build):
    ids = build.records(columns=["id"])["id"].to_list()[:3]
    assert measured(model, ids=(each for each in ids)) == measured(model, ids=ids)


def test_a_model_in_bfloat16_gives_nearly_the_same(model, measured):
    exact = measured(model).whole["nll"].item()
    assert measured(llama(0).bfloat16()).whole["nll"].item() == pytest.approx(exact, rel=1e-3)


def test_a_model_whose_documents_see_one_another_is_refused(measured):
    class WithoutPositions(transformers.LlamaForCausalLM):
        def forward(self, input_ids, position_ids, use_cache):
            return super().forward(input_ids, use_cache=use_cache)

    with pytest.raises(cvp.ConfigError, match="lets the documents in a block see one another"):
        measured(WithoutPositions(llama(0).config))
