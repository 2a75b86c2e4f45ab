"""Parts -> a build: shards, ledger, documents and manifest."""
