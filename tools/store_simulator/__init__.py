"""A store made of physics: shoppers with hands, racks that ring, load cells that count.

Read in the data's way: ``shoppers`` decide -> ``hands`` press, lift and put -> ``rack`` couples plates and
rings -> ``load_cell`` counts -> ``board`` sends frames through a pty. ``tracker`` sees the shoppers,
``truth`` knows what nobody may tell the store, ``world`` keeps time over all of it.

Times are seconds since the simulated store was switched on, named ``at_s``; one seed gives one history.
"""
