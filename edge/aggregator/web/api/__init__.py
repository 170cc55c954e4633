"""The store for other programs: typed, versioned, read only.

``endpoints.py`` lists what may be asked, once; ``rooms.py`` makes routes of the list, ``openapi.py`` its
document.
"""
