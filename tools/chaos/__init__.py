"""Kill -9 whatever the store runs on, while shoppers shop, and check that no cart line is lost or doubled.

``python -m tools.chaos --kills 30 --seed 1`` runs the demo's own processes under the demo's own supervisor.
"""
