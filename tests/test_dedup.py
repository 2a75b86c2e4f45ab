"""Which copies are found, and which of them stays."""

import hashlib
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builds import ledger, records
from support.texts import normalisation_cases

import corpus_vn_police as cvp
from corpus_vn_police.commands.build.pipeline import Job, run_build
from corpus_vn_police.config import load_config
from corpus_vn_police.dedup import dedup_key, near, sign
from corpus_vn_police.dedup.buckets import share
from corpus_vn_police.dedup.key import syllable_hash
from corpus_vn_police.dedup.near import StoredSets, leave_out
from corpus_vn_police.dedup.shingles import Rows, jaccard, keys, sets, shingles
from corpus_vn_police.dedup.sign import BANDS, bands
from corpus_vn_police.paths import output_path
from corpus_vn_police.stages.normalise.clean import clean
from corpus_vn_police.stages.read import Batching
from corpus_vn_police.syllables import in_style

_WORDS = st.text(
    alphabet=st.one_of(
        st.sampled_from("aăâđeêioơuưy\u0301\u0300\u0323 \n.,-“”%/0123456789"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=60,
)


def _cleaned(texts):
    found = clean(pl.Series(texts, dtype=pl.String)).str.strip_chars(" \n")
    return found.filter(found != "")


@pytest.mark.parametrize(("name", "text", "expected"), normalisation_cases("key"))
def test_a_case_of_the_key(name, text, expected):
    assert dedup_key(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    {
        "NFC and NFD": ("Công an Đà Nẵng", unicodedata.normalize("NFD", "Công an Đà Nẵng")),
        "hòa and hoà": ("hòa bình, thủy lợi, khoẻ", "hoà bình, thuỷ lợi, khỏe"),
        "case": ("BỘ CÔNG AN", "Bộ Công an"),
        "punctuation": ("“Vì an ninh”, ngày 7/12.", '"Vì an ninh" - ngày 7.12'),
        "spaces and newlines": ("một\n\nhai", "một hai"),
    }.values(),
)  # fmt: skip
def test_the_key_takes_them_as_equal(one, other):
    assert dedup_key(one) == dedup_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ma túy", "má tuy"), ("đường", "dương"), ("ngày 7/12", "ngày 8/12"), ("năm 2020", "năm 2021"), ("vụ án số 12/HSST", "vụ án số 13/HSST"),
        ("tháng", "thang"), ("quân", "quan"), ("10⁶", "106"), ("…", "—"), ("🚒", "🚓"),
    ],
)  # fmt: skip
def test_the_key_keeps_them_apart(one, other):
    assert dedup_key(one) != dedup_key(other)


@given(_WORDS, st.sampled_from(["old", "new"]))
def test_the_style_of_the_tone_does_not_change_the_key(text, style):
    text = unicodedata.normalize("NFC", text)
    assert dedup_key(in_style(text, style)) == dedup_key(text)


@given(st.lists(_WORDS, max_size=8))
def test_the_columnar_key_is_the_key(texts):
    cleaned = _cleaned(texts)
    assert keys(cleaned).texts().to_pylist() == [dedup_key(text) for text in cleaned]


def _reference(text, length=5):
    each = [syllable_hash(part) for part in dedup_key(text).split(" ")]
    found = []
    for start in range(max(1, len(each) - length + 1)):
        value = 0
        for part in each[start : start + length]:
            value = (value * 0x9E3779B97F4A7C15 + part) % 2**64
        value = ((value ^ value >> 32) * 0xD6E8FEB86659FD93) % 2**64
        found.append(value ^ value >> 32)
    return found


@given(
    st.lists(
        st.lists(st.sampled_from(["một", "hai", "ba", "bốn", "5", "sáu"]), min_size=1, max_size=12),
        min_size=1,
        max_size=6,
    )
)
def test_the_columnar_shingles_are_those_of_each_text_alone(texts):
    texts = [" ".join(words) for words in texts]
    found = shingles(keys(pl.Series(texts)).rows)
    assert [found.row(row).tolist() for row in range(len(texts))] == [_reference(text) for text in texts]


def test_what_decides_over_candidates_keeps_its_values():
    text = "Ngày 7/12, Bộ Công an tổ chức Hội nghị Công an toàn quốc lần thứ 76"
    signs = sign(pl.Series([text]), near=True)
    assert syllable_hash("công") == int.from_bytes(hashlib.blake2b("công".encode(), digest_size=8).digest(), "little")
    assert signs.shape == (34, 1)
    assert f"{signs[0, 0]:016x}{signs[1, 0]:016x}" == hashlib.sha256(dedup_key(text).encode()).hexdigest()[:32]
    assert (
        hashlib.sha256(signs.tobytes()).hexdigest()
        == "f513ee56552d63019ffa7bec20ab99db0e395e0574433c2307859309aa21560a"
    )


def _by_hand(each, threshold):
    """The greedy rule as the contract has it, and the most similar of those that stay."""
    marks = bands(_rows(each))
    stays: list[int] = []

    def found(one, among):
        shared = [other for other in among if (marks[:, one] == marks[:, other]).any()]
        pairs = [(-jaccard(each[one], each[other]), other) for other in shared]
        return min((pair for pair in pairs if -pair[0] >= threshold), default=None)

    for one in range(len(each)):
        if found(one, stays) is None:
            stays.append(one)
    left = [one for one in range(len(each)) if one not in stays]
    return {one: (found(one, stays)[1], -found(one, stays)[0]) for one in left}


def _rows(each):
    bounds = np.cumsum([0, *map(len, each)]).astype(np.int64)
    return Rows(np.concatenate([np.empty(0, np.uint64), *each]), bounds)


def _left_out(each, threshold):
    marks = bands(_rows(each))
    buckets = share(lambda band: marks[band], BANDS)
    rows = _rows([each[member] for member in buckets.members])
    stored = StoredSets(lambda start, count: rows.hashes[start : start + count], rows.bounds[:-1], rows.sizes)
    left = leave_out(buckets, stored, threshold)
    pairs = zip(buckets.members[left.members], buckets.members[left.kept], left.similarity, strict=True)
    return {int(one): (int(other), float(similarity)) for one, other, similarity in pairs}


@given(st.data())
def test_what_stays_is_the_greedy_set(data):
    """Also where a footer that all have makes their bands the same, and in blocks of a few."""
    random = data.draw(st.randoms(use_true_random=False))
    threshold = data.draw(st.sampled_from([0.3, 0.5, 0.7, 0.9]))
    footer = [random.getrandbits(63) for _ in range(data.draw(st.integers(0, 60)))]
    families = [
        [random.getrandbits(63) for _ in range(random.randint(1, 50))] for _ in range(data.draw(st.integers(1, 12)))
    ]
    each = []
    for _ in range(data.draw(st.integers(2, 90))):
        one = list(random.choice(families))
        for _ in range(random.choice([0, 1, random.randint(0, len(one))])):
            one[random.randrange(len(one))] = random.getrandbits(63)
        each.append(np.unique(np.array(one + (footer if random.random() < 0.8 else []), np.uint64)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "_BLOCK", data.draw(st.sampled_from([2, 5, 64])))
        patch.setattr(near, "_CROWDED", data.draw(st.sampled_from([0, 1, 4])))
        assert _left_out(each, threshold) == _by_hand(each, threshold)


def _words(random, count):
    syllables = [
        "công",
        "an",
        "tỉnh",
        "bắt",
        "giữ",
        "đối",
        "tượng",
        "ma",
        "túy",
        "tại",
        "huyện",
        "điều",
        "tra",
        "xử",
        "lý",
        "vụ",
        "án",
        "theo",
        "quy",
        "định",
        "người",
        "dân",
        "báo",
        "tin",
    ]
    return [random.choice(syllables) + random.choice(["", "", ",", "."]) for _ in range(count)]


def _article(seed, count=200):
    import random

    return " ".join(_words(random.Random(seed), count))


def _some_words_changed(text, share, seed=0):
    import random

    words = text.split(" ")
    for place in random.Random(seed).sample(range(len(words)), round(share * len(words))):
        words[place] = "khác"
    return " ".join(words)


_OFF = "[quality]\nenabled = false\n[structure]\nenabled = false\n"


def _built(write, tmp_path, files, config="", out="out", **options):
    folder = write({"corpus.toml": _OFF + config, **files}, out + "_in")
    return cvp.build(folder, out=tmp_path / out, **options)


def _fates(out):
    return {row["path"]: (row["status"], row["duplicate_of"], row["similarity"]) for row in ledger(out)}


def _id(number):
    return f"{number:016x}"


def _name(number):
    return f"000_{_id(number)}.txt"


def test_the_earliest_of_equal_texts_stays_whatever_its_name(write, tmp_path):
    text = _article(1)
    files = {
        _name(1): f" date 2020-12 {text}",
        _name(2): f" date 2020-11-30 {text.upper()}",
        _name(3): unicodedata.normalize("NFD", text),  # undated: after all others
        _name(4): f" date 2020-12 {in_style(text, 'new')}",
    }
    built = _built(write, tmp_path, files)
    assert _fates(tmp_path / "out") == {
        _name(1): ("duplicate", _id(2), 1.0),
        _name(2): ("published", None, None),
        _name(3): ("duplicate", _id(2), 1.0),
        _name(4): ("duplicate", _id(2), 1.0),
    }
    assert [row["duplicates"] for row in records(tmp_path / "out")] == [3]
    assert built.status == {"published": 1, "rejected": 0, "duplicate": 3, "near_duplicate": 0, "removed": 0}


def test_the_text_that_is_published_is_not_the_key(write, tmp_path):
    text = "HÒA BÌNH, “Vì an ninh Tổ quốc” 7/12."
    _built(write, tmp_path, {_name(1): text})
    assert [row["text"] for row in records(tmp_path / "out")] == [text]


def test_a_chain_merges_nothing_that_differs(write, tmp_path):
    """A~B and B~C, but not A~C: B is left out for the one it is more like, A and C stay."""
    one = _article(1).split(" ")
    other = [*one[30:], *_article(2, 25).split(" ")]
    last = [*one[60:], *_article(2, 50).split(" ")]
    files = {_name(n + 1): f" date 2020-0{n + 1} {' '.join(words)}" for n, words in enumerate((one, other, last))}
    _built(write, tmp_path, files)
    fates = _fates(tmp_path / "out")
    assert {path: fate[0] for path, fate in fates.items()} == {
        _name(1): "published", _name(2): "near_duplicate", _name(3): "published"
    }  # fmt: skip
    similar = {n: jaccard(_set(other), _set(words)) for n, words in ((1, one), (3, last))}
    best = max(similar, key=similar.get)
    assert fates[_name(2)][1:] == (_id(best), similar[best])


def _set(words):
    return sets(shingles(keys(pl.Series([" ".join(words)])).rows)).row(0)


def test_a_copy_of_a_text_that_is_left_out_goes_with_it(write, tmp_path):
    first = _article(1)
    second = _some_words_changed(first, 0.02)
    files = {
        _name(1): f" date 2020-01 {first}",
        _name(2): f" date 2020-02 {second}",
        _name(3): f" date 2020-03 {second.upper()}",
        "again/" + _name(2): f" date 2020-02 {second}",
    }
    _built(write, tmp_path, files)
    similarity = jaccard(_set(first.split(" ")), _set(second.split(" ")))
    left_out = ("near_duplicate", _id(1), similarity)
    assert 0.7 <= similarity < 1
    assert _fates(tmp_path / "out") == {
        _name(1): ("published", None, None),
        _name(2): left_out,
        _name(3): left_out,
        "again/" + _name(2): left_out,
    }


@pytest.mark.parametrize(("level", "statuses"), [("near", (1, 1, 1)), ("exact", (2, 1, 0)), ("off", (3, 0, 0))])
def test_the_level_says_which_copies_are_left_out(write, tmp_path, level, statuses):
    text = _article(1)
    texts = [text, text.upper(), _some_words_changed(text, 0.02)]
    files = {_name(n): each for n, each in enumerate(texts)}
    built = _built(write, tmp_path, files, f'[dedup]\nlevel = "{level}"\n')
    assert tuple(built.status[name] for name in ("published", "duplicate", "near_duplicate")) == statuses


def test_the_threshold_means_what_it_says(write, tmp_path):
    one = _article(1)
    other = _some_words_changed(one, 0.03)
    similarity = jaccard(_set(one.split(" ")), _set(other.split(" ")))
    for out, threshold, left_out in (("at", similarity, 1), ("above", similarity + 1e-6, 0)):
        built = _built(write, tmp_path, {_name(1): one, _name(2): other}, f"[dedup]\nthreshold = {threshold!r}\n", out)
        assert built.status["near_duplicate"] == left_out


def test_texts_shorter_than_a_shingle_are_copies_only_where_they_are_equal(write, tmp_path):
    texts = ["Bắt giữ nghi phạm.", "BẮT GIỮ nghi phạm", "Bắt giữ nghi can.", "Bắt", "…", "—"]
    built = _built(write, tmp_path, {_name(n): text for n, text in enumerate(texts)})
    assert outcomes_of(built) == (5, 1, 0)


def outcomes_of(built):
    return tuple(built.status[name] for name in ("published", "duplicate", "near_duplicate"))


def test_yearly_reports_with_other_numbers_and_names_stay(write, tmp_path):
    """Two years' reports by one template: their numbers and names are what they say."""
    report = (
        "Ngày {d}, Công an tỉnh {p} tổ chức hội nghị tổng kết công tác năm {y}. Đại tá {n} chủ trì. Trong năm {y}, toàn tỉnh xảy ra {a} vụ "
        "phạm pháp hình sự, giảm {b} vụ so với năm trước; đã điều tra, làm rõ {c} vụ, đạt tỷ lệ {e}%, bắt {f} đối tượng."
    )
    one = report.format(d="7/12", p="Hòa Bình", y=2020, n="Phạm Hồng Tuyến", a=412, b=31, c=377, e="91,5", f=640)
    other = report.format(d="9/12", p="Hòa Bình", y=2021, n="Đỗ Thanh Bình", a=398, b=14, c=361, e="90,7", f=588)
    assert outcomes_of(_built(write, tmp_path, {_name(1): one, _name(2): other})) == (2, 0, 0)


def test_no_article_is_lost_to_a_footer_that_all_have(write, tmp_path):
    footer = _article("footer", 120)
    files = {_name(n): f" date 2020-01 {_article(n, 110)}\n\n{footer}" for n in range(400)}
    assert outcomes_of(_built(write, tmp_path, files)) == (400, 0, 0)


def test_identical_texts_leave_one(write, tmp_path):
    rows = "".join(f'{{"id": "{n}", "text": "{_article(1)}"}}\n' for n in range(3_000))
    built = _built(write, tmp_path, {"a.jsonl": rows})
    assert outcomes_of(built) == (1, 2_999, 0)


def test_nearly_identical_texts_leave_one(write, tmp_path):
    article = _article(1)
    rows = "".join(f'{{"id": "{n}", "text": "{article} {n} {n}"}}\n' for n in range(3_000))
    built = _built(write, tmp_path, {"a.jsonl": rows})
    assert outcomes_of(built) == (1, 0, 2_999)


def test_copies_are_the_same_whatever_the_batches_and_the_workers(write, tmp_path):
    files = {
        f"{n}.txt": f" date 20{n % 20:02d}-01 {_some_words_changed(_article(n % 9), (n % 7) / 100, n)}"
        for n in range(80)
    }
    folder = write({"corpus.toml": _OFF, **files})
    corpus = load_config(folder / "corpus.toml")
    found = []
    for workers, batching in [(1, Batching()), (1, Batching(1, 1)), (2, Batching(7, 1 << 20))]:
        built = run_build(str(folder), output_path(tmp_path / "out"), corpus, Job(workers=workers, batching=batching))
        found.append((built.digest, ledger(tmp_path / "out")))
    assert found == [found[0]] * 3
    assert found[0][1] != []


def _short(number):
    return f"{_article(number, 40)} số {number}"


def _growing():
    """8,000 texts: first 4,000, then one that bridges two splits, then others, among them earlier copies."""
    first = [(1 + number % 60, _short(number)) for number in range(4_000)]
    halves = [first[3_000][1].split(" "), first[3_059][1].split(" ")]
    bridge = (61, " ".join([*halves[0][:40], *halves[1][:40]]))
    later = [(1 + number % 60, _short(number)) for number in range(4_000, 7_000)]
    copies = [(1, first[number][1].upper()) for number in range(0, 1_998, 2)]
    texts = [*first, bridge, *later, *copies]
    return [f" date {2018 + month // 12}-{month % 12 + 1:02d} {text}" for month, text in texts]


def _splits(out):
    return {
        (row["id"], row["source"]["sha256"]): path.name.partition("-")[0]
        for path in sorted((out / "data").glob("*.parquet"))
        for row in pl.read_parquet(path).select("id", "source").to_dicts()
    }


def test_laws_4_and_5_a_corpus_that_grows_moves_no_record(write, tmp_path):
    config = '[splits]\nvalidation_from = "2021-01"\ntest_from = "2022-01"\n[dedup]\nthreshold = 0.45\n'
    texts = _growing()
    before = {}
    for count in (4_000, 4_001, 8_000):
        built = _built(write, tmp_path, {_name(n): text for n, text in enumerate(texts[:count])}, config)
        now = _splits(tmp_path / "out")
        assert {key: now[key] for key in before.keys() & now.keys()} == {
            key: before[key] for key in before.keys() & now.keys()
        }
        before = now
    fresh = _built(write, tmp_path, {_name(n): text for n, text in enumerate(texts)}, config, "fresh", workers=2)
    assert (fresh.digest, fresh.status) == (built.digest, built.status)
    assert built.status["duplicate"] == 999
    assert _fates(tmp_path / "out")[_name(4_000)][:2] == ("near_duplicate", _id(3_000))
