"""Trains the embedding of product crops: ``python -m tools.vision_training --photos DIR --out models/``.

Read in the data's way: ``photos`` and ``rendered`` give pictures, ``augmentation`` (with ``hand``) what a
shelf camera makes of them; ``network`` with the ``arcface`` scaffold is tuned by ``training`` as the
``recipe`` says; ``export`` makes it INT8, ``protocol`` measures it on SKUs it never saw, ``card`` writes down
what it is. ``pipeline`` is all of it, docs/vision-model.md the explanation.
"""
