"""Durable messages: on disk before they are sent, kept until the aggregator has committed them."""
