"""What a seed and a batch cost, by counting calls and never by the clock: a coarse guard against work that slips in."""

import collections
import random
import sys

import pytest

from corpus_vn_police.commands.build.batches import Recipe, process
from corpus_vn_police.config import corpus_of
from corpus_vn_police.stages.read import Batching, Texts, list_input, seeds_in
from corpus_vn_police.state.plan import PlannedTask

_PLAIN = {"dedup": {"level": "off"}, "annotations": {"enabled": False}}
_ALL_OFF = {**_PLAIN, "structure": {"enabled": False}, "quality": {"enabled": False}}
_TEXT = _PLAIN
_ANNOTATED = {"dedup": {"level": "off"}}
_NAMES = ["spine", "text", "annotated"]
_FEW, _MANY = 100, 300
_WITH_PATTERNS = (
    "str_contains", "str_count_matches", "str_extract", "str_extract_all", "str_extract_groups", "str_replace",
    "str_replace_all",
)  # fmt: skip
_SAID = (
    "công an huyện đã tổ chức hội nghị tổng kết phong trào toàn dân bảo vệ an ninh trật tự và trao thưởng cho tập thể cá "
    "nhân có thành tích xuất sắc trong đấu tranh phòng chống tội phạm ma túy trên địa bàn theo kế hoạch của lực lượng"
)


def _page(number):
    """A seed with what most articles have: a headline, a dateline, a caption, paragraphs, who signs."""
    draw = random.Random(number)
    said = [" ".join(draw.choices(_SAID.split(), k=draw.randint(20, 60))).capitalize() for _ in range(6)]
    return "\n\n".join([
        f" date 20{10 + number % 9}-03 {said[0][:60]}", f"Ngày {number % 28 + 1}/3, Công an tỉnh Hà Nam {said[1]}.",
        f"{said[2][:50]}. Ảnh: Văn Nam", *(f"{each}." for each in said[3:]), f"Nguyễn Văn {said[0].split()[0]}",
    ])  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("effort")
    for number in range(_MANY):
        (here / f"{number:03d}.txt").write_text(_page(number), encoding="utf-8")
    return here


def _calls(folder, parts, settings, seeds):
    """The calls of a batch of so many seeds: how many, by the name of the function for those of the system and Polars."""
    listing, corpus = list_input(str(folder)), corpus_of(settings, None, None, "x")
    task = Texts(listing.root, listing.names[:seeds], {})
    counted = collections.Counter()

    def count(_frame, event, called):
        if event == "call":
            counted["calls"] += 1
        elif event == "c_call":
            counted["calls"] += 1
            counted[called.__name__] += 1

    recipe = Recipe(parts, corpus, Batching(), keep_records=True)
    process(recipe, (PlannedTask("first", task, seeds_in(task)),))  # what is made once
    sys.setprofile(count)
    try:
        process(recipe, (PlannedTask("second", task, seeds_in(task)),))
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize(("settings", "calls"), [(_ALL_OFF, 65), (_TEXT, 90), (_ANNOTATED, 260)], ids=_NAMES)
def test_a_seed_more_is_opened_and_read_once_and_costs_few_calls(folder, tmp_path, settings, calls):
    few, many = (_calls(folder, tmp_path, settings, seeds) for seeds in (_FEW, _MANY))
    more = {name: (many[name] - few[name]) / (_MANY - _FEW) for name in ("open", "read", "fstat", "close", "stat")}
    assert more == {"open": 1, "read": 1, "fstat": 1, "close": 1, "stat": 0}
    assert (many["calls"] - few["calls"]) / (_MANY - _FEW) < calls


@pytest.mark.parametrize(
    ("settings", "calls", "patterns"), [(_ALL_OFF, 100, 40), (_TEXT, 400, 200), (_ANNOTATED, 450, 220)], ids=_NAMES
)
def test_a_batch_takes_few_calls_of_polars_whatever_its_size(folder, tmp_path, settings, calls, patterns):
    few, many = (_calls(folder, tmp_path, settings, seeds) for seeds in (_FEW, _MANY))
    assert few["collect"] == many["collect"] < calls
    # A batch compiles most of its patterns anew.
    assert sum(many[name] for name in _WITH_PATTERNS) < patterns
