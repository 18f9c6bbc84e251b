"""Studies, a package each: `rvsjax.sweep.registry` says what is asked of one."""
