"""`python -m corpus_vn_police`."""

from corpus_vn_police.cli import main

if __name__ == "__main__":
    main()
