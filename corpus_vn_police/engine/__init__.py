"""How tasks are mapped to results: only this package knows about threads."""
