"""How well and how cheaply cameras see: ``make bench`` runs it, docs/vision-benchmark.md explains it.

``goods`` are rendered SKUs that no model was trained on -> ``recognition`` asks a gallery about them. Twins:
``twin_store`` -> ``filmed_case`` is a scenario with cameras -> ``twins`` plays it with and without them.
``cost`` takes the times, ``shopping_days`` let a gallery learn. ``__main__`` prints the tables and writes the
page.
"""
