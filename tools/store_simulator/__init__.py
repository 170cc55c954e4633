"""A store made of physics: shoppers with hands, racks that ring, load cells that count.

Read in the data's way: ``shoppers`` decide and walk (``floor``) -> at a shelf they act (``acts``) with
``hands`` and ``grips`` on ``goods`` -> ``forces`` -> ``rack`` couples plates and rings (``resonance``) ->
``load_cell`` counts -> ``rack_signal`` is one board's whole way -> ``board`` sends frames through a pty, or
``case`` hands out blocks to ``record``. ``tracker`` sees the shoppers, ``truth`` knows what nobody may tell
the store, ``world`` keeps time over all of it.

Times are seconds since the simulated store was switched on, named ``at_s``; one seed gives one history.
"""
