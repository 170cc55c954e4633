"""The board link: wire format, framing, session, clock, port. Knows nothing of the store."""
