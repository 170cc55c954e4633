"""Who was there: tracks and gate, and whose hands explain an event."""
