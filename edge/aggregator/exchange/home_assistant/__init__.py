"""Shelf health in Home Assistant: ``entities.py`` says what there is, ``discovery.py`` keeps it told."""
