"""Reading a build folder: everything that reads a build opens it here and nowhere else."""
