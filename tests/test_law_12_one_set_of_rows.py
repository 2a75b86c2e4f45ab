"""Law 12: the same rows give the same records, whatever they came in.

`source.path`, `source.sha256` and `source.bytes` say where a row stood and which bytes it was, so they differ, and with
them the content digest: all other fields of the records are compared.
"""

import gzip
import json

import datasets
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builds import records

import corpus_vn_police as cvp
from corpus_vn_police.commands.spooled import seeds_at_hand
from corpus_vn_police.config import load_config
from corpus_vn_police.stages.read import Batching, Source, Unpacker, list_input, load

_WORDS = [
    "Công an",
    "quận",
    "bắt giữ",
    "hai nghi can",
    '"Hùm xám"',
    "ở Đà Nẵng",
    "😀",
    ", ;\t",
    "\n",
    "\r\n",
    "'",
    "\\",
    "tiền mặt",
    "=1+1",
]
_TEXT = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12).map(" ".join)
_OPTIONAL = {
    "title": st.none() | st.just("") | _TEXT,
    "date": st.sampled_from([None, "", "2020", "2020-05", "2021-12-07", "20210101", "2021-01-01T08:00:00", "soon"]),
    "id": st.none() | st.integers(1, 10**6).map(str) | st.text("abcđ\"'", max_size=4),
    "url": st.none() | st.just("https://example.org/a?b=c"),
    "source": st.none() | st.just("Báo CAND"),
}
_ROW = st.fixed_dictionaries({"text": _TEXT, **_OPTIONAL})


def _csv(rows, sign):
    return pd.DataFrame(rows).to_csv(index=False, sep=sign).encode()


def _arrow(rows):
    table = pa.Table.from_pylist(rows, schema=pa.schema([(key, pa.string()) for key in rows[0]]))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return table, sink.getvalue().to_pybytes()


def _forms(rows, folder):
    """The rows in every form: files in the folder, and objects."""
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    table, arrow = _arrow(rows)
    files = {
        "a.jsonl": lines, "a.ndjson.gz": gzip.compress(lines), "a.json": json.dumps(rows, indent=1).encode(),
        "a.csv": _csv(rows, ","), "b.csv": _csv(rows, ";"), "a.tsv": _csv(rows, "\t"), "a.arrow": arrow,
    }  # fmt: skip
    for name, data in files.items():
        (folder / name).write_bytes(data)
        yield name, folder / name
    pq.write_table(table, folder / "a.parquet")
    yield "a.parquet", folder / "a.parquet"
    dataset = datasets.Dataset(table)
    dataset.save_to_disk(str(folder / "saved"))
    yield "save_to_disk", folder / "saved"
    yield "table", table
    yield "dataset", dataset
    yield "pandas", pd.DataFrame(rows)
    yield "polars", pl.from_arrow(table)
    yield "generator", (dict(row) for row in rows)


_KEPT = ("body", "title", "id", "key", "url", "publisher", "header_date", "reason", "pointer", "detail")


def _read(seeds, corpus):
    """What the stages get of each row, but for its path, its bytes and what is said of those."""
    with seeds_at_hand(seeds) as source:
        tasks = Unpacker(corpus.limits, Batching()).tasks(list_input(source or Source((str(seeds),))))
        frames = [frame for task in tasks for frame in load(task, corpus, Batching())]
    return [{key: row[key] for key in _KEPT} for frame in frames for row in frame.to_dicts()]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ROW, min_size=1, max_size=4))
def test_law_12_the_same_rows_are_read_alike_whatever_they_came_in(tmp_path_factory, rows):
    folder, corpus = tmp_path_factory.mktemp("rows"), load_config(None)
    for number, row in enumerate(rows):  # an id that the bytes give would differ with them
        row["id"] = row["id"] or f"r{number}"
    expected = None
    for name, seeds in _forms(rows, folder):
        told = _read(seeds, corpus)
        expected = expected or told
        assert told == expected, name


def test_law_12_the_same_rows_give_the_same_records_whatever_they_came_in(tmp_path):
    rows = [
        {"text": f'Ngày {n}/5, "Hùm {n}",\nở quận {n} 😀; bị bắt\tvì {n * 7} vụ.', "title": t, "date": d, "id": f"r{n}", "url": None, "source": s}
        for n, (t, d, s) in enumerate([("a", "2020", None), (None, "", "Báo"), ("", "20210101", ""), (None, "soon", None)], 1)
    ]  # fmt: skip
    config = tmp_path / "corpus.toml"
    config.write_text('[sources]\nenabled = false\n[limits]\nlatest = "2026-01-01"\n', encoding="ascii")
    expected = None
    for name, seeds in _forms(rows, tmp_path):
        out = tmp_path / f"out-{name}"
        assert cvp.build(seeds, out=out, config=config).status["published"] == 3
        found = [records(out, folder) for folder in ("data", "annotations")]
        for record in found[0]:
            source = record["source"]
            record["source"] = {key: source[key] for key in ("key", "url", "publisher")}
        expected = expected or found
        assert found == expected, name


def test_law_12_rows_that_have_one_json_form_have_one_content_digest(tmp_path):
    rows = [
        {"text": f"Công an quận {n} bắt {n} nghi can.", "date": "2020-05", "title": f"Tin {n}"} for n in range(1, 5)
    ]
    table, _ = _arrow(rows)
    objects = [rows, table, datasets.Dataset(table), pd.DataFrame(rows), pl.from_arrow(table), iter(rows)]
    digests = {cvp.build(seeds, out=tmp_path / f"out{n}").digest for n, seeds in enumerate(objects)}
    assert len(digests) == 1
