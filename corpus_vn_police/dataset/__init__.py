"""Reading a build folder: every reader opens a build here and nowhere else."""
