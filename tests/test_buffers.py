"""Arrow's buffers as numpy arrays."""

import polars as pl
import pyarrow as pa
import pytest

from corpus_vn_police.buffers import octets, strings, words


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_the_bytes_are_those_of_the_values_also_of_a_part_of_an_array(kind):
    array = pa.array([b"ab", "đ".encode(), b"", b"c"]).cast(kind)
    for values, bounds, data in [
        (array, [0, 2, 4, 4, 5], b"ab\xc4\x91c"),
        (array[1:3], [0, 2, 2], b"\xc4\x91"),
        (array[:0], [0], b""),
    ]:
        found = octets(values)
        assert (found[0].tolist(), found[1].tobytes()) == (bounds, data)


def test_words_are_cut_after_each_space_and_newline_and_belong_to_their_text():
    found, first = words(pl.Series(["một  hai\n", "", None, "ba\tbốn"])[0:])
    assert (found.to_pylist(), first.tolist()) == (["một ", " ", "hai\n", "ba\tbốn"], [0, 3, 3, 3, 4])


def test_a_null_text_is_an_empty_string():
    assert strings(pl.Series([None, "a"])).to_pylist() == ["", "a"]
