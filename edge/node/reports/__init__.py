"""What a node says: acts and faults under names that last, so that a later revision is known for one."""
