"""Ids as texts and as numbers."""

import polars as pl

from corpus_vn_police.ids import id_numbers, id_text


def test_a_number_is_what_the_first_16_characters_write_and_0_if_they_are_not_hex():
    numbers = id_numbers(pl.Series(["00000000000000ff", "f" * 64, "x", None, ""]))
    assert (numbers.dtype, numbers.to_list()) == (pl.UInt64, [255, 2**64 - 1, 0, 0, 0])


def test_an_id_comes_back_from_its_number():
    assert [id_text(number) for number in (0, 255, 2**64 - 1)] == ["0" * 16, "00000000000000ff", "f" * 16]
