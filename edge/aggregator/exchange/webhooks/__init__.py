"""Notices pushed to other systems: signed, in order, retried, told at least once.

``courier.py`` brings one endpoint its notices, ``outbox.py`` keeps on disk how far each has been told,
``signature.py`` and ``request.py`` are one attempt, ``webhooks.py`` runs a courier for each endpoint.
"""
