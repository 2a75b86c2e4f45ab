"""`examples/who_spoke_when.py`: the counts are those of the build, and each is a dot at its month."""

import polars as pl
import pytest
from support.officers import rows
from support.scripts import script

import corpus_vn_police as cvp

example = script("examples/who_spoke_when.py")

_LAM = "Đại tá Bùi Đức Lâm, Giám đốc Công an tỉnh Hà Nam, nói: “{}”."
_AGAIN = "Công an tỉnh họp với Thượng tá Bùi Đức Lâm trong một ngày.\n\nĐại tá Lâm nói: “{}”."
_OTHER = "Hội nghị họp trong một ngày.\n\nÔng Trần Minh Hải nói: “{}”."
_NOBODY = "Hội nghị họp trong một ngày.\n\nMột người dân nói: “{}”."
_ROWS = [
    ("2020-01", _LAM, "Chúng tôi sẽ tuần tra thường xuyên hơn"),
    ("2020-01-20", _AGAIN, "Kế hoạch sẽ được thực hiện đến hết năm"),
    ("2020-03", _LAM, "Nhân dân cần nâng cao cảnh giác"),
    ("2021-06", _OTHER, "Mỗi cán bộ phải gần dân và hiểu dân"),
    ("2021", _OTHER, "Các xã đã ký cam kết từ đầu năm"),
    ("2021-07", _NOBODY, "Chúng tôi rất yên tâm khi đi đường ban đêm"),
]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    given = [{"date": date, "text": text.format(said)} for date, text, said in _ROWS]
    config = {"dedup": {"level": "off"}}
    return cvp.build(given, out=tmp_path_factory.mktemp("spoken") / "build", config=config, progress=False)


def test_officers_count_under_their_names_and_others_as_they_are_written(build, tmp_path, capsys):
    example.main([str(build.path), "--csv", str(tmp_path / "speakers.csv"), "--plot", str(tmp_path / "speakers.png")])
    assert capsys.readouterr().out.splitlines() == [
        "     3  Bùi Đức Lâm        2020-01 ×2, 2020-03 ×1",
        "     1  Ông Trần Minh Hải  2021-06 ×1",
        "6 quotes, 3 of officers, 1 of speakers without a name, 1 undated",
    ]
    assert pl.read_csv(tmp_path / "speakers.csv").rows() == [
        ("Bùi Đức Lâm", "2020-01", 2),
        ("Bùi Đức Lâm", "2020-03", 1),
        ("Ông Trần Minh Hải", "2021-06", 1),
    ]
    assert (tmp_path / "speakers.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_has_a_dot_for_each_count_and_names_what_it_shows(build):
    figure = example.picture_of(example.counted(example.spoken(build)), 10)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Bùi Đức Lâm", "Ông Trần Minh Hải"]
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "2020-01",
        "2020-04",
        "2020-07",
        "2020-10",
        "2021-01",
        "2021-04",
    ]
    dots = axes.collections[0]
    assert dots.get_offsets().tolist() == [[2020 * 12, 0], [2020 * 12 + 2, 0], [2021 * 12 + 5, 1]]
    assert dots.get_sizes().tolist() == [220, 110, 110]
    assert [label.get_text() for label in figure.legends[0].get_texts()] == ["1", "2"]


def test_every_quote_is_a_row_and_a_split_is_counted_alone(tmp_path):
    config = {"dedup": {"level": "off"}, "splits": {"test_from": "2020-11"}}
    build = cvp.build(rows(24), out=tmp_path / "build", config=config, progress=False)
    spoken = {split: example.spoken(build, split) for split in (None, "train", "test")}
    assert [len(frame) for frame in spoken.values()] == [24, 20, 4]
    assert spoken[None]["officer"].all()
    assert set(spoken["test"]["month"]) == {"2020-11", "2020-12"}
    assert example.counted(spoken[None])["quotes"].sum() == 24


def test_without_a_name_nothing_is_drawn_and_it_says_so(tmp_path, capsys):
    given = [{"text": _NOBODY.format("Chúng tôi rất yên tâm khi đi đường ban đêm")}]
    build = cvp.build(given, out=tmp_path / "build", progress=False)
    example.main([str(build.path), "--officers", "--plot", str(tmp_path / "speakers.png")])
    assert capsys.readouterr().out.splitlines()[-1].startswith("no plot: ")
    assert not (tmp_path / "speakers.png").exists()


def test_a_plot_without_matplotlib_says_what_to_install(build, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(example.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        example.main([str(build.path), "--plot", str(tmp_path / "speakers.png")])
    assert "pip install 'corpus-vn-police[figures]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("speaker", "officers", "name"),
    [
        ("Trung tá Mẫn", ["Lê Văn Mẫn", "Mẫn"], "Lê Văn Mẫn"),
        ("Trung tá Mẫn", ["Mẫn"], "Mẫn"),
        ("Trung tá Lê Văn Mẫn, Trưởng phòng", ["Trần Hải", "Lê Văn Mẫn"], "Lê Văn Mẫn"),
        ("Lê Văn Mẫn", ["Lê Văn Mẫn"], "Lê Văn Mẫn"),
        ("Đại tá Hải", ["Hải Nam"], None),
        ("ông", [], None),
    ],
)
def test_a_short_name_is_that_of_the_officer_whose_name_ends_so(speaker, officers, name):
    assert example.officer_of(speaker, officers) == name
