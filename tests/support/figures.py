"""Figures of a made-up build."""

from corpus_vn_police.dataset.figures import Figures, SplitFigures

FIGURES = Figures(
    splits=[
        SplitFigures("train", 5, 2, "2019", "2020-12-07", 9, 900, 4000),
        SplitFigures("test", 2, 0, "2023-01", "2023-06", 4, 400, 2000),
    ],
    status={"published": 7, "rejected": 3, "duplicate": 1, "near_duplicate": 2, "removed": 1},
    reasons={"header.future_date": 2, "text.empty": 1},
    lengths={"shortest": 12, "lower_quartile": 90.5, "median": 150.0, "upper_quartile": 300.0, "longest": 1200},
    histogram={0: 3, 100: 2, 200: 0, 300: 2},
    years={"2019": 1, "2020": 2, "2023": 2},
    months={"2020-11": 1, "2020-12": 1, "2023-06": 2},
    found={}, row_titles=0, privacy={}, spans={}, copied=2,
)  # fmt: skip
