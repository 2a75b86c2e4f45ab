"""`examples/export_conll.py`: what it writes has every officer and every quote of the build, word for word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.officers import rows
from support.scripts import script

import corpus_vn_police as cvp

example = script("examples/export_conll.py")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    config = {"dedup": {"level": "off"}, "splits": {"test_from": "2020-12"}}
    return cvp.build(rows(24), out=tmp_path_factory.mktemp("conll") / "build", config=config, progress=False)


def _spans(build, layer):
    """The spans of a layer of the training records, in order."""
    return [span for found in build.annotations("train")[layer] for span in found]


def _squeezed(text):
    return "".join(text.split())


def _read(path):
    """The runs of tokens of each column of tags, in order; a run ends at a blank line."""
    runs, before = {}, []
    for line in path.read_text(encoding="utf-8").split("\n"):
        word, *tags = line.split("\t")
        for column, tag in enumerate(tags):
            found = runs.setdefault(column, [])
            if tag[0] == "B":
                found.append(word)
            elif tag[0] == "I":
                assert before[column][2:] == tag[2:]  # no run begins with I
                found[-1] += word
        before = tags
    return runs


def test_every_officer_and_every_quote_is_a_run_of_tags(build, tmp_path):
    example.main([str(build.path), "--out", str(tmp_path / "both.conll")])
    people, quotes = _read(tmp_path / "both.conll").values()
    texts = build.records("train")["text"]
    said = [
        text[span["start"] : span["end"]]
        for text, found in zip(texts, build.annotations("train")["people"], strict=True)
        for span in found
    ]
    assert (len(said) >= 22, people) == (True, [_squeezed(each) for each in said])
    # Speech of two paragraphs begins anew in the second one.
    paragraphs = [part for span in _spans(build, "quotes") for part in span["text"].split("\n\n")]
    assert len(paragraphs) > len(_spans(build, "quotes")) >= 22
    assert quotes == [_squeezed(each) for each in paragraphs]


def test_a_layer_alone_is_one_tag_per_token_and_records_are_named(build, tmp_path):
    example.main([str(build.path), "--split", "test", "--layers", "people", "--out", str(tmp_path / "people.conll")])
    lines = (tmp_path / "people.conll").read_text(encoding="utf-8").splitlines()
    assert {line.count("\t") for line in lines} == {0, 1}
    opened = [line.split("\t")[0] for line in lines if line.startswith("-DOCSTART-")]
    assert opened == [f"-DOCSTART- ({id_})" for id_ in build.records("test")["id"]]
    words = [line.split("\t")[0] for line in lines if line and not line.startswith("-DOCSTART-")]
    assert "".join(words) == _squeezed("".join(build.records("test")["text"]))


def test_a_docbin_has_the_same_spans(build, tmp_path):
    spacy = pytest.importorskip("spacy")
    example.main([str(build.path), "--docbin", "--out", str(tmp_path / "people.spacy")])
    docs = list(spacy.tokens.DocBin().from_disk(tmp_path / "people.spacy").get_docs(spacy.vocab.Vocab()))
    records, annotations = build.records("train"), build.annotations("train")
    assert [doc.text for doc in docs] == records["text"].to_list()
    assert [doc.user_data["id"] for doc in docs] == records["id"].to_list()
    for doc, people, quotes in zip(docs, annotations["people"], annotations["quotes"], strict=True):
        places = [[(each.start_char, each.end_char) for each in spans] for spans in (doc.ents, doc.spans["quotes"])]
        assert places == [[(each["start"], each["end"]) for each in spans] for spans in (people, quotes)]
        assert [each.text for each in doc.spans["quotes"]] == [each["text"] for each in quotes]
        assert list(doc.user_data["speakers"]) == [each["speaker"] for each in quotes]


def test_a_docbin_without_spacy_says_what_to_install(build, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(example.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        example.main([str(build.path), "--docbin", "--out", str(tmp_path / "people.spacy")])
    assert "pip install spacy" in capsys.readouterr().err


def test_rows_that_do_not_line_up_are_refused(build, tmp_path, monkeypatch):
    load = example.datasets.load_dataset

    def load_turned(path, *config, split):
        rows = load(path, *config, split=split)
        return rows.select(range(len(rows) - 1, -1, -1)) if config else rows

    monkeypatch.setattr(example.datasets, "load_dataset", load_turned)
    with pytest.raises(SystemExit, match="do not match those of `default`"):
        example.main([str(build.path), "--out", str(tmp_path / "people.conll")])


@given(st.text("aÀ1_ .“”\n\u0301\u200b", max_size=20), st.data())
def test_tokens_cover_all_but_white_space_and_every_span_is_a_run_of_them(text, data):
    edges = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True).map(sorted)
    spans = [] if not text else [dict(zip(("start", "end"), data.draw(edges), strict=True)) for _ in range(2)]
    tokens = example.tokens_of(text, spans)
    assert "".join(text[start:end] for start, end in tokens) == _squeezed(text)
    for span in spans:
        tags = example.tags_of(tokens, [span], "X")
        inside = [text[start:end] for (start, end), tag in zip(tokens, tags, strict=True) if tag != "O"]
        assert "".join(inside) == _squeezed(text[span["start"] : span["end"]])
        assert [tag for tag in tags if tag != "O"] == ["B-X", "I-X", *["I-X"] * len(inside)][: len(inside)]
