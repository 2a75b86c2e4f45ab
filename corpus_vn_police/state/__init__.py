"""The folder beside a build: what was read, its journal, the lock, and how a new build replaces the old one."""
