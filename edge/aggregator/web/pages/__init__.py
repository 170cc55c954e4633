"""One page a file: a function that gets the site and returns a room, its routes and its navigation tab."""
