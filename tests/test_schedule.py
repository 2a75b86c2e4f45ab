"""Law 15 without torch: whatever the ranks, the workers, the batch sizes and the stops, every block is taken once."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus_vn_police as cvp
from corpus_vn_police.train.schedule import Position, Schedule

RUNS = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 5), st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=6
)
"""World size, batch size, workers, and the steps after which a run is stopped."""


def steps_of(schedule, origin, workers):
    """The places that each step of a rank takes, as a loader gets them from its workers in turn."""
    count = max(1, workers)
    shares = [list(schedule.of_worker(origin, 0, worker, count)) for worker in range(count)]
    order = [step for together in itertools.zip_longest(*shares) for step in together if step is not None]
    return [schedule.places(origin, step).tolist() for step in order]


def a_run(blocks, position, world, size, workers, stop):
    """What all ranks take until they are stopped, and where they are then."""
    ranks = [Schedule(blocks, rank, world, size) for rank in range(world)]
    taken = [steps_of(schedule, position, workers) for schedule in ranks]
    assert len({len(steps) for steps in taken}) == 1
    assert [len(taken[0])] == [ranks[0].steps(position)]
    stopped = min(stop, len(taken[0]))
    seen = [(position.epoch, place) for steps in taken for places in steps[:stopped] for place in places]
    return seen, ranks[0].after(position, stopped) if stopped else position


@given(st.integers(1, 40), RUNS)
def test_every_block_is_taken_once_whatever_the_ranks_workers_and_stops(blocks, runs):
    position, seen = Position(), []
    for world, size, workers, stop in runs:
        some, position = a_run(blocks, position, world, size, workers, stop)
        seen += some
    some, end = a_run(blocks, position, 3, 2, 0, blocks)
    seen += some
    assert end == Position(position.epoch + 1, 0)
    assert sorted(seen) == [(epoch, place) for epoch in range(end.epoch) for place in range(blocks)]


@given(st.integers(1, 40), st.integers(1, 3), st.integers(0, 3), st.data())
def test_a_worker_goes_on_with_its_own_next_step(blocks, size, workers, data):
    schedule, count = Schedule(blocks, 0, 1, size), max(1, workers)
    worker = data.draw(st.integers(0, count - 1))
    share = list(schedule.of_worker(Position(), 0, worker, count))
    done = data.draw(st.integers(0, len(share)))
    taken = share[done - 1] + 1 if done else 0
    assert list(schedule.of_worker(Position(), taken, worker, count)) == share[done:]


def test_the_last_blocks_of_an_epoch_are_dealt_to_the_ranks_in_turn():
    position = Position(0, 8)
    found = [Schedule(13, rank, 2, 4).places(position, 0).tolist() for rank in range(2)]
    assert found == [[8, 10, 12], [9, 11]]


def test_a_rank_without_blocks_takes_as_many_steps_as_the_others():
    ranks = [Schedule(9, rank, 4, 2) for rank in range(4)]
    assert [schedule.steps(Position()) for schedule in ranks] == [2, 2, 2, 2]
    assert [schedule.places(Position(), 1).tolist() for schedule in ranks] == [[8], [], [], []]


def test_the_same_blocks_are_in_a_step_if_world_size_times_batch_size_is_the_same():
    for step in range(3):
        one = Schedule(24, 0, 1, 8).places(Position(), step).tolist()
        four = [place for rank in range(4) for place in Schedule(24, rank, 4, 2).places(Position(), step)]
        assert sorted(four) == one


@pytest.mark.parametrize(
    ("rank", "world_size", "batch_size", "message"),
    [
        (2, 2, 1, "rank = 2 is not allowed with world_size = 2"),
        (-1, 2, 1, "rank = -1 is not allowed"),
        (0, 0, 1, "world_size = 0 is not allowed"),
        (0, 1, 0, "batch_size = 0 is not allowed"),
        (0, 1, 2.0, "batch_size = 2.0 is not allowed"),
        (True, 2, 1, "rank = True is not allowed"),
    ],
)
def test_what_is_no_rank_is_an_error(rank, world_size, batch_size, message):
    with pytest.raises(cvp.ConfigError, match=message):
        Schedule(10, rank, world_size, batch_size)
