"""The folder beside a build: what was read, the journal, the lock, and replacing an old build by a new one."""
