"""`normalise` of one text needs no thread pool: it works in a forked child, a daemon and a thread."""

import json
import os
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.builds import ROOT

import corpus_vn_police as cvp
from corpus_vn_police.stages.normalise.clean import clean

pytestmark = pytest.mark.field

_DAMAGED = "C«ng an tØnh An Giang b¾t gi÷ ®èi t\u00adîng 👨\u200d👩 ho\u0300a\u00a0b\u1ea1n"

_SCRIPT = """
import concurrent.futures, json, multiprocessing, sys, threading
import polars as pl
import corpus_vn_police as cvp

def mend(text):
    return [cvp.normalise(text), cvp.normalise(text, tone="old", repair=True)]

text = sys.argv[1]
pl.Series([text] * 9).str.contains("x")  # starts the threads of Polars, which a fork does not copy
here = mend(text)
with multiprocessing.get_context("fork").Pool(2) as pool:  # its workers are daemons
    children = pool.map(mend, [text] * 4)
with concurrent.futures.ThreadPoolExecutor(4) as threads:
    threaded = list(threads.map(mend, [text] * 8))
    with multiprocessing.get_context("fork").Pool(1) as pool:  # forked while other threads are there
        children += pool.map(mend, [text])
print(json.dumps([each == here for each in children + threaded]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_and_a_thread_normalise_as_the_parent_does():
    # On the code before the children waited for ever.
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, _DAMAGED], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True] * 13


def test_normalising_one_text_imports_no_heavy_library():
    code = (
        "import sys, corpus_vn_police as cvp; cvp.normalise(sys.argv[1], repair=True, tone='old');"
        "print(sorted({'polars', 'pyarrow', 'datasets', 'numpy', 'jsonschema', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, _DAMAGED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _around(character):
    """A code point between letters, marks, spaces and joiners."""
    return f"a{character}b {character}\u0301\u0302{character}\u0323\n{character} 👩\u200d{character}\u200d👩"


def test_a_column_and_one_text_come_out_alike_at_every_code_point():
    # Planes 4 to 13 are empty, and 15 and 16 for private use: a piece of each is enough.
    codes = [*range(0xD800), *range(0xE000, 0x32400), *range(0x40000, 0xE0000, 0x1000), *range(0xE0000, 0xE0200)]
    everything = [chr(code) for code in [*codes, *range(0xE0200, 0x110000, 0x400)]]
    texts = ["".join(map(_around, everything[first : first + 256])) for first in range(0, len(everything), 256)]
    assert clean(pl.Series(texts)).to_list() == [cvp.normalise(text) for text in texts]


@pytest.mark.parametrize("before", [True, False])
def test_a_column_and_one_text_take_the_same_gaps_for_those_of_a_header(before):
    codes = [code for code in range(0x3100) if not 0xD800 <= code < 0xE000]
    texts = [f"{chr(code)} date\u00a02020\x1ca" if before else f" date 2020-12{chr(code)}\x0ba" for code in codes]
    assert clean(pl.Series(texts)).to_list() == [cvp.normalise(text) for text in texts]


_NAMED = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u2066\ufeff\r\u0085\u2028\t\u00a0\u2003\u202f\u3000"


@given(
    st.lists(
        st.text(
            st.one_of(
                st.characters(exclude_categories=["Cs"]),
                st.sampled_from(_NAMED + " \n\0\x01\x0b\x1c\x1faeÐðƢ\u0302\u0301\u0323\u0344\u1161👩❤🏽\ufe0f"),
            )
        ).map(lambda text: text if len(text) % 3 else f" date 2020{text}"),
        max_size=4,
    )
)
@example(["\x1cdate 2020\x1ca", "👩\u200d👩\u200d👩\u200d", "\x01", "\u1100\u1161\u11a8"])
def test_a_column_and_one_text_come_out_alike(texts):
    assert clean(pl.Series(texts, dtype=pl.String)).to_list() == [cvp.normalise(text) for text in texts]
