"""Beside a build, never in it: what was read and its journal, the lock, and how a new build takes its place."""
