"""Cameras before the simulated shelves: what stands there, lit and drawn, with hands in front.

Read in the data's way: ``looks`` gives every SKU its package -> ``stock`` knows which units stand on a
plate now -> ``arrangement`` says where -> ``viewpoint`` is where the camera hangs -> ``shelf_picture``
redraws what has changed -> ``arms`` reach in front -> ``sensor`` exposes and compresses -> ``shelf_camera``
is all of it -> ``crew`` takes the pictures of a store when they are due, ``folder`` writes them
down, in a live store at the ``photographer``'s own pace.
``view_file`` tells a node where its plates are in them, ``portraits`` are what its gallery is enrolled from.
"""
