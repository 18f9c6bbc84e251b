"""The cores that are ours, in control groups of both versions."""

import math
import os

import pytest

from rvsjax.environment.cores import cores, quota

FILES = {
    "no groups": ({}, math.inf),
    "no quota": (
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"},
        math.inf,
    ),
    "of a container": (
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"},
        1.5,
    ),
    "of a group above": (
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
        },
        2.0,
    ),
    "version 1": (
        {
            "proc/self/cgroup": "4:memory:/m\n2:cpu,cpuacct:/a\n0::/\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        0.5,
    ),
}


@pytest.mark.parametrize(("files", "allowed"), FILES.values(), ids=FILES)
def test_the_quota_is_that_of_the_narrowest_group(tmp_path, files, allowed):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert quota(tmp_path) == allowed


@pytest.mark.parametrize(
    ("allowed", "ours"), [(math.inf, 8), (1.5, 2), (0.5, 1), (16.0, 8)]
)
def test_cores_are_those_of_the_affinity_up_to_the_quota(monkeypatch, allowed, ours):
    monkeypatch.setattr("rvsjax.environment.cores.quota", lambda: allowed)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert cores() == ours


def test_a_system_without_affinity_has_its_cores(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1
