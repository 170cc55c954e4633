"""The store for Prometheus: ``health.py`` says how it does, ``honest.py`` what the report says."""
