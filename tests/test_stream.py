"""Law 15 with torch: loaders, workers and ranks that stop anywhere, and what is seen over an epoch."""

import copy
import json
import pickle

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.training import small_blocks

import corpus_vn_police as cvp
from corpus_vn_police import train

torch = pytest.importorskip("torch")
stateful = pytest.importorskip("torchdata.stateful_dataloader")
DataLoader = torch.utils.data.DataLoader
pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore:This DataLoader will create 3 worker processes"),  # on two processors
    pytest.mark.filterwarnings("ignore:'set_vital' is deprecated"),  # torchdata 0.11 calls it
]


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    return small_blocks(tmp_path_factory.mktemp("stream"))


def loader_of(stream, workers, kind=DataLoader, **options):
    return kind(stream, batch_size=None, num_workers=workers, **options)


def numbers_of(blocks):
    """Block -> its number, by its bytes."""
    found = {block["input_ids"].tobytes() + block["document_ids"].tobytes(): n for n, block in enumerate(blocks)}
    assert len(found) == len(blocks)
    return found


def seen_in(batch, numbers):
    """The numbers of the blocks in a batch; blocks of padding have none."""
    found = []
    for ids, labels, documents in zip(batch["input_ids"], batch["labels"], batch["document_ids"], strict=True):
        if (documents >= 0).any():
            found.append(numbers[ids.numpy().tobytes() + documents.numpy().tobytes()])
        else:
            assert (labels == -100).all()
    return found


def a_run(blocks, state, world, size, workers, stop, numbers):
    """All ranks go on from a state, each with a loader, and are stopped; what they saw, and the state then."""
    seen, states, counts = [], [], []
    for rank in range(world):
        stream = train.Stream(blocks, rank=rank, world_size=world, batch_size=size)
        if state:
            stream.load_state_dict(json.loads(json.dumps(state)))
        taken = 0
        if stop:
            for batch in loader_of(stream, workers):
                seen += seen_in(batch, numbers)
                taken += 1
                if taken == stop:
                    break
        counts.append(taken)
        states.append(stream.state_dict())
    assert all(each == states[0] for each in states)
    assert len(set(counts)) == 1
    return seen, states[0]


RUN = st.tuples(st.integers(1, 8), st.integers(1, 5), st.integers(0, 3), st.integers(0, 9))
"""World size, batch size, workers, steps until it is stopped."""
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def whole_epochs(blocks, runs, last):
    """Run after run, and one to the end of an epoch: how often each block was seen in each epoch."""
    numbers, state, seen = numbers_of(blocks), None, []
    for world, size, workers, stop in runs:
        before = 0 if state is None else state["epoch"]
        some, state = a_run(blocks, state, world, size, workers, stop, numbers)
        seen += [(before, number) for number in some]
    before = 0 if state is None else state["epoch"]
    some, state = a_run(blocks, state, *last, 10**6, numbers)
    seen += [(before, number) for number in some]
    assert (state["epoch"], state["next"]) == (before + 1, 0)
    return sorted(seen), before + 1


@settings(max_examples=150, suppress_health_check=SLOW)
@given(st.lists(RUN.map(lambda run: (*run[:2], 0, run[3])), max_size=5))
def test_over_an_epoch_every_block_is_seen_once(blocks, runs):
    seen, epochs = whole_epochs(blocks, runs, (2, 3, 0))
    assert seen == [(epoch, number) for epoch in range(epochs) for number in range(len(blocks))]


@settings(max_examples=12, suppress_health_check=SLOW)
@example([(1, 4, 2, 3), (3, 2, 3, 2)])
@given(st.lists(RUN.map(lambda run: (min(run[0], 3), *run[1:])), min_size=1, max_size=2))
def test_over_an_epoch_every_block_is_seen_once_with_workers_too(blocks, runs):
    seen, epochs = whole_epochs(blocks, runs, (1, 4, 2))
    assert seen == [(epoch, number) for epoch in range(epochs) for number in range(len(blocks))]


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_workers_change_nothing(blocks, workers):
    alone = [batch["input_ids"] for batch in train.Stream(blocks, batch_size=3)]
    stream = train.Stream(blocks, batch_size=3)
    assert torch.equal(torch.stack([each["input_ids"] for each in loader_of(stream, workers)]), torch.stack(alone))


@pytest.mark.parametrize("options", [{}, {"persistent_workers": True}, {"prefetch_factor": 5}])
def test_epochs_follow_one_another_through_one_loader(blocks, options):
    numbers, stream = numbers_of(blocks), train.Stream(blocks, batch_size=4)
    loader = loader_of(stream, 2, **options)
    orders = [[number for batch in loader for number in seen_in(batch, numbers)] for _ in range(3)]
    assert orders == [blocks.order(epoch).tolist() for epoch in range(3)]
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("options", [{}, {"persistent_workers": True}])
def test_a_loader_that_is_left_goes_on_behind_what_it_has_handed_out(blocks, options):
    numbers, stream = numbers_of(blocks), train.Stream(blocks, batch_size=2)
    loader, seen = loader_of(stream, 2, **options), []
    for stop in (3, 1, 4, 10**6):
        for taken, batch in enumerate(loader, 1):
            seen += seen_in(batch, numbers)
            if taken == stop:
                break
    assert seen == blocks.order(0).tolist()


def test_a_state_loaded_while_workers_live_is_where_they_go_on(blocks):
    numbers, stream = numbers_of(blocks), train.Stream(blocks, batch_size=2)
    loader = loader_of(stream, 2, persistent_workers=True)
    first = [seen_in(batch, numbers) for batch in loader]
    stream.load_state_dict({**stream.state_dict(), "epoch": 0, "next": 0})
    assert [seen_in(batch, numbers) for batch in loader] == first


def test_workers_that_are_spawned_go_on_as_well(blocks):
    numbers, stream = numbers_of(blocks), train.Stream(blocks, batch_size=8)
    stream.load_state_dict({**stream.state_dict(), "epoch": 2, "next": 8})
    loader = loader_of(stream, 1, multiprocessing_context="spawn")
    assert [number for batch in loader for number in seen_in(batch, numbers)] == blocks.order(2)[8:].tolist()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_carries_the_state_after_it(blocks, workers):
    stream = train.Stream(blocks, batch_size=2)
    for batch in loader_of(stream, workers):
        assert batch.state == stream.state_dict()


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_the_stateful_loader_of_torchdata_resumes_by_its_own_state(blocks, workers):
    numbers = numbers_of(blocks)

    def loader():
        return loader_of(train.Stream(blocks, batch_size=2), workers, stateful.StatefulDataLoader)

    for stop in (1, 4, 6):
        first, seen = loader(), []
        for taken, batch in enumerate(first, 1):
            seen += seen_in(batch, numbers)
            if taken == stop:
                state = first.state_dict()
                break
        second = loader()
        second.load_state_dict(pickle.loads(pickle.dumps(state)))
        seen += [number for batch in second for number in seen_in(batch, numbers)]
        assert seen == blocks.order(0).tolist()
        assert [number for batch in second for number in seen_in(batch, numbers)] == blocks.order(1).tolist()


@pytest.mark.parametrize("workers", [0, 2])
def test_the_stateful_loader_moves_the_stream_as_well(blocks, workers):
    numbers, stream, seen = numbers_of(blocks), train.Stream(blocks, batch_size=2), []
    for taken, batch in enumerate(loader_of(stream, workers, stateful.StatefulDataLoader), 1):
        seen += seen_in(batch, numbers)
        if taken == 5:
            break
    again = train.Stream(blocks, rank=0, world_size=1, batch_size=7)
    again.load_state_dict(stream.state_dict())
    assert seen + [number for batch in again for number in seen_in(batch, numbers)] == blocks.order(0).tolist()


def test_without_shuffling_blocks_come_by_their_numbers(blocks):
    numbers = numbers_of(blocks)
    found = [number for batch in train.Stream(blocks, shuffle=False) for number in seen_in(batch, numbers)]
    assert found == list(range(len(blocks)))


def test_the_length_is_the_number_of_steps(blocks):
    stream = train.Stream(blocks, rank=1, world_size=2, batch_size=3)
    assert len(stream) == len(list(stream)) == -(-len(blocks) // 6)
    stream.load_state_dict({**stream.state_dict(), "next": 6})
    assert len(loader_of(stream, 0)) == len(list(stream))


def test_columns_are_those_asked_for(blocks):
    batch = next(iter(train.Stream(blocks, batch_size=2, columns=["input_ids", "labels"])))
    assert {name: tuple(tensor.shape) for name, tensor in batch.items()} == {"input_ids": (2, 64), "labels": (2, 64)}
    assert {tensor.dtype for tensor in batch.values()} == {torch.int64}


def test_the_state_is_small_json_and_the_same_on_all_ranks(blocks):
    streams = [train.Stream(blocks, rank=rank, world_size=3, batch_size=2) for rank in range(3)]
    for stream in streams:
        next(iter(stream))
    states = [stream.state_dict() for stream in streams]
    assert states[0] == states[1] == states[2]
    assert len(json.dumps(states[0])) < 1_000
    assert (states[0]["key"], states[0]["epoch"], states[0]["next"]) == (blocks.key, 0, 6)


@pytest.mark.parametrize("change", [{"packing": "in_order"}, {"template": "none"}, {"seed": 7}, {"length": 32}])
def test_a_state_of_other_blocks_is_an_error_that_names_what_differs(tmp_path, change):
    state = train.Stream(small_blocks(tmp_path)).state_dict()
    other = train.Stream(small_blocks(tmp_path, **change))
    with pytest.raises(cvp.StateError, match=f"^the state is of other blocks: another {next(iter(change))}\n"):
        other.load_state_dict(state)


NO_STATES = [
    {}, [1], None, "state", {"epoch": 0}, {"epoch": "0"}, {"epoch": -1}, {"epoch": 1 << 70}, {"epoch": True},
    {"next": -1}, {"next": 10**6}, {"next": 1.0}, {"origin": None}, {"origin": [1]}, {"origin": {"epoch": 0}},
]  # fmt: skip


@pytest.mark.parametrize("change", NO_STATES, ids=range(len(NO_STATES)))
def test_what_is_not_a_state_is_an_error(blocks, change):
    stream = train.Stream(blocks)
    state = {**stream.state_dict(), **change} if isinstance(change, dict) and change else change
    if change == {"epoch": 0}:
        del state["next"]
    with pytest.raises(cvp.StateError, match="not the state of a Stream"):
        stream.load_state_dict(state)


def test_a_state_behind_the_last_block_is_an_error(blocks):
    stream = train.Stream(blocks)
    with pytest.raises(cvp.StateError, match="not the state of a Stream"):
        stream.load_state_dict({**stream.state_dict(), "next": len(blocks)})  # every pass would be empty, for ever


@pytest.mark.parametrize("made_of", [None, {}, {"seed": 1}])
def test_a_state_of_other_blocks_need_not_say_what_they_were_made_of(blocks, made_of):
    stream = train.Stream(blocks)
    with pytest.raises(cvp.StateError, match="the state is of other blocks"):
        stream.load_state_dict({**stream.state_dict(), "key": "0", "made_of": made_of})


class Inside(torch.utils.data.IterableDataset):
    """A dataset that passes on what a stream gives."""

    def __init__(self, stream):
        self.stream = stream

    def __iter__(self):
        yield from self.stream


@pytest.mark.parametrize("around", [Inside, lambda stream: torch.utils.data.ChainDataset([stream])])
def test_a_stream_inside_another_dataset_is_refused_by_workers(blocks, around):
    numbers, stream = numbers_of(blocks), train.Stream(blocks, batch_size=4)
    seen = [each for batch in loader_of(around(stream), 0) for each in seen_in(batch, numbers)]
    assert (seen, stream.state_dict()["epoch"]) == (blocks.order(0).tolist(), 1)
    with pytest.raises(cvp.ConfigError, match="the stream is inside another dataset"):
        next(iter(loader_of(around(stream), 1)))


@pytest.mark.parametrize("workers", [0, 2])
def test_an_older_iterator_is_refused(blocks, workers):
    stream = train.Stream(blocks, batch_size=2)
    first = iter(loader_of(stream, workers))
    next(first)
    second = iter(loader_of(stream, workers))
    next(second)
    with pytest.raises(cvp.StateError, match="a new pass over the stream began"):
        next(first)
    next(second)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_iterator_from_before_a_state_was_loaded_is_refused(blocks, workers):
    stream = train.Stream(blocks, batch_size=2)
    running = iter(loader_of(stream, workers))
    next(running)
    stream.load_state_dict({**stream.state_dict(), "next": 4})
    with pytest.raises(cvp.StateError, match="or a state was loaded"):
        next(running)
    assert next(iter(loader_of(stream, workers))).state["next"] == 6


@pytest.mark.parametrize("wrong", ["x", [1, 2], None])
def test_what_is_not_blocks_is_refused(wrong):
    with pytest.raises(cvp.ConfigError, match="is not Blocks"):
        train.Stream(wrong)


@pytest.mark.parametrize("columns", [[], "labels", ["attention_mask"], ["labels", "x"]])
def test_columns_that_are_not_allowed_are_refused(blocks, columns):
    with pytest.raises(cvp.ConfigError, match=r"^columns = "):
        train.Stream(blocks, columns=columns)
    batch = next(iter(train.Stream(blocks, columns=(name for name in ("labels",)))))
    assert list(batch) == ["labels"]


def test_a_state_of_another_order_is_an_error(blocks):
    state = train.Stream(blocks, shuffle=False).state_dict()
    with pytest.raises(cvp.StateError, match="another shuffle"):
        train.Stream(blocks).load_state_dict(state)


@pytest.mark.parametrize("options", [{"batch_size": 2}, {"batch_size": 1}, {"batch_size": None, "collate_fn": dict}])
def test_a_loader_that_batches_the_batches_is_an_error(blocks, options):
    with pytest.raises(cvp.ConfigError, match="a Stream makes whole batches"):
        next(iter(DataLoader(train.Stream(blocks), **options)))


def test_a_loader_without_order_is_an_error(blocks):
    with pytest.raises(cvp.ConfigError, match="hands out batches in any order"):
        next(iter(loader_of(train.Stream(blocks), 2, in_order=False)))


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_ranks_are_those_of_torch_distributed_which_may_begin_later(blocks, tmp_path, context):
    numbers, stream = numbers_of(blocks), train.Stream(blocks, batch_size=2)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/ranks", rank=0, world_size=1)
    try:
        given = train.Stream(blocks, rank=1, world_size=2, batch_size=2)
        assert "rank=1 of 2" in repr(given)
        assert "rank=0 of 1" in repr(stream)
        loader = loader_of(stream, 1, multiprocessing_context=context)
        assert [each for batch in loader for each in seen_in(batch, numbers)] == blocks.order(0).tolist()
    finally:
        torch.distributed.destroy_process_group()


def test_a_stream_says_where_it_is(blocks):
    stream = train.Stream(blocks, batch_size=2)
    next(iter(stream))
    assert repr(stream) == f"Stream(epoch=0, next=2 of {len(blocks)} blocks, rank=0 of 1, batch_size=2)"


def test_loaders_of_other_datasets_are_as_they_were(blocks):
    assert [int(each) for each in DataLoader(list(range(4)), batch_size=None)] == [0, 1, 2, 3]


def test_blocks_are_a_dataset_of_torch_too(blocks):
    batch = next(iter(DataLoader(blocks, batch_size=3)))
    assert torch.equal(batch["input_ids"], torch.from_numpy(blocks.batch([0, 1, 2])["input_ids"]))


def test_a_copy_of_a_stream_goes_its_own_way(blocks):
    stream = train.Stream(blocks, batch_size=2)
    other = copy.deepcopy(stream)
    next(iter(stream))
    assert (stream.state_dict()["next"], other.state_dict()["next"]) == (2, 0)
