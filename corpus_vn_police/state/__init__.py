"""Beside a build, never in it: what was read, the lock, and how a new build takes its place."""
