"""A document in a packed block gives the logits and the loss that it gives alone: models respect the boundaries."""

import copy

import pytest
from support.training import small_blocks

import corpus_vn_police as cvp
from corpus_vn_police import train

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.train

SIZES = {
    "vocab_size": 400,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
}
MODELS = {
    "llama": lambda: transformers.LlamaConfig(**SIZES, num_key_value_heads=2),
    "gpt_neox": lambda: transformers.GPTNeoXConfig(**SIZES, rotary_pct=0.5),
}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    return small_blocks(tmp_path_factory.mktemp("boundaries"))


@pytest.fixture(scope="module", params=[(model, how) for model in MODELS for how in ("eager", "sdpa")], ids="-".join)
def model(request):
    name, attention = request.param
    torch.manual_seed(0)
    config = MODELS[name]()
    config._attn_implementation = attention
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def fragments(positions):
    """The bounds of the fragments of a block."""
    starts = [place for place, position in enumerate(positions.tolist()) if position == 0]
    return list(zip(starts, [*starts[1:], len(positions)], strict=True))


def in_several(blocks):
    """A batch of the blocks with the most fragments, and some with padding."""
    order = sorted(range(len(blocks)), key=lambda number: -len(fragments(blocks[number]["position_ids"])))
    padded = [number for number in order if (blocks[number]["document_ids"] < 0).any()]
    return blocks.batch([*order[:4], *padded[:2]])


def test_a_document_in_a_block_gives_the_logits_that_it_gives_alone(blocks, model):
    batch = {name: torch.from_numpy(array) for name, array in in_several(blocks).items()}
    with torch.no_grad():
        packed = model(**batch, use_cache=False).logits
        for row, positions in enumerate(batch["position_ids"]):
            assert len(fragments(positions)) > 1
            for first, last in fragments(positions):
                alone = model(batch["input_ids"][row : row + 1, first:last], use_cache=False).logits[0]
                torch.testing.assert_close(packed[row, first:last], alone, rtol=1e-4, atol=1e-5)


def test_without_the_positions_documents_see_one_another(blocks, model):
    # The test above can fail: this is what a packer without boundaries does.
    batch = torch.from_numpy(in_several(blocks)["input_ids"])
    with torch.no_grad():
        mixed = model(batch, use_cache=False).logits[0]
        first, last = fragments(in_several(blocks)["position_ids"][0])[1]
        alone = model(batch[:1, first:last], use_cache=False).logits[0]
    assert (mixed[first:last] - alone).abs().max() > 1e-3


def test_the_loss_of_a_block_is_that_of_its_documents_alone(blocks, model):
    batch = {name: torch.from_numpy(array) for name, array in in_several(blocks).items()}
    sums, count = 0.0, 0
    with torch.no_grad():
        loss = model(**batch, use_cache=False).loss
        for row, positions in enumerate(batch["position_ids"]):
            for first, last in fragments(positions):
                if batch["document_ids"][row, first] < 0 or last - first < 2:
                    continue
                alone = batch["input_ids"][row : row + 1, first:last]
                sums += float(model(alone, labels=alone, use_cache=False).loss) * (last - first - 1)
                count += last - first - 1
    assert count == int((batch["labels"] != -100).sum())
    assert float(loss) == pytest.approx(sums / count, rel=1e-4)


def test_the_first_label_of_every_fragment_and_padding_do_not_count(blocks):
    batch = blocks.batch(range(len(blocks)))
    ignored = (batch["position_ids"] == 0) | (batch["document_ids"] < 0)
    assert ((batch["labels"] == -100) == ignored).all()
    assert (batch["labels"][~ignored] == batch["input_ids"][~ignored]).all()
    assert int((~ignored).sum()) == blocks.report.targets


def test_a_batch_of_padding_alone_has_no_label_and_no_gradient(blocks, model):
    batch = {name: torch.from_numpy(array) for name, array in blocks.padding(2).items()}
    assert (batch["labels"] == -100).all()
    out = model(**batch, use_cache=False).logits
    assert torch.isfinite(out).all()


def test_stream_batches_go_into_a_model_as_they_are(blocks, model):
    batch = next(iter(train.Stream(blocks, batch_size=3)))
    assert torch.isfinite(model(**batch, use_cache=False).loss)


def test_a_model_with_a_cache_is_refused_and_one_without_is_not(model):
    # The default of transformers, also while a model trains.
    assert model.config.use_cache
    with pytest.raises(cvp.ConfigError, match="lets the documents in a block see one another"):
        train.check_boundaries(model.train())
    assert model.training
    model.config.use_cache = False
    train.check_boundaries(model.eval())
    model.config.use_cache = True


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_a_model_of_another_type_is_judged_alike(model, kind):
    there = copy.deepcopy(model).to(kind)
    with pytest.raises(cvp.ConfigError):
        train.check_boundaries(there)
    there.config.use_cache = False
    train.check_boundaries(there)


def test_a_model_without_position_ids_is_refused(model):
    class Deaf(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def get_input_embeddings(self):
            return self.model.get_input_embeddings()

        def forward(self, input_ids):
            return self.model(input_ids, use_cache=False)

    with pytest.raises(cvp.ConfigError, match="does not take position_ids"):
        train.check_boundaries(Deaf())


def test_the_trainer_of_transformers_takes_blocks_and_leaves_document_ids_out(blocks, model, tmp_path):
    pytest.importorskip("accelerate")
    options = {
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "use_cpu": True,
        "report_to": [],
        "save_strategy": "no",
    }
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path), disable_tqdm=True, **options)
    trainer = transformers.Trainer(model=copy.deepcopy(model), args=arguments, train_dataset=blocks)
    batch = next(iter(trainer.get_train_dataloader()))
    assert {name: tuple(tensor.shape) for name, tensor in batch.items()} == dict.fromkeys(
        ("input_ids", "labels", "position_ids"), (4, 64)
    )
    numbers = {block["input_ids"].tobytes() for block in blocks}
    assert {row.numpy().tobytes() for row in batch["input_ids"]} <= numbers
    assert trainer.train().global_step == 2
