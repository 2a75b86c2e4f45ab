"""How many processors this process may use."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def available_processors() -> int:
    """The number of processors that this process may use, by its affinity and the quota of its control groups.

    (A container that may use one of sixteen processors still sees all sixteen.)
    """
    visible = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        membership = _MEMBERSHIP.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # not Linux, or /proc is not mounted
        return visible
    return max(1, min([visible, *quotas(membership, CGROUPS)]))


def quotas(membership: str, root: Path) -> list[int]:
    """The processors that each control group with a quota allows, rounded up.

    Args:
        membership: the text of `/proc/self/cgroup`: lines of `number:controllers:path`.
        root: where control groups are mounted.

    Returns:
        One number per quota, of the process's groups and their parent groups; empty if nothing is limited.
        Control groups version 2 have `cpu.max`, version 1 have `cpu.cfs_quota_us` and `cpu.cfs_period_us`
        (the kernel's documentation, cgroup-v2.rst and sched-bwc.rst).
    """
    allowed = []
    for line in membership.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        folder = root / controllers if controllers else root
        # In a container, the path may be that of the host; the group is then mounted as the root.
        for group in (PurePosixPath(path), *PurePosixPath(path).parents):
            allowed += _quota(folder / str(group).lstrip("/"))
    return allowed


def _quota(group: Path) -> list[int]:
    """How many processors a control group allows, rounded up; empty if it does not limit them."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota = (group / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (group / "cpu.cfs_period_us").read_text(encoding="ascii")
        limited = quota != "max" and int(quota) > 0 and int(period) > 0
        return [-(-int(quota) // int(period))] if limited else []
    except (OSError, ValueError):  # there is no such group, or this kernel does not limit it
        return []
