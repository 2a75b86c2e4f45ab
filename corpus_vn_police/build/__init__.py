"""What a build folder is made of: Parquet, ledger, card, manifest, and how it gets in place."""
