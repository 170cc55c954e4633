"""One small file for each kind of scale that a node can read; docs/drivers.md says how to add one."""
