"""What the data goes through: each stage takes a batch of seeds and gives one of the same rows."""
