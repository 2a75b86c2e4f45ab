"""Legacy and damaged texts: each is named, and what can be restored exactly is."""

import html
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.legacy import AS_BYTES, AS_TEXT, TEXTS, plain, tcvn3, western

import corpus_vn_police as cvp
from corpus_vn_police.config import Text, load_config
from corpus_vn_police.stages.normalise import diagnose
from corpus_vn_police.stages.normalise import legacy as legacy_encodings
from corpus_vn_police.stages.normalise.batch import normalise_batch, suspects
from corpus_vn_police.stages.read.seeds import SeedBatch, take

_LIMITS = load_config(None).limits
_RESTORED = dict.fromkeys(("encoding.tcvn3", "encoding.vni", "encoding.cp1258_as_cp1252", "encoding.cp1258"), plain)
_RESTORED |= dict.fromkeys(("encoding.utf8_as_cp1252", "encoding.utf16", "encoding.utf32", "text.homoglyphs"), str)


def _normalised(bodies, *, repair=False, titles=None):
    batch = SeedBatch()
    for number, body in enumerate(bodies):
        row = {"body": body, "title": titles[number] if titles else None}
        batch.add(f"{number}.txt", take(io.BytesIO(body), _LIMITS), row)
    return normalise_batch(batch.frame(), Text(repair=repair, tone="keep"))


@pytest.mark.parametrize("reason", AS_TEXT)
def test_damaged_text_is_rejected_with_the_reason_that_names_it(reason):
    rows = _normalised([AS_TEXT[reason](text).encode() for text in TEXTS])
    assert rows["reason"].to_list() == [reason] * len(TEXTS)
    assert rows["text"].null_count() == len(TEXTS)


@pytest.mark.parametrize("reason", AS_BYTES)
def test_bytes_that_are_not_utf_8_are_rejected_with_the_reason_that_names_them(reason):
    rows = _normalised([AS_BYTES[reason](text) for text in TEXTS])
    assert rows["reason"].to_list() == [reason] * len(TEXTS)


@pytest.mark.parametrize("reason", sorted(_RESTORED))
def test_with_repair_what_was_meant_comes_back_and_the_ledger_says_so(reason):
    damage = AS_BYTES.get(reason) or (lambda text: AS_TEXT[reason](text).encode())
    rows = _normalised([damage(text) for text in TEXTS], repair=True)
    assert rows["text"].to_list() == [cvp.normalise(_RESTORED[reason](text)) for text in TEXTS]
    assert rows["reason"].null_count() == len(TEXTS)
    assert set(rows["detail"]) == {f"repaired {reason}"}


@pytest.mark.parametrize("reason", ["encoding.replacement_character", "text.markup", "encoding.nul"])
def test_what_cannot_be_restored_exactly_stays_rejected_with_repair(reason):
    damage = AS_BYTES.get(reason) or (lambda text: AS_TEXT[reason](text).encode())
    assert set(_normalised([damage(text) for text in TEXTS], repair=True)["reason"]) == {reason}


def test_text_misread_twice_is_repaired_twice():
    text = western(western(TEXTS[0].encode()).encode())
    assert cvp.normalise(text, repair=True) == cvp.normalise(TEXTS[0])


def test_a_misread_paragraph_among_sound_ones_is_found_and_only_it_is_repaired():
    text = "\n\n".join([TEXTS[0], western(tcvn3(plain(TEXTS[1]))), TEXTS[2]])
    assert diagnose(text).reason.code == "encoding.tcvn3"
    assert cvp.normalise(text, repair=True) == cvp.normalise("\n\n".join([TEXTS[0], plain(TEXTS[1]), TEXTS[2]]))


def test_of_two_encodings_that_fit_the_one_that_changes_less_is_named():
    assert diagnose("Coâng an nhân dân").reason.code == "encoding.vni"


def test_utf_8_with_lost_bytes_is_named_and_not_mended():
    lost = western(TEXTS[0].encode()).replace("\x90", "")
    damage = diagnose(lost)
    assert (damage.reason.code, damage.restored) == ("encoding.utf8_as_cp1252", None)


def test_soft_hyphens_and_no_break_spaces_are_not_damage():
    for text in TEXTS:
        assert diagnose(text) is None
        assert diagnose(text.replace(" ", "\u00a0")) is None
        assert diagnose("\u00ad".join(text)) is None


def test_a_damaged_title_is_rejected_at_its_pointer_and_repaired():
    body = TEXTS[0].encode()
    titles = [western("Công an nhân dân".encode())]
    assert _normalised([body], titles=titles).row(0, named=True)["pointer"] == "/title"
    repaired = _normalised([body], titles=titles, repair=True).row(0, named=True)
    assert (repaired["title"], repaired["detail"]) == ("Công an nhân dân", "repaired encoding.utf8_as_cp1252 in /title")


@given(st.text())
def test_what_the_cheap_test_passes_over_is_not_damaged(text):
    if not suspects(pl.Series([text]))[0]:
        assert diagnose(text) is None


@given(
    st.text(
        alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("Ã¡º»áàâ€œ\x90ÐðñÑ©«¬­®аоc&;<>"))
    )
)
def test_repairing_twice_is_repairing_once(text):
    once = cvp.normalise(text, repair=True)
    assert cvp.normalise(once, repair=True) == once


@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    for repair in (False, True):
        row = _normalised([data], repair=repair).row(0, named=True)
        assert (row["reason"] is None) == (row["text"] is not None)


def test_character_references_are_damage_and_words_that_look_like_them_are_not():
    assert diagnose("Công an &amp; quân đội").restored == "Công an & quân đội"
    assert diagnose(html.escape("<b>") + "Công an").reason.code == "text.markup"
    assert diagnose("Sở TN&MT; R&D; a < b; i<3") is None


def _remembered():
    return [cache.cache_info().currsize for cache in (legacy_encodings._stands, legacy_encodings._is_read)]


def test_a_word_that_is_longer_than_any_syllable_is_not_remembered():
    assert diagnose("Công an tỉnh Ò«Ò«") is None
    before = _remembered()
    assert [diagnose(f"Công an tỉnh {'Ò«' * 5_000}{number}") for number in range(20)] == [None] * 20
    assert _remembered() == before


def test_bytes_are_read_as_windows_1252_as_browsers_do():
    free = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    for code in range(256):
        assert western(bytes([code])) == (chr(code) if code in free else bytes([code]).decode("cp1252"))
