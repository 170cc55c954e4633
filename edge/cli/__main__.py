"""``python -m edge.cli`` is ``steelyard``, for processes that start others with their own interpreter."""

from edge.cli.main import main

main()
