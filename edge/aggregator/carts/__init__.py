"""Who holds what: joint accounts of everything that happened on the shelves, the best few kept."""
