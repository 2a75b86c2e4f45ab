"""The stages of a build: each stage takes a batch of seeds and returns a batch with the same rows."""
