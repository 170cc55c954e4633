"""The weight path's inner loops in C: compiled when the package is installed, called from the stages."""
