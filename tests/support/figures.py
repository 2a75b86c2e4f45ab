"""Figures of a made-up build."""

from corpus_vn_police.dataset.figures import Figures, SplitFigures

FIGURES = Figures(
    splits=[
        SplitFigures("train", 18, 2, "2019", "2020-12-07", 36, 3600, 16000),
        SplitFigures("test", 4, 0, "2023-01", "2023-06", 8, 800, 4000),
    ],
    status={"published": 22, "rejected": 3, "duplicate": 1, "near_duplicate": 2, "removed": 1},
    reasons={"header.future_date": 2, "text.empty": 1},
    lengths={"shortest": 12, "lower_quartile": 90.5, "median": 150.0, "upper_quartile": 300.0, "longest": 1200},
    histogram={0: 10, 100: 6, 200: 0, 300: 6},
    years={"2019": 5, "2020": 11, "2023": 4},
    months={"2020-11": 6, "2020-12": 5, "2023-01": 1, "2023-06": 3},
    found={}, row_titles=0, privacy={}, spans={}, copied=2,
)  # fmt: skip
