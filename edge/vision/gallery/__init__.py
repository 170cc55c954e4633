"""What products look like: enrolled from a few pictures each, compared honestly, kept safely."""
