"""How tasks are mapped to results: the only thing that knows of processes."""
