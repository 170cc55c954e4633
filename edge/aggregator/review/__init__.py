"""A person is asked the one question that best settles a doubt; what is answered is evidence."""
