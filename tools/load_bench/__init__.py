"""How many events one aggregator takes, beside what the broker itself can do with the same payloads."""
