"""Programs that ship with the source checkout, never with the wheel."""
