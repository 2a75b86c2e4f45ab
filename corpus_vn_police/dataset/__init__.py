"""The build folder as something that is read: every reader opens a build here and nowhere else."""
