"""What stands on the shelves: a fold of movements and counts, and the modes in which staff work at them.

Readings (``reading.py``) turn decisions into movements of units, ``history.py`` folds those of one facing,
``astray.py`` what lies elsewhere, and ``book.py`` keeps them all.
"""
