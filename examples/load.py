"""Load a built folder with `datasets` and print its rows.

python examples/load.py FOLDER
"""

from __future__ import annotations

import sys

import datasets

datasets.disable_progress_bars()
for split, rows in datasets.load_dataset(sys.argv[1]).items():
    for row in rows:
        print(f"{split}: {row['id']}  {row['date']}  {row['n_syllables']} syllables  {row['text'][:60]}…")
