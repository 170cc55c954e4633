"""A question as a reviewer sees it, and who has which before them."""
